"""The network of a space with all its weights shared: choose a subnet, run it, take it out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from search_spaces import Architecture, InputError, OpConfig, SearchSpace
from search_spaces import Block as BlockConfig
from search_spaces.operators import Slot
from supernet.deploy import merge_block
from supernet.elastic import Elastic, ElasticScale
from supernet.operators import MODULES


class Choice(nn.Module):
    """The operators of one slot, with private weights each; one is active."""

    def __init__(self, width: int, configs: Sequence[OpConfig]):
        super().__init__()
        names = dict.fromkeys(config.op for config in configs)
        self.operators = nn.ModuleDict(
            {name: MODULES[name](width, [c for c in configs if c.op == name]) for name in names}
        )
        self.active = next(iter(names))

    def configure(self, config: OpConfig, width: int) -> None:
        """Choose the operator, its configuration and the active channels."""
        self.active = config.op
        operator: Any = self.operators[config.op]
        operator.configure(config, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.operators[self.active](x)


class Block(nn.Module):
    """x + scale * channel_mixer(gate(norm(mixer(x)))): one residual around both mixers (MetaNeXt)."""

    def __init__(self, width: int, candidates: dict[Slot, tuple[OpConfig, ...]]):
        super().__init__()
        self.mixer = Choice(width, candidates["mixer"])
        self.norm = Choice(width, candidates["norm"])
        self.gate = Choice(width, candidates["gate"])
        self.channel_mixer = Choice(width, candidates["channel_mixer"])
        self.scale = ElasticScale(width)

    def configure(self, block: BlockConfig, width: int) -> None:
        """Choose the configuration of every slot and the active channels."""
        for slot, config in block.slots().items():
            getattr(self, slot).configure(config, width)
        self.scale.channels = width

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale(self.channel_mixer(self.gate(self.norm(self.mixer(x)))))

    def merged(self) -> nn.Module:
        """Return the deploy form of a frozen block."""
        return merge_block(self)


class Stage(nn.Module):
    """Downsampling (none in the first stage) and the first ``depth`` of its blocks."""

    def __init__(self, downsample: nn.Module | None, blocks: Sequence[nn.Module]):
        super().__init__()
        self.downsample = downsample
        self.blocks = nn.ModuleList(blocks)
        self.depth = len(blocks)

    def forward(self, x: Tensor) -> Tensor:
        if self.downsample is not None:
            x = self.downsample(x)
        for block in self.blocks[: self.depth]:
            x = block(x)
        return x


class Network(nn.Module):
    """Stem, stages, head. Frozen, it is a plain network; with elastic primitives, the body of a supernet."""

    def __init__(self, stem: nn.Module, stages: Sequence[Stage], head: nn.Module):
        super().__init__()
        self.stem = stem
        self.stages = nn.ModuleList(stages)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Map images [N, channels, R, R] to logits [N, classes]."""
        # Twice: one-channel images have no channels-last layout that a convolution would keep.
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        x = x.contiguous(memory_format=torch.channels_last)
        for stage in self.stages:
            x = stage(x)
        return self.head(x)


class Supernet(nn.Module):
    """All networks of a space in shared weights.

    The weights are drawn from ``seed``. Outside `activate` the largest architecture is active.
    """

    def __init__(self, space: SearchSpace, seed: int = 0):
        super().__init__()
        self.space = space
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.body = _build_body(space)
        self.architecture = space.largest()
        self._configure(self.architecture)

    def forward(self, x: Tensor) -> Tensor:
        """Run the active subnet: [N, channels, R, R] to logits [N, classes]."""
        return self.body(x)

    @contextmanager
    def activate(self, architecture: Architecture) -> Iterator[Supernet]:
        """Make ``architecture`` the active subnet inside the ``with``; the one before comes back after.

        Raises InputError when the architecture is not in the supernet's space.
        """
        if not self.space.contains(architecture):
            raise InputError(f"architecture {architecture.digest[:12]} is not in the space {self.space.name}")
        before = self.architecture
        self._configure(architecture)
        try:
            yield self
        finally:
            self._configure(before)

    def extract(self, architecture: Architecture) -> nn.Module:
        """Return the subnet as a plain module with its own copy of the weights, in evaluation mode."""
        with self.activate(architecture):
            return freeze(self.body).eval()

    def _configure(self, architecture: Architecture) -> None:
        body: Any = self.body
        width = architecture.stages[0].width
        body.stem.configure(architecture.stem, architecture.channels, width)
        for stage, config in zip(body.stages, architecture.stages, strict=True):
            if config.downsample is not None:
                stage.downsample.configure(config.downsample, width, config.width)
            width = config.width
            stage.depth = len(config.blocks)
            for block, block_config in zip(stage.blocks, config.blocks, strict=False):
                block.configure(block_config, width)
        body.head.configure(architecture.head, width)
        self.architecture = architecture


def _build_body(space: SearchSpace) -> Network:
    widths = [max(stage.widths) for stage in space.stages]
    stem = MODULES[space.stem.op](space.channels, widths[0], [space.stem])
    stages = []
    for i, stage in enumerate(space.stages):
        down = None
        if i > 0:
            down = MODULES[space.downsample.op](widths[i - 1], widths[i], stage.stride, [space.downsample])
        blocks = [Block(widths[i], stage.candidates(j)) for j in range(max(d for _, d in stage.shapes()))]
        stages.append(Stage(down, blocks))
    return Network(stem, stages, MODULES[space.head.op](widths[-1], space.classes, [space.head]))


def build(architecture: Architecture, seed: int = 0) -> nn.Module:
    """Return one network alone, freshly initialised, in evaluation mode and train form."""
    return Supernet(SearchSpace.of(architecture), seed).extract(architecture)


def freeze(module: nn.Module) -> nn.Module:
    """Return a copy in which every elastic primitive is a plain module and unused choices are gone."""
    if isinstance(module, Elastic):
        return module.frozen()
    if isinstance(module, Choice):
        return freeze(module.operators[module.active])
    if not list(module.children()):
        return copy.deepcopy(module)
    clone = copy.copy(module)
    clone._modules = dict(module._modules)
    if isinstance(module, Stage):
        clone._modules["blocks"] = nn.ModuleList(list(module.blocks)[: module.depth])
    if hasattr(clone, "prune"):
        cast(Any, clone).prune()
    clone._modules = {name: child and freeze(child) for name, child in clone._modules.items()}
    return clone
