"""The network of a space with all its weights shared: choose a subnet, run it, take it out."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from search_spaces import Architecture, InputError, OpConfig, SearchSpace
from search_spaces import Block as BlockConfig
from search_spaces.architecture import stem_side
from search_spaces.operators import Slot
from supernet.deploy import Repeated, Residual, is_empty, merge
from supernet.elastic import Elastic
from supernet.norm_bank import BatchNormBank
from supernet.operators import MODULES, Place
from supernet.parts import Switch
from supernet.primitive import Configured
from supernet.sharing import Sharing
from supernet.sharing.kernel_settings import part_settings
from supernet.sharing.norm_banks import NormBanks
from supernet.together import Channels, active_channels, masks
from supernet.union import padded, union


def _key(operator: str) -> str:
    """Return the name of an operator among modules, which have methods called ``double`` or ``type``."""
    return f"op_{operator}"


class Choice(Configured):
    """The operators of one slot, with private weights each; one is active."""

    def __init__(self, place: Place, configs: Sequence[OpConfig]):
        super().__init__()
        names = dict.fromkeys(config.op for config in configs)
        self.operators = nn.ModuleDict(
            {_key(name): MODULES[name](place, [c for c in configs if c.op == name]) for name in names}
        )
        self.active = _key(next(iter(names)))
        self._chosen: dict[str, tuple[OpConfig, int, int, int]] = {}  # what each operator was configured for

    @property
    def empty(self) -> bool:
        """Whether nothing stands in the slot now."""
        return is_empty(self.operators[self.active])

    def serving(self, operator: str) -> list[nn.Module]:
        """Return the modules of an operator."""
        return [module for key, module in self.operators.items() if key == _key(operator)]

    def forget(self) -> None:
        """Configure every operator anew when it is chosen, for parts of it were replaced."""
        self._chosen.clear()

    def configure(self, config: OpConfig, inputs: int, outputs: int, side: int) -> None:
        """Choose the operator, its configuration, the active channels and the side of the input."""
        self._configure(_key(config.op), config, inputs, outputs, side)

    def _configure(self, key: str, config: OpConfig, inputs: int, outputs: int, side: int) -> None:
        self.active = key
        if self._chosen.get(key) == (chosen := (config, inputs, outputs, side)):
            return
        operator: Any = self.operators[key]
        operator.side = side
        operator.configure(config, inputs, outputs)
        self._chosen[key] = chosen

    def forward(self, x: Tensor, *context: Any) -> Tensor:
        return self.operators[self.active](x, *context)


class PerMixer(Choice):
    """A choice of which every mixer of the block has its own, equal at the start; the active mixer's is active."""

    def __init__(self, choice: Choice, mixer: Choice):
        nn.Module.__init__(self)
        self.operators = nn.ModuleDict(
            {f"{own}_{name}": copy.deepcopy(operator)
             for own in mixer.operators for name, operator in choice.operators.items()}
        )  # fmt: skip
        self._mixer = (mixer,)  # in a tuple, for a module of the block is no module of this one
        self.active = next(iter(self.operators))
        self._chosen = {}

    def serving(self, operator: str) -> list[nn.Module]:
        """Return the modules of an operator, one for each mixer."""
        return [self.operators[f"{mixer}_{_key(operator)}"] for mixer in self._mixer[0].operators]

    def configure(self, config: OpConfig, inputs: int, outputs: int, side: int) -> None:
        """Choose the operator of the active mixer, its configuration, the active channels and the side of the input."""
        self._configure(f"{self._mixer[0].active}_{_key(config.op)}", config, inputs, outputs, side)


class Block(nn.Module):
    """Position, mixer, norm, gate and channel mixer, joined as the residual style says."""

    def __init__(self, place: Place, candidates: Mapping[Slot, Sequence[OpConfig]]):
        super().__init__()
        self.residual = Choice(place, candidates["residual"])
        self.position = Choice(place, candidates["position"])
        self.mixer = Choice(place, candidates["mixer"])
        self.norm = Choice(place, candidates["norm"])
        self.gate = Choice(place, candidates["gate"])
        self.channel_mixer = Choice(place, candidates["channel_mixer"])
        # A style with two branches has a norm before each.
        branches = max(cast(Any, style).branches for style in self.residual.operators.values())
        self.channel_norm = Choice(place, candidates["norm"]) if branches > 1 else None

    def configure(self, block: BlockConfig, width: int, side: int) -> None:
        """Choose the configuration of every slot, the active channels and the side of the maps."""
        for slot, config in block.slots().items():
            getattr(self, slot).configure(config, width, width, side)
        if self.channel_norm is not None:
            self.channel_norm.configure(block.norm, width, width, side)
        style = self._style
        style.used = 1 if self.channel_mixer.empty else style.branches

    def separate_mixers(self) -> None:
        """Give every mixer a norm, gate and channel mixer of its own."""
        for slot in ("norm", "gate", "channel_mixer", "channel_norm"):
            if (choice := getattr(self, slot)) is not None:
                setattr(self, slot, PerMixer(choice, self.mixer))

    @property
    def _style(self) -> Any:
        return self.residual.operators[self.residual.active]

    def prune(self) -> None:
        """Forget the second norm of a copy that has one branch; called before freezing."""
        self.channel_norm = self.channel_norm if self._style.used > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        if not is_empty(self.position):
            x = x + self.position(x)
        return self.residual(x, self)

    def merged(self) -> nn.Module:
        """Return the deploy form of a frozen block."""
        style: Any = self.residual
        body: nn.Module = nn.Sequential(*style.merged_block(self))
        if style.repeats > 1:
            body = Repeated(body, style.repeats)
        return body if is_empty(self.position) else nn.Sequential(Residual(None, *merge(self.position)), body)


class Stage(Configured):
    """Downsampling (where there is one) and the first ``depth`` of its blocks."""

    def __init__(self, downsample: nn.Module | None, blocks: Sequence[nn.Module]):
        super().__init__()
        self.downsample = downsample
        self.blocks = nn.ModuleList(blocks)
        self.depth = len(blocks)

    def parts(self) -> list[nn.Module]:
        """Return what is active in the order in which it runs."""
        return [*([] if self.downsample is None else [self.downsample]), *islice(self.blocks, self.depth)]

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts():
            x = part(x)
        return x


class Network(nn.Module):
    """Stem, stages, head. Frozen, it is a plain network; with elastic primitives, the body of a supernet."""

    def __init__(self, stem: nn.Module, stages: Sequence[Stage], head: nn.Module):
        super().__init__()
        self.stem = stem
        self.stages = nn.ModuleList(stages)
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Map images [N, channels, R, R] (or sequences [N, channels, 1, R]) to logits [N, classes]."""
        x = self.begin(x)
        for stage in self.stages:
            x = stage(x)
        return self.head(x)

    def begin(self, x: Tensor) -> Tensor:
        """Run the stem: images [N, channels, R, R] to channels-last maps."""
        # Twice: one-channel images have no channels-last layout that a convolution would keep.
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        return x.contiguous(memory_format=torch.channels_last)

    def parts(self) -> list[nn.Module]:
        """Return the active downsamplings and blocks of all stages in the order in which they run."""
        return [part for stage in self.stages for part in cast(Stage, stage).parts()]

    def configure(self, architecture: Architecture) -> None:
        """Choose the subnet that runs; only `Supernet` calls it."""
        body: Any = self
        width, before = architecture.stem_width, stem_side(architecture.resolution, architecture.stem)
        body.stem.side, body.head.side = architecture.resolution, architecture.sides[-1]
        body.stem.configure(architecture.stem, architecture.channels, width)
        for stage, config, side in zip(body.stages, architecture.stages, architecture.sides, strict=True):
            if config.downsample is not None:
                stage.downsample.configure(config.downsample, width, config.width, before)
            width, before = config.width, side
            stage.depth = len(config.blocks)
            for block, block_config in zip(stage.blocks, config.blocks, strict=False):
                block.configure(block_config, width, side)
        body.head.configure(architecture.head, width, architecture.classes)


class Supernet(nn.Module):
    """All networks of a space in shared weights.

    The weights are drawn from ``seed``; ``sharing`` says what subnets have of their own. Where it asks for several
    copies of the weights, ``body`` is the first and ``copies`` are the others. Outside `activate` the largest
    architecture is active. Raises InputError when the sharing does not fit the space.
    """

    def __init__(self, space: SearchSpace, seed: int = 0, sharing: Sharing | None = None):
        super().__init__()
        self.space, self.sharing = space, sharing or Sharing()
        self.router = self.sharing.copies.router(space)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.body = _build_body(space)
            self.copies = nn.ModuleList(_build_body(space) for _ in range(self.router.count - 1))
        self._banks = [_apply(self.sharing, body, space) for body in self.bodies]
        self._configured: Architecture | None = None  # what the modules are set for now
        self._configure(space.largest())

    @property
    def bodies(self) -> list[Network]:
        """Every copy of the weights."""
        return [self.body, *cast(Iterable[Network], self.copies)]

    @property
    def active(self) -> Network:
        """The copy that the active subnet uses, its modules set for it."""
        self._configure(self.architecture)
        return self.bodies[self._active]

    def forward(self, x: Tensor) -> Tensor:
        """Run the active subnet: inputs [N, *space.input_shape] to logits [N, classes]."""
        return self.active(x)

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Load weights, and what says which copy of them a subnet uses."""
        found = super().load_state_dict(state_dict, strict, assign)
        self._configured = None
        return found

    def begin_step(self, rng: np.random.Generator, done: float) -> bool:
        """Prepare a training step after the share ``done`` of the training; `end_step` has to follow.

        Returns whether the copies of the weights part here: then all of them have become equal to the first.
        """
        parts = self.router.begin(rng, done)
        self._configured = None
        if parts:
            for copied in self.copies:
                copied.load_state_dict(self.body.state_dict())
        return parts

    def end_step(self) -> None:
        """Finish a training step: subnets use the copy of the weights with which they are evaluated."""
        self.router.end()
        self._configured = None

    @contextmanager
    def activate(self, architecture: Architecture) -> Iterator[Supernet]:
        """Make ``architecture`` the active subnet inside the ``with``; the one before comes back after.

        Its modules are set again when it is used: in a training another subnet is often activated before. Raises
        InputError when the architecture is not in the supernet's space.
        """
        if architecture is not self._configured:
            self._check(architecture)
        before = self.architecture
        self._configure(architecture)
        try:
            yield self
        finally:
            self.architecture = before

    @contextmanager
    def activate_together(self, architectures: Sequence[Architecture]) -> Iterator[Supernet]:
        """Make several subnets active: the k-th of as many equal parts of a batch runs through the k-th subnet.

        Raises InputError when one is not in the supernet's space, or when they cannot run in one pass (`union`).
        """
        if self.copies:
            raise InputError("subnets of several copies of the weights cannot run in one pass: share them, copies: one")
        for architecture in architectures:
            self._check(architecture)
        before, whole = self.architecture, union(architectures)
        channels = [self._channels(padded(architecture, whole)) for architecture in architectures]
        try:
            self._configure(whole)
            with masks(channels, self._presence(architectures)):
                yield self
        finally:
            self.architecture = before

    def _check(self, architecture: Architecture) -> None:
        if not self.space.contains(architecture):
            raise InputError(f"architecture {architecture.digest[:12]} is not in the space {self.space.name}")

    def _channels(self, architecture: Architecture) -> Channels:
        """Return how many channels leave each primitive in a subnet, which is active afterwards."""
        self._configure(architecture)
        return active_channels(self.active)

    def _presence(self, architectures: Sequence[Architecture]) -> dict[nn.Module, list[bool]]:
        """Return for each active block which of the subnets have it."""
        found: dict[nn.Module, list[bool]] = {}
        for i, stage in enumerate(cast(Any, self.active).stages):
            depths = [len(architecture.stages[i].blocks) for architecture in architectures]
            found |= {block: [j < depth for depth in depths] for j, block in enumerate(stage.blocks[: max(depths)])}
        return found

    def extract(self, architecture: Architecture) -> nn.Module:
        """Return the subnet as a plain module with its own copy of the weights, in evaluation mode."""
        with self.activate(architecture):
            return freeze(self.active).eval()

    def _configure(self, architecture: Architecture) -> None:
        """Set the modules for an architecture, where they are not."""
        self.architecture = architecture
        if architecture is self._configured:
            return
        self._active, self._configured = self.router.copy_of(architecture), None
        self.bodies[self._active].configure(architecture)
        self._banks[self._active].choose(architecture)
        self._configured = architecture


def _apply(sharing: Sharing, body: Network, space: SearchSpace) -> NormBanks:
    """Give the parts of a new body what they are not to share; return what chooses among its BatchNorms."""
    if sharing.kernel_transforms or sharing.private_dilations:
        part_settings(body, space, transforms=sharing.kernel_transforms, private=sharing.private_dilations)
    if not sharing.shadow_norms:
        for module in body.modules():
            if isinstance(module, BatchNormBank):
                module.share()
    if sharing.private_blocks:
        for block in body.modules():
            if isinstance(block, Block):
                block.separate_mixers()
    banks = NormBanks(body, space, sharing.norm_banks)
    for module in body.modules():
        if isinstance(module, Choice):
            module.forget()
    return banks


def _build_body(space: SearchSpace) -> Network:
    """Build every operator of a space at its largest place."""
    space = space.at(space.resolution)
    sequence = space.layout == "sequence"
    side, width = space.stem_side, space.stem_width(max(space.stages[0].widths))
    place = Place(space.channels, width, space.stem["stride"], space.resolution, sequence)
    stem = MODULES[space.stem.op](place, [space.stem])
    stages = []
    for stage in space.stages:
        widest, down = max(stage.widths), None
        downsamples = [config for config in stage.downsamples if config is not None]
        if downsamples:
            down = Choice(Place(width, widest, stage.stride, side, sequence, between=True), downsamples)
        side, width = stage.side, widest
        place = Place(width, width, 1, side, sequence)
        depth = max(shape.depth for shape in stage.shapes())
        stages.append(Stage(down, [Block(place, stage.candidates(j)) for j in range(depth)]))
    head = MODULES[space.head.op](Place(width, space.classes, 1, side, sequence), [space.head])
    return Network(stem, stages, head)


def build(architecture: Architecture, seed: int = 0) -> nn.Module:
    """Return one network alone, freshly initialised, in evaluation mode and train form."""
    return Supernet(SearchSpace.of(architecture), seed).extract(architecture)


def freeze(module: nn.Module) -> nn.Module:
    """Return a copy in which every elastic primitive is a plain module and unused choices are gone."""
    if isinstance(module, Elastic):
        return module.frozen()
    if isinstance(module, (Choice, Switch)):
        return freeze(module.operators[module.active])
    clone = copy.copy(module)
    clone._modules = dict(module._modules)
    clone._parameters = {name: copy.deepcopy(value) for name, value in module._parameters.items()}
    clone._buffers = {name: copy.deepcopy(value) for name, value in module._buffers.items()}
    if isinstance(module, Stage):
        clone._modules["blocks"] = nn.ModuleList(list(module.blocks)[: module.depth])
    if hasattr(clone, "prune"):
        cast(Any, clone).prune()
    clone._modules = {name: child and freeze(child) for name, child in clone._modules.items()}
    return clone
