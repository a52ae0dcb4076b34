"""Training by Ray Train: equal to one process, through a killed worker and another number of workers."""

from __future__ import annotations

import os
import signal
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
import torch.distributed as dist
from ray.train.v2.api.exceptions import WorkerGroupError
from torch import Tensor

from nas.distributed import Job, _raise_failure, train_on_workers
from search_spaces import Architecture, InputError, load_space
from search_spaces.errors import WorkError
from supernet import Supernet
from supernet.data import ImageData, load_data
from supernet.depthwise import Case, DepthwiseTable, choose, use_table
from supernet.depthwise.choice import Entry, Forms
from supernet.training import Method, TrainConfig, TrainProgress, load_weights, train
from supernet.training.samplers import Sandwich
from tests.conftest import DATA, first_images

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals

CONFIG = TrainConfig(Method(Sandwich(random=1)), epochs=1, batch_size=16, learning_rate=1e-2)  # 9 steps


CASE = Case((31, 31), 1, (64, 64), 1, 1, "float32", "cpu")  # of no network here
TABLE = DepthwiseTable((Entry(CASE, Forms("stock", "native", "fourier")),))


class Deadly(ImageData):
    """Data that kill the second worker, once, in step 7: its fourth batch after step 3. They tell chosen forms."""

    def normalise(self, images: Tensor) -> Tensor:
        marker = Path(self.name)
        with marker.with_name("forms").open("a") as file:
            file.write(f"{' '.join(choose(CASE))}\n")
        if dist.is_initialized() and dist.get_rank() == 1:
            with marker.open("a") as file:
                file.write("x")
            if marker.stat().st_size == 4:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().normalise(images)


def macs(architecture: Architecture) -> float:
    return 1.0


def losses(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "training.parquet").filter(regex="^(step|loss/.*)$")


def test_two_workers_one_killed_train_as_one_process_does(tmp_path: Path) -> None:
    """One process until step 3, then two workers; the second dies in step 7."""
    space, data = load_space(str(DATA / "layer_norm.yaml")), first_images(load_data("digits"), 144)
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    train(Supernet(space), data, CONFIG, alone / "s.safetensors", scalars=alone)

    def interrupt(progress: TrainProgress) -> None:
        if progress.step == 3:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        train(Supernet(space), data, CONFIG, shared / "s.safetensors", interrupt, scalars=shared)
    values = {field.name: getattr(data, field.name) for field in fields(data)}
    deadly = Deadly(**{**values, "name": str(tmp_path / "marker")})
    with use_table(TABLE):
        job = Job(space, deadly, CONFIG, macs, None, shared / "s.safetensors", shared, threads=1)
    said, seen = [], []
    train_on_workers(job, 2, None, lambda progress: seen.append(progress.step), said.append)
    assert (tmp_path / "marker").stat().st_size == 4 + 6  # steps 4 to 7, then 4 to 9
    assert set((tmp_path / "forms").read_text().splitlines()) == {"stock native fourier"}
    assert said == ["a training worker was lost; new ones go on from the last checkpoint"]
    assert seen[-1] == 9
    pd.testing.assert_frame_equal(losses(shared), losses(alone), rtol=0, atol=1e-4)
    load_weights(Supernet(space), shared / "s.safetensors")


def test_what_no_restart_mends_is_raised_and_lost_workers_are_told() -> None:
    with pytest.raises(InputError, match="disk"):
        _raise_failure(InputError("disk full"), WorkerGroupError("rank 1", {}))
    with pytest.raises(WorkError, match="(?s)lost 4 times.*--resume.*rank 1 died"):
        _raise_failure(None, WorkerGroupError("rank 1 died", {}))
    _raise_failure(None, None)
