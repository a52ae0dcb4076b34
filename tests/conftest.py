"""Spaces, networks and one small finished search that tests share."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # beside other work two threads are slower than one

import numpy as np
import pytest
import torch
from hypothesis import settings
from torch import nn

from search_spaces import SearchSpace, load_space
from supernet.data import ImageData, Split

# The same examples in every run; `pytest --hypothesis-profile default` draws new ones.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

DATA = Path(__file__).parent / "data"
TINY = DATA / "tiny.yaml"
TINY_SEARCH = [
    *("search", "--space", str(TINY), "--epochs", "1", "--evaluations", "12", "--population", "6"),
    *("--latency-networks", "30", "--front", "4", "--threads", "1", "--workers", "1"),
    *("--recalibration-images", "128", "--quiet"),
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the choice between benchmarks at toy size and everything else."""
    parser.addoption("--benchmark-smoke", action="store_true", help="run every benchmark at toy size, and nothing else")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that run benchmarks, or all others."""
    wanted = config.getoption("--benchmark-smoke")
    left = [item for item in items if (item.get_closest_marker("benchmark_smoke") is not None) != wanted]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests neither read nor fill the user's cache."""
    os.environ["NAS_CACHE"] = str(shared_folder(tmp_path_factory) / "cache")


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder of the whole test run, which its processes share."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def tiny_space() -> SearchSpace:
    """The space of tests/data/tiny.yaml."""
    return load_space(str(TINY))


@pytest.fixture(scope="session")
def small_space() -> SearchSpace:
    """lk_convnet as the default data set uses it."""
    return load_space("lk_convnet", scale="small", resolution=32, channels=1, classes=10)


@dataclass(frozen=True)
class FinishedRun:
    """A run folder and the registry that its networks are in."""

    path: Path
    registry: Path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A search over the tiny space on the digits, by the command itself; once for all processes of a test run."""
    from nas.cli.main import run

    folder = shared_folder(tmp_path_factory) / "search"
    folder.mkdir(exist_ok=True)
    finished = FinishedRun(folder / "runs" / "tiny", folder / "registry")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (finished.path / "report.html").exists():
            options = ["--out", str(folder / "runs"), "--registry", str(finished.registry), "--name", "tiny"]
            assert run([*TINY_SEARCH, *options]) == 0
    return finished


def first_images(data: ImageData, count: int) -> ImageData:
    """Return the data with the first ``count`` training images: nine steps that take a second."""
    return replace(data, train=Split(data.train.images[:count], data.train.labels[:count]))


def randomise(module: nn.Module, seed: int = 0) -> None:
    """Give every weight and statistic a value that an error in slicing or merging would show in."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif tensor.is_floating_point():
                tensor.copy_(0.3 * torch.randn(tensor.shape, generator=generator))


def samples(space: SearchSpace, count: int, seed: int = 0) -> list:
    """Draw ``count`` networks of a space and its two extremes."""
    rng = np.random.default_rng(seed)
    return [space.largest(), space.smallest(), *(space.sample(rng) for _ in range(count))]
