"""A search on several Ray nodes, one of which is lost: every point is evaluated once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from nas.search import Evaluated, search

from nas.search import ray_environment  # noqa: F401  # isort: skip
import ray
from ray.cluster_utils import Cluster

from tests.nas.search.test_searchers import TWO, bowl, parameters

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray warns about its own internals


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two nodes with a worker each."""
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    ray.init(address=found.address, log_to_driver=False, logging_level=logging.ERROR)
    yield found
    ray.shutdown()
    found.shutdown()


def slowly(point) -> dict[str, float]:
    """Return what `bowl` returns, and where it was computed."""
    import time

    time.sleep(0.3)
    node = ray.get_runtime_context().get_node_id()
    return {**bowl(point), "node": float(int(node[:8], 16))}


def test_a_lost_node_loses_only_its_trials(cluster: Cluster, tmp_path: Path) -> None:
    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    lost: list[float] = []

    def on_result(evaluated: list[Evaluated]) -> None:
        homes = {one.metrics["node"] for one in evaluated}
        if len(homes) == 2 and not lost:
            lost.append(len(evaluated))
            cluster.remove_node(node, allow_graceful=False)

    found = search(TWO, parameters(), slowly, algorithm="nsga2", evaluations=24, population=6, workers=2,
                   journal=tmp_path / "e.jsonl", on_result=on_result)  # fmt: skip
    assert lost and lost[0] < 20, "the node was lost in the middle"
    assert [one.index for one in found] == list(range(24))
    assert len({one.point.digest for one in found}) == 24 == len((tmp_path / "e.jsonl").read_text().splitlines())
    for one in found:
        assert one.error == "the worker process died" if not one.ok else bowl(one.point).items() <= one.metrics.items()
    assert sum(one.ok for one in found) >= 22
