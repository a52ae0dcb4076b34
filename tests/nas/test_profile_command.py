"""nas profile: measures, goes on, compares, merges; wrong input says what would be right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas.cli.main import run
from search_spaces import SearchSpace
from tests.conftest import TINY, samples

QUICK = ["profile", "--space", str(TINY), "--networks", "12", "--quiet"]


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profile") / "p.json"
    assert run([*QUICK, "--out", str(path)]) == 0
    return path


def test_a_profile_is_measured_once(profiled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = profiled.with_suffix(".records.jsonl").read_bytes()
    assert run([*QUICK, "--out", str(profiled), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["networks"] == 12 and {"macs", "activations", "ours", "measured again"} <= set(found["ladder"])
    assert profiled.with_suffix(".records.jsonl").read_bytes() == before
    assert run([*QUICK, "--out", str(profiled)]) == 0
    shown = capsys.readouterr().out
    assert "Kendall's tau" in shown and f"nas search --space {TINY} --data digits --profile {profiled}" in " ".join(
        shown.split()
    )


def test_profiles_are_compared_and_merged(profiled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", "compare", str(profiled), str(profiled), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["networks"], found["ratio"], found["tau"]) == (12, [1.0, 1.0, 1.0], 1.0)
    document = json.loads(profiled.read_text())
    document["key"]["device"] = "another"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(document))
    assert run(["profile", "merge", str(profiled), str(other), "--out", str(tmp_path / "both.json")]) == 2
    assert "measured under another key: device 'another'" in capsys.readouterr().err
    assert not (tmp_path / "both.json").exists()
    assert run(["profile", "merge", str(profiled), str(profiled), "--out", str(tmp_path / "both.json")]) == 0
    assert len(json.loads((tmp_path / "both.json").read_text())["again"]) > 12


def test_another_device_helps(profiled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(profiled.read_text())
    document["key"]["device"] = "another"
    other = tmp_path / "other.json"
    other.write_text(json.dumps(document))
    command = [*QUICK, "--from", str(other), "--out", str(tmp_path / "few.json")]
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["leave_one_out"]) == {"plain", "transfer"} and found["blocks"] == 0
    assert sum(found["shares"].values()) == pytest.approx(1.0)
    assert any(name.startswith("another, pytorch eager") for name in found["shares"])
    assert run(command) == 0
    assert "each network left out once" in (shown := capsys.readouterr().out) and "% structure" in shown
    assert run([*QUICK, "--from", str(profiled), "--out", str(tmp_path / "same.json")]) == 2
    assert "measured under the key of this device" in capsys.readouterr().err


def test_a_table_becomes_a_profile(tiny_space: SearchSpace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"'{json.dumps(one.to_dict())}',{i + 1}" for i, one in enumerate(dict.fromkeys(samples(tiny_space, 14)))]
    table = tmp_path / "phone.csv"
    table.write_text("\n".join(["architecture,ms", *(row.replace('"', '""').replace("'", '"') for row in rows)]))
    command = ["profile", "import", str(table), "--space", str(TINY), "--out", str(tmp_path / "phone.json")]
    assert run([*command, "--device-name", "Pixel 9"]) == 0
    assert f"{len(rows)} networks, 0 blocks" in capsys.readouterr().out
    assert json.loads((tmp_path / "phone.json").read_text())["key"]["device"] == "Pixel 9"
    assert run(command) == 2
    assert "exists already" in capsys.readouterr().err
    table.write_text("architecture,ms\n")
    assert run([*command[:-1], str(tmp_path / "empty.json")]) == 2
    assert f"{table}:1: no network follows" in capsys.readouterr().err
    assert not (tmp_path / "empty.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--budget", "soon"], "--budget: expected a time such as 90s, 5m or 1h, found 'soon'"),
        (["--dtype", "fp8"], "--dtype 'fp8' is unknown"),
        (["--mode", "eagre"], "did you mean 'eager'"),
        (["--device", "tpu"], "expected cpu or cuda"),
        (["--networks", "9"], "--networks must be at least 10, found 9"),
        (["--batch", "0"], "--batch must be at least 1"),
        (["--runner", "/nowhere/measure.sh"], "No such file"),
    ],
)
def test_wrong_input(options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*QUICK, "--out", str(tmp_path / "p.json"), *options]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "p.json").exists()
