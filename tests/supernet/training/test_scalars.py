"""The curves of a training: the same numbers as parquet and as events, continued without a gap or a repeat."""

from __future__ import annotations

import signal
import struct
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from tensorboardX.proto.event_pb2 import Event  # type: ignore[attr-defined]

from search_spaces import Architecture, SearchSpace
from supernet import Supernet
from supernet.data import ImageData, load_data
from supernet.training import Method, TrainConfig, TrainProgress, train
from supernet.training.exposure import Exposure
from supernet.training.samplers import Sandwich
from supernet.training.scalars import Scalars
from tests.conftest import first_images, samples

CONFIG = TrainConfig(Method(Sandwich(random=1)), epochs=1, batch_size=16)  # 9 steps


@pytest.fixture(scope="module")
def data() -> ImageData:
    return first_images(load_data("digits"), 144)


def table(folder: Path) -> pd.DataFrame:
    """Return what of the curves does not depend on the clock."""
    return pd.read_parquet(folder / "training.parquet").drop(columns=["time", "images_per_second"])


def events(folder: Path) -> list[tuple[int, str, float]]:
    """Read (step, tag, value) from the event file, a sequence of TFRecords: length, its CRC, bytes, their CRC."""
    (path,) = (folder / "tensorboard").iterdir()
    content, found = path.read_bytes(), []
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        event = Event.FromString(content[12 : 12 + length])
        found += [(event.step, value.tag, value.simple_value) for value in event.summary.value]
        content = content[16 + length :]
    return found


def as_events(rows: pd.DataFrame) -> list[tuple[int, str, float]]:
    return [
        (int(row["step"]), str(tag), value)
        for row in rows.to_dict("records")
        for tag, value in row.items()
        if tag not in ("step", "time")
    ]


class Crash(Exception):
    """Stands for a killed process: nothing is saved."""


def test_a_killed_and_resumed_training_has_the_curves_of_an_unbroken_one(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(Supernet(tiny_space), data, CONFIG, whole / "s.safetensors", scalars=whole)
    assert table(whole)["step"].tolist() == list(range(1, 10))

    def end(progress: TrainProgress) -> None:
        if progress.step == 3:
            signal.raise_signal(signal.SIGINT)
        if progress.step == 7:
            raise Crash

    for error in (KeyboardInterrupt, Crash):
        with pytest.raises(error):
            train(Supernet(tiny_space), data, CONFIG, parts / "s.safetensors", end, scalars=parts)
    assert table(parts)["step"].tolist() == [1, 2, 3] and events(parts)[-1][0] == 7
    train(Supernet(tiny_space), data, CONFIG, parts / "s.safetensors", scalars=parts)
    pd.testing.assert_frame_equal(table(parts), table(whole))
    written = pd.read_parquet(parts / "training.parquet")
    assert [(s, t, pytest.approx(v)) for s, t, v in as_events(written)] == events(parts)


def test_long_trainings_have_a_thousand_rows_at_most(tmp_path: Path) -> None:
    scalars = Scalars(tmp_path, steps=2500)
    for step in range(1, 2501):
        scalars.add(TrainProgress(step, 2500, {"random": 1.0}, 0.1, 1.0), {})
    scalars.save()
    scalars.close()
    assert len(table(tmp_path)) == 833 and set(table(tmp_path)["step"].diff().dropna()) == {3}


def test_exposure_counts_every_choice_and_knows_those_that_were_never_trained(tiny_space: SearchSpace) -> None:
    networks: list[Architecture] = samples(tiny_space, 30)
    exposure = Exposure(tiny_space)
    assert set(exposure.counts.values()) == {0}
    assert {"stage1/depth=0", "stage2/width=24", "stage1/mixer=inception_dw", "stage2/kernel=5"} <= set(exposure.counts)
    known = set(exposure.counts)
    exposure.add(networks)
    assert set(exposure.counts) == known
    second = [network.stages[1] for network in networks]
    expected = Counter(f"stage2/width={stage.width}" for stage in second)
    expected += Counter(f"stage2/depth={len(stage.blocks)}" for stage in second)
    expected += Counter(f"stage2/mixer={block.mixer.op}" for stage in second for block in stage.blocks)
    expected += Counter(
        f"stage2/{name}={value}"
        for stage in second
        for block in stage.blocks
        for name, value in block.mixer.params + block.channel_mixer.params
        if name in ("kernel", "dilation", "expansion")
    )
    assert {k: v for k, v in exposure.counts.items() if k.startswith("stage2/") and v} == expected
