"""Several devices: a front of each from one supernet and one journal, or one front of all; told truthfully."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis import Run
from nas.cli.main import run
from nas.devices import device_names
from nas.registry import Registry
from predictors import DeviceProfile
from search_spaces import InputError, SearchSpace
from tests.conftest import TINY_SEARCH, FinishedRun

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals


def toy(profile: DeviceProfile) -> DeviceProfile:
    """Return the profile of a device that nothing can measure, on which width is free and blocks are dear."""
    records = []
    for record in profile.records:
        blocks = sum(len(stage.blocks) for stage in record.architecture.stages)
        times = {name: 2.0 * blocks + 1 for name in ("median_ms", "p95_ms")}
        records.append(replace(record, measurement=replace(record.measurement, **times)))
    return DeviceProfile(replace(profile.key, device="a toy"), tuple(records))


@pytest.fixture(scope="module")
def profiles(tiny_run: FinishedRun, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The profile of this machine, and that of a toy."""
    folder = tmp_path_factory.mktemp("profiles")
    here = DeviceProfile.load(tiny_run.path / "profile.json")
    here.save(folder / "here.json")
    toy(here).save(folder / "toy.json")
    return ["--profile", str(folder / "here.json"), "--profile", str(folder / "toy.json")]


def searched(tiny_run: FinishedRun, profiles: list[str], folder: Path, *more: str) -> Path:
    """Search with the supernet of another run and return the run's folder."""
    options = ["--supernet", str(tiny_run.path), "--out", str(folder), "--registry", str(folder / "registry")]
    assert run([*TINY_SEARCH, *options, "--name", "two", *profiles, *more]) == 0
    return folder / "two"


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def dominated(values: list[tuple[float, ...]], one: tuple[float, ...]) -> bool:
    return any(all(a <= b for a, b in zip(other, one, strict=True)) and other != one for other in values)


def test_one_journal_gives_a_front_of_each_device(
    tiny_run: FinishedRun, profiles: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = searched(tiny_run, profiles, tmp_path)
    printed = capfd.readouterr().out
    assert "The front on here" in printed and "The front on toy" in printed and "not here" in printed
    lines = [json.loads(line)["metrics"] for line in (folder / "evaluations.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    front, registry = read(folder / "front.json"), Registry(tmp_path / "registry")
    assert set(front["fronts"]) == set(front["devices"]) == {"here", "toy"}
    assert front["devices"]["toy"]["key"]["device"] == "a toy" and front["devices"]["toy"]["drift"] is None
    for device, own in front["fronts"].items():
        names = ("accuracy", f"latency_ms@{device}", "macs")
        assert tuple(objective["name"] for objective in own["objectives"]) == names
        assert [objective["kind"] for objective in own["objectives"]] == ["evaluated", "predicted", "exact"]
        values = [(-line["accuracy"], line[names[1]], line["macs"]) for line in lines]
        for entry in own["entries"]:
            assert not dominated(values, (-entry["accuracy"], entry[names[1]], entry["macs"]))
            assert entry["latency_measured_ms@here"] > 0 and "latency_measured_ms@toy" not in entry
            figures = read(registry.get(entry["registry"]).path / "metrics.json")
            for name in ("here", "toy"):
                assert figures[f"latency_ms@{name}"]["device"] == front["devices"][name]["key"]
    best = {device: own["hypervolume_share"] for device, own in front["fronts"].items()}
    assert all(0 < share < 1 for share in best.values())
    view = Run(folder, "toy")
    assert view.front["latency"]["key"]["device"] == "a toy"
    assert list(view.evaluations["latency_ms"]) == [line["latency_ms@toy"] for line in lines]
    pages = {name: (folder / name).read_text() for name in ("report.html", "report@here.html", "report@toy.html")}
    assert all("Triangles are" in pages[name] for name in ("report@here.html", "report@toy.html"))
    assert "a toy" in pages["report.html"] and "report@toy.html" in pages["report.html"]
    assert "No network of the front was measured" in pages["report@toy.html"]
    assert "No network of the front was measured" not in pages["report@here.html"]


def test_a_joint_front_from_a_seed_with_a_constraint_on_one_device(
    tiny_run: FinishedRun, tiny_space: SearchSpace, profiles: list[str], tmp_path: Path
) -> None:
    seed = replace(tiny_space.smallest(), classes=3)  # not of the space, which has 10
    (tmp_path / "seed.json").write_text(json.dumps(seed.to_dict()))
    asked = ["--objectives", "accuracy,latency_ms@here,latency_ms@toy", "--constraint", "latency_ms@toy <= 5.5"]
    folder = searched(tiny_run, profiles, tmp_path, *asked, "--seed-network", str(tmp_path / "seed.json"))
    (first,) = [
        line
        for line in map(json.loads, (folder / "evaluations.jsonl").read_text().splitlines())
        if line["origin"] == "seed"
    ]
    assert first["index"] == 0 and first["digest"] == tiny_space.smallest().digest
    front = read(folder / "front.json")
    assert "fronts" not in front and front["constraints"] == ["latency_ms@toy <= 5.5"]
    assert list(front["reference_point"]) == ["accuracy", "latency_ms@here", "latency_ms@toy"]
    assert front["entries"] and all(entry["latency_ms@toy"] <= 5.5 for entry in front["entries"])
    page = (folder / "report.html").read_text()
    assert "latency on here" in page and "latency on toy" in page and "here and toy" in page


def test_wrong_devices_and_seeds_are_told(
    profiles: list[str], tiny_space: SearchSpace, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large.json"
    large.write_text(json.dumps(tiny_space.largest().to_dict()))
    options = [*TINY_SEARCH, *profiles, "--out", str(tmp_path / "runs")]
    for more, words in (
        (["--constraint", "latency_ms@her <= 5"], "did you mean 'latency_ms@here'"),
        (["--objectives", "accuracy,latency_ms,latency_ms@toy"], "use one of them"),
        (["--constraint", "latency_ms@toy <= 0.0001"], "impossible: in this space latency_ms@toy goes from"),
        (["--constraint", "latency_ms <= 1k", "--constraint", "latency_ms@toy > 1k"], "exclude each other"),
        (["--seed-network", "convnext_tiny"], "--seed-network convnext_tiny: it has 4 stages"),
        (["--seed-network", "convnxt_tiny"], "did you mean 'convnext_tiny'"),
        (
            ["--seed-network", str(large), "--constraint", "latency_ms@toy <= 3.5"],
            "which breaks 'latency_ms@toy",
        ),
        (["--profile", profiles[1]], "two files are named 'here'"),
    ):
        assert run([*options, *more]) == 2
        assert words in capfd.readouterr().err
    assert list((tmp_path / "runs").iterdir()) == []
    with pytest.raises(InputError, match="rename it"):
        device_names([Path("a b.json"), Path("c.json")])
