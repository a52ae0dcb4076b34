"""Whether single blocks beside whole networks help a latency predictor, at equal cost.

usage: python benchmarks/block_records.py [--records FILE] [--draws 5] [--groups 40] [--tested 60]
           [--ways 39:0 30:15 ...] [--json] [--out FOLDER]

Networks of lk_convnet small, 4 in each group (160), and blocks of such, 7 in each (280), are timed at batch 1 in the
CPU time of one thread (a busy machine disturbs it less than the clock on the wall) and kept in FILE: the same command
goes on. A way is a number of networks and of blocks to learn from; a block costs 0.6 of a network, building included,
so the first three ways cost the same, and so do the others.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.harness import add_output_options, emit
from predictors import BlockRecord, DeviceProfile, LatencyPredictor, Record
from predictors.backends import Eager, Setting
from predictors.metrics import mape
from predictors.parts import Part, build_part, parts
from predictors.ranking import tau
from predictors.records import append_records, read_records
from search_spaces import Architecture, SearchSpace, load_space
from supernet import build, deploy

_NETWORKS, _BLOCKS = 4, 7  # in each group
_WAYS = ("39:0", "30:15", "24:24", "79:0", "60:30", "49:48")
_MEMBERS = ("non_negative", "gaussian_process")


def main() -> None:
    """Measure, and print a row for each way to spend the same time."""
    arguments = _arguments()
    space = load_space("lk_convnet", scale="small", resolution=32)
    networks, blocks = measured(space, arguments.records, arguments.groups)
    rows = []
    for known, alone in (map(int, way.split(":")) for way in arguments.ways):
        draws = range(arguments.draws)
        found = [scores(space, networks, blocks, (known, alone), arguments.tested, seed) for seed in draws]
        error, order = np.mean(found, axis=0)
        rows.append({"networks": known, "blocks": alone, "mape": float(error), "kendall": float(order)})
    emit("block_records", rows, arguments)


def measured(space: SearchSpace, path: Path, groups: int) -> tuple[list[Record], list[BlockRecord]]:
    """Return the networks and the blocks, measured in groups of both."""
    rng = np.random.default_rng(0)
    drawn = list(dict.fromkeys(space.sample(rng) for _ in range(2 * groups * _NETWORKS)))
    pool = list(dict.fromkeys(part for network in drawn for part in parts(network)))
    alone = [pool[place] for place in rng.permutation(len(pool))]
    backend = Eager(Setting())
    backend.clock = time.process_time
    for group in range(len(read_records(path, backend.key)) // (_NETWORKS + _BLOCKS), groups):
        some: list[Architecture | Part] = [*drawn[group * _NETWORKS :][:_NETWORKS], *alone[group * _BLOCKS :][:_BLOCKS]]
        built = [deploy(build_part(one) if isinstance(one, Part) else build(one)) for one in some]
        found = backend.measure(built, [one.shape[1:] if isinstance(one, Part) else one.input_shape for one in some])
        both = zip(some, found, strict=True)
        new = [BlockRecord(one, ms) if isinstance(one, Part) else Record(one, ms) for one, ms in both]
        append_records(path, backend.key, new)
    records = read_records(path, backend.key)
    networks = [record for record in records if isinstance(record, Record)]
    return networks, [record for record in records if isinstance(record, BlockRecord)]


def scores(
    space: SearchSpace,
    networks: list[Record],
    blocks: list[BlockRecord],
    way: tuple[int, int],
    tests: int,
    seed: int,
) -> tuple[float, float]:
    """Return mean error and Kendall's tau on ``tests`` networks that were not learned from."""
    known, alone = way
    rng = np.random.default_rng(seed)
    order, some = rng.permutation(len(networks)), rng.permutation(len(blocks))[:alone]
    tested = [networks[place] for place in order[:tests]]
    learned = tuple(networks[place] for place in order[tests:][:known])
    profile = DeviceProfile(Eager(Setting()).key, learned, blocks=tuple(blocks[place] for place in some))
    predicted, _, _ = LatencyPredictor.fit(space, profile, _MEMBERS).predict([one.architecture for one in tested])
    true = [record.measurement.median_ms for record in tested]
    return mape(predicted, true), tau(predicted, true)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path, default=Path("runs/latency/block-records.jsonl"))
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--tested", type=int, default=60, help="networks that a draw tests on")
    parser.add_argument("--ways", nargs="+", default=_WAYS, metavar="NETWORKS:BLOCKS")
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
