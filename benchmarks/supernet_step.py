"""What weight sharing costs: a training step inside the supernet beside the same network alone, and the work around it.

usage: python benchmarks/supernet_step.py [--space lk_convnet] [--scale small] [--batch 64] [--subnets 2] [--rounds 11]
           [--measure step sandwich memory activation extraction loader evaluation bfloat16] [--threads 1]
           [--json] [--out FOLDER]

step: the active subnet against itself frozen, trained alone: "alone" with our depthwise convolution, "torch" with
torch's, "sliced" as once-for-all trains it, every weight sliced in plain PyTorch. sandwich: a step of the trainer
against its parts: the batch, the passes of its subnets alone, the update. memory: the most bytes alive in a step.
loader: the trainer's images a second alone against those of its steps. bfloat16: steps and passes in evaluation under
autocast against those in float32. Process time; on several threads, wall time. Images are random.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from benchmarks.harness import Timing, add_output_options, compare, emit, ratio
from benchmarks.steps.forms import sliced, with_our_depthwise
from nas.search.evaluate import EvaluationInputs, Evaluator
from search_spaces import Architecture, SearchSpace, load_space
from supernet import Supernet
from supernet.data import ImageData, Split
from supernet.training import TrainConfig, load_method
from supernet.training.loop import Trainer

Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One space at one batch size."""

    space: SearchSpace
    batch: int
    subnets: int
    rounds: int
    clock: Any

    @cached_property
    def supernet(self) -> Supernet:
        return Supernet(self.space).train()

    @cached_property
    def data(self) -> ImageData:
        """Random images, those of the search split a quarter of CIFAR-10's."""
        space, draw = self.space, torch.Generator().manual_seed(0)

        def split(count: int) -> Split:
            images = torch.randint(256, (count, *space.input_shape), generator=draw, dtype=torch.uint8)
            return Split(images, torch.randint(space.classes, (count,), generator=draw))

        parts = {"train": split(max(1024, 2 * self.batch)), "validation": split(1250), "test": split(1)}
        names, third = tuple(map(str, range(space.classes))), (0.5,) * space.channels
        return ImageData("random", names, space.channels, space.resolution, **parts, mean=third, std=third,
                         digest="random", flip=True, layout=space.layout)  # fmt: skip

    @cached_property
    def drawn(self) -> dict[str, Architecture]:
        """The largest and the smallest network, and random ones."""
        rng = np.random.default_rng(0)
        drawn = {f"random {i + 1}": self.space.sample(rng) for i in range(self.subnets)}
        return {"largest": self.space.largest(), "smallest": self.space.smallest(rng), **drawn}

    @cached_property
    def inputs(self) -> tuple[Tensor, Tensor]:
        first = self.data.train.select(torch.arange(self.batch))
        return self.data.normalise(first.images), first.labels

    def compare(self, calls: Mapping[str, Callable[[], object]]) -> dict[str, Timing]:
        return compare(calls, rounds=self.rounds)


def pass_of(network: nn.Module, images: Tensor, labels: Tensor) -> None:
    """Run a network forward and backward."""
    F.cross_entropy(network(images), labels).backward()


def step_of(network: nn.Module, optimizer: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> None:
    """Train a network one step."""
    optimizer.zero_grad(set_to_none=True)
    pass_of(network, images, labels)
    optimizer.step()


def trained(network: nn.Module, *inputs: Tensor) -> Callable[[], None]:
    """Return what trains a network one step."""
    optimizer = torch.optim.AdamW(network.train().parameters(), fused=True)
    return partial(step_of, network, optimizer, *inputs)


def steps(case: Case) -> Iterator[Row]:
    """Compare a training step of each subnet with the same network alone, in three forms."""
    for label, architecture in case.drawn.items():
        frozen = case.supernet.extract(architecture)
        inside = trained(case.supernet, *case.inputs)

        def active(architecture: Architecture = architecture, step: Callable[[], None] = inside) -> None:
            with case.supernet.activate(architecture):
                step()

        found = case.compare({
            "active": active,
            "alone": trained(with_our_depthwise(frozen), *case.inputs),
            "torch": trained(frozen, *case.inputs),
            "sliced": trained(sliced(case.supernet, architecture, case.inputs[0]), *case.inputs),
        })  # fmt: skip
        for name in ("alone", "torch", "sliced"):
            goal = {"at_most": 1.05} if name == "alone" else {}
            yield {"subnet": label, **against(case, found["active"], name, found[name], **goal)}


def against(case: Case, ours: Timing, name: str, other: Timing, **goal: float) -> Row:
    """Return the columns of a comparison."""
    found = ratio(ours, other, case.clock)
    row = {"ms": _middle(case, ours), "against": name, "against_ms": _middle(case, other), **found.columns()}
    return row | {**goal, "verdict": found.verdict(**goal) if goal else None, **ours.load.columns()}


def _middle(case: Case, timing: Timing) -> float:
    return (timing.process_ms if case.clock == "process" else timing.wall_ms).median


def sandwiches(case: Case) -> Iterator[Row]:
    """Compare steps of the trainer with their parts: a sandwich of each of several draws."""
    trainer = Trainer(case.supernet, case.data, TrainConfig(load_method("sandwich"), 1000, case.batch))
    for number in range(max(1, case.subnets)):
        trainer.step = start = (number + 1) * 100
        drawing = trainer._drawing(*case.inputs)
        assert drawing is not None
        drawn = [subnet.architecture for subnet in trainer.method.sampler.draw(drawing)]
        alone = [with_our_depthwise(case.supernet.extract(architecture)).train() for architecture in drawn]

        def whole(start: int = start) -> None:
            trainer.step = start
            trainer.train_step()

        def parts(alone: Sequence[nn.Module] = alone) -> None:
            images, labels = trainer.batch()
            for network in alone:
                network.zero_grad(set_to_none=True)
                pass_of(network, images, labels)
            torch.nn.utils.clip_grad_value_(trainer.parameters.values(), trainer.config.clip)
            trainer.optimizer.step()

        found = case.compare({"whole": whole, "parts": parts})
        yield {"subnet": f"sandwich {number + 1}",
               **against(case, found["whole"], "parts", found["parts"], at_most=1.05)}  # fmt: skip


def memory(case: Case) -> Iterator[Row]:
    """Compare the peak of a training step of the supernet's largest network with that of the network alone."""

    def peak(build: Callable[[], nn.Module]) -> float:
        def two_steps() -> None:
            step = trained(build(), *case.inputs)
            step()
            step()

        return peak_bytes(two_steps) / 2**20

    alone = peak(lambda: Supernet(case.space.of(case.space.largest())).extract(case.space.largest()))
    found = peak(lambda: Supernet(case.space))
    verdict = "met" if found <= 1.15 * alone else "missed"
    yield {"subnet": "largest", "mib": found, "against": "alone", "against_mib": alone, "ratio": found / alone,
           "at_most": 1.15, "verdict": verdict}  # fmt: skip


def peak_bytes(call: Callable[[], object]) -> int:
    """Return the most bytes that were alive at once of those that a call has allocated."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        call()
    kineto: Any = found.profiler
    events = [event for event in kineto.kineto_results.events() if event.name() == "[memory]"]
    return int(np.cumsum([event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]).max())


def activations(case: Case) -> Iterator[Row]:
    """Time the activation of one subnet after another."""
    subnets = cycle(case.drawn.values())

    def activate() -> None:
        with case.supernet.activate(next(subnets)):
            pass

    yield absolute(case, activate, at_most=1.0)


def extractions(case: Case) -> Iterator[Row]:
    """Time the extraction of one subnet after another."""
    subnets = cycle(case.drawn.values())
    yield absolute(case, lambda: case.supernet.extract(next(subnets)), at_most=50.0)


def absolute(case: Case, call: Callable[[], object], **goal: float) -> Row:
    """Return the columns of what is timed alone."""
    timing = case.compare({"one": call})["one"]
    spread = timing.process_ms if case.clock == "process" else timing.wall_ms
    row = {"ms": spread.median, "q1_ms": spread.q1, "q3_ms": spread.q3, **goal}
    return row | {"verdict": spread.verdict(**goal) if goal else None, **timing.load.columns()}


def loader(case: Case) -> Iterator[Row]:
    """Compare the time of a step of one subnet, the shortest that a method has, with that of its batch."""
    trainer = Trainer(case.supernet, case.data, TrainConfig(load_method("single_path"), 1000, case.batch))
    found = case.compare({"step": trainer.train_step, "batch": trainer.batch})
    row = against(case, found["step"], "batch", found["batch"], at_least=5.0)
    yield row | {
        "images_per_s": 1e3 * case.batch / row["ms"],
        "against_images_per_s": 1e3 * case.batch / row["against_ms"],
    }


def evaluations(case: Case) -> Iterator[Row]:
    """Time an evaluation with recalibration, as a search runs it, on all images of the split; nothing is shared."""
    subnets = cycle(case.drawn.values())
    evaluator = Evaluator(EvaluationInputs.of(case.supernet, case.data, 1024), shared_bytes=0)
    with patch("nas.search.evaluate._at_chance", return_value=False):  # these weights answer at random
        row = absolute(replace(case, rounds=max(2, case.rounds // 2)), lambda: evaluator.evaluate(next(subnets)))
    yield row | {"subnets_per_s": 1e3 / row["ms"]}


def precisions(case: Case) -> Iterator[Row]:
    """Compare a training step, and a pass in evaluation, in bfloat16 autocast with the same in float32."""
    images, labels = case.inputs

    def in_bfloat16(call: Callable[[], object]) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            call()

    for label, architecture in case.drawn.items():
        network = case.supernet.extract(architecture)

        def judge(network: nn.Module = network) -> None:
            with torch.no_grad():
                network(images)

        with case.supernet.activate(architecture):
            for what, call in (("step", trained(case.supernet, images, labels)), ("pass", judge)):
                found = case.compare({"bfloat16": partial(in_bfloat16, call), "float32": call})
                yield {"subnet": f"{label}, {what}", **against(case, found["bfloat16"], "float32", found["float32"])}


MEASURES: Mapping[str, Callable[[Case], Iterator[Row]]] = {
    "step": steps,
    "sandwich": sandwiches,
    "memory": memory,
    "activation": activations,
    "extraction": extractions,
    "loader": loader,
    "evaluation": evaluations,
    "bfloat16": precisions,
}
_COLUMNS = ("scale", "batch", "measure", "subnet", "ms", "against", "against_ms", "ratio", "ratio_low", "ratio_high",
            "verdict", "other_cores")  # fmt: skip


def main() -> None:
    """Measure what was asked for and print the rows."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    rows = []
    for name in arguments.space:
        for scale in arguments.scale:
            space = load_space(name, scale=scale)
            for batch in arguments.batch:
                clock = "process" if arguments.threads == 1 else "wall"
                case = Case(space, batch, arguments.subnets, arguments.rounds, clock)
                same = {"space": name, "scale": scale, "batch": batch, "threads": arguments.threads}
                rows += [{**same, "measure": m, **row} for m in arguments.measure for row in MEASURES[m](case)]
    emit("supernet_step", rows, arguments, _COLUMNS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", nargs="+", default=["lk_convnet"])
    parser.add_argument("--scale", nargs="+", default=["small"])
    parser.add_argument("--batch", nargs="+", type=int, default=[64])
    parser.add_argument("--subnets", type=int, default=2, help="random ones beside the largest and the smallest")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--measure", nargs="+", choices=list(MEASURES), default=list(MEASURES))
    parser.add_argument("--threads", type=int, default=1)
    add_output_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    main()
