"""Tables of other tools become profiles; the tables are written here, and what is wrong in them is named by line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from predictors import DeviceKey, DeviceProfile, LatencyPredictor
from predictors.imported import import_table, known_architectures
from predictors.ofa_table import parts_of
from search_spaces import Architecture, InputError, SearchSpace, load_space
from tests.conftest import samples

KEY = DeviceKey("phone", "table", "csv", "", "", 1, 1, "")


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_networks_by_json_and_by_digest(tiny_space: SearchSpace, tmp_path: Path) -> None:
    networks: list[Architecture] = list(dict.fromkeys(samples(tiny_space, 12)))
    folder = tmp_path / "registry" / "one" / "1"
    folder.mkdir(parents=True)
    (folder / "architecture.json").write_text(networks[0].to_json())
    (folder / "metrics.json").write_text("{}")
    rows = [{"digest": "", "architecture": json.dumps(one.to_dict()), "ms": f"{i + 1}.5"} for i, one in
            enumerate(networks[1:])]  # fmt: skip
    rows += [{"digest": networks[0].digest, "architecture": "", "ms": ms} for ms in ("7", "8")]
    table = write_csv(tmp_path / "phone.csv", rows)
    found = import_table(table, tiny_space, KEY, known_architectures(tmp_path / "registry"))
    assert [record.architecture for record in found.records] == [*networks[1:], networks[0]]
    assert [record.measurement.median_ms for record in found.records[:2]] == [1.5, 2.5]
    assert [(one.architecture, one.measurement.median_ms) for one in found.again] == [(networks[0], 8.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: expected the columns ms and architecture or digest"),
        ("name,time\na,3\n", ":1: expected the columns ms and architecture or digest"),
        ("digest,ms\n", ":1: no network follows"),
        ("digest,ms\n0123456789,3\n", ":2: digest '0123456789' is that of 0 known networks"),
        ("architecture,ms\n{},3\n", ":2: schema_version"),
        ("architecture,ms\nresnet,3\n", ":2: architecture: expected the JSON of an architecture, found 'resnet'"),
        ("digest,ms\n,3\n", ":2: neither an architecture nor a digest"),
        ('digest,ms\n"a,3\n', "not a row of CSV"),
    ],
)
def test_wrong_rows_are_named(tiny_space: SearchSpace, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        import_table(path, tiny_space, KEY, {})
    assert str(path) in str(caught.value) and message in str(caught.value)


@pytest.mark.parametrize("figure", ["fast", "-1", "0", "nan", ""])
def test_figures_are_positive_numbers(tiny_space: SearchSpace, tmp_path: Path, figure: str) -> None:
    rows = [{"architecture": json.dumps(one.to_dict()), "ms": ms}
            for one, ms in zip(samples(tiny_space, 0), ("3", figure), strict=True)]  # fmt: skip
    with pytest.raises(InputError, match=r"t\.csv:3: expected milliseconds, a positive number"):
        import_table(write_csv(tmp_path / "t.csv", rows), tiny_space, KEY, {})


def test_other_inputs_and_files_are_refused(tiny_space: SearchSpace, mobile: SearchSpace, tmp_path: Path) -> None:
    rows = [{"architecture": json.dumps(tiny_space.largest().to_dict()), "ms": "3"}]
    with pytest.raises(InputError, match=r"t\.csv:2: measured inputs of 1 x 32 x 32 px, the space has 3 x 32 x 32 px"):
        import_table(write_csv(tmp_path / "t.csv", rows), mobile, KEY, {})
    with pytest.raises(InputError, match=r"expected a \.csv file of networks or a \.yaml file"):
        import_table(tmp_path / "t.txt", tiny_space, KEY, {})
    with pytest.raises(InputError, match="expected a folder"):
        known_architectures(tmp_path / "nowhere")


@pytest.fixture(scope="module")
def mobile() -> SearchSpace:
    return load_space("mobile", scale="small", resolution=32)


STEM = "Conv-input:32x32x3-output:32x32x16"
HEAD = ["Conv_1-input:4x4x64-output:4x4x320", "Logits-input:4x4x320-output:1000"]
# 24 channels at side 16, expansion 3 and 4, with and without an excitation; and the way into the stage from 16.
BLOCKS = [
    "expanded_conv-input:16x16x24-output:16x16x24-expand:72-kernel:3-stride:1-idskip:1-se:0-hs:1",
    "expanded_conv-input:16x16x24-output:16x16x24-expand:96-kernel:5-stride:1-idskip:1-se:1-hs:1",
    "expanded_conv-input:32x32x16-output:16x16x24-expand:64-kernel:3-stride:2-idskip:0-se:1-hs:1",
    "expanded_conv-input:16x16x24-output:16x16x24-expand:72-kernel:7-stride:1-idskip:1-se:0-hs:1",
]
FOREIGN = "expanded_conv-input:7x7x3-output:7x7x3-expand:9-kernel:3-stride:1-idskip:1-se:0-hs:0"


def test_blocks_of_an_ofa_table_are_found_by_what_they_are(mobile: SearchSpace, tmp_path: Path) -> None:
    path = tmp_path / "lut.yaml"
    names = [STEM, *HEAD, *BLOCKS, FOREIGN]
    path.write_text("".join(f"{name}: {{count: 50, mean: {i + 1}.5}}\n" for i, name in enumerate(names)))
    found = import_table(path, mobile, KEY, {})
    times = {(r.part.kind, r.part.side, r.part.inputs, r.part.outputs, r.measurement.median_ms) for r in found.blocks}
    assert found.records == () and times == {
        ("stem", 32, 3, 16, 1.5),
        ("head", 4, 64, 1000, 2.5 + 3.5),
        ("block", 16, 24, 24, 4.5),
        ("block", 16, 24, 24, 5.5),
        ("downsample", 32, 16, 24, 6.5),
        ("block", 16, 24, 24, 7.5),
    }
    found.save(tmp_path / "p.json")
    assert DeviceProfile.load(tmp_path / "p.json") == found


def test_a_table_of_blocks_gives_their_sum_and_a_wide_interval(mobile: SearchSpace, tmp_path: Path) -> None:
    from predictors import BlockRecord, Measurement
    from predictors.parts import parts

    network = mobile.smallest()
    every = list(dict.fromkeys(part for one in (network, mobile.largest()) for part in parts(one)))
    assert set(every) <= set(parts_of(mobile))
    times = {part: 1.0 + i for i, part in enumerate(every)}
    records = tuple(BlockRecord(part, Measurement(ms, ms, 0.0, 0.0)) for part, ms in times.items())
    predictor = LatencyPredictor.fit(mobile, DeviceProfile(KEY, (), blocks=records))
    (mean,), (low,), (high,) = predictor.predict([network])
    assert mean == pytest.approx(sum(times[part] for part in parts(network)))
    assert low == pytest.approx(0.5 * mean) and high == pytest.approx(1.5 * mean), "what is between blocks is not known"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a block: 3"], ":1: expected the name of a block such as expanded_conv-input:"),
        ([f"{STEM}: 3", "Conv_9-input:1x1x1-output:1x1x1: 3"], ":2: expected the name of a block"),
        ([f"{STEM}: 3", f"{BLOCKS[0].partition('-kernel')[0]}: 3"], ":2: expected the name of a block"),
        ([f"{STEM}: {{mean: fast}}"], ":1: expected {mean: milliseconds}, a positive number"),
        ([f"{STEM}: 3", f"{HEAD[0]}: -1"], ":2: expected {mean: milliseconds}"),
        ([f"{STEM}: 3", f"{STEM}: 3"], ":2: "),
        (["- 3"], ":1: expected a mapping of blocks such as expanded_conv"),
        ([f"{STEM}: {{mean: 3"], "not valid YAML"),
        ([f"{FOREIGN}: 3"], "none of its 1 entries is one of the"),
    ],
)
def test_wrong_tables_are_named(mobile: SearchSpace, tmp_path: Path, lines: list[str], message: str) -> None:
    path = tmp_path / "lut.yaml"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as caught:
        import_table(path, mobile, KEY, {})
    assert str(path) in str(caught.value) and message in str(caught.value)
