"""BatchNorms of their own for each value of a dimension (switchable BatchNorm, arXiv:1812.08928)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import product
from typing import Any, cast

from torch import nn

from search_spaces import Architecture, InputError, OpConfig, SearchSpace
from search_spaces.errors import nearest
from search_spaces.operators import BLOCK_SLOTS, Slot
from search_spaces.stage import rule_names, rule_values
from supernet.elastic import ElasticBatchNorm2d
from supernet.norm_bank import BatchNormBank

_SIZES = ("width", "depth", "resolution")
_SLOTS: tuple[Slot, ...] = ("downsample", *BLOCK_SLOTS)
Values = dict[str, set[Any]]  # what a name can be in some place
Part = tuple[str | int, ...]  # ("stem",), ("head",), (stage,) for its downsampling, (stage, block)


def check_names(names: Sequence[str]) -> None:
    """Raise InputError for a name that no place of a network has a value for."""
    known = [*_SIZES, *sorted({name for slot in _SLOTS for name in rule_names(slot)})]
    for name in names:
        if name not in known:
            raise InputError(f"norm_banks: {name!r} is unknown{nearest(name, known)}")


class NormBanks:
    """Puts a bank in the place of every BatchNorm of a network's body, and chooses in them.

    ``names`` are those of rules. A BatchNorm inside an operator has only the values that its operator can have, so the
    name of a slot (``mixer``) makes no second BatchNorm in the operators of that slot.
    """

    def __init__(self, body: Any, space: SearchSpace, names: Sequence[str]):
        self.names = tuple(names)
        self.banks: dict[Part, list[BatchNormBank]] = {}
        if names:
            self._fill_body(body, space)

    def _fill_body(self, body: Any, space: SearchSpace) -> None:
        space = space.at(space.resolution)
        sizes: Values = {"resolution": set(space.resolutions)}
        self._fill(("stem",), body.stem, {**sizes, "width": {space.stem_width(w) for w in space.stages[0].widths}})
        for stage, choices in zip(body.stages, space.stages, strict=True):
            sizes |= {"width": set(choices.widths), "depth": set(choices.depths)}
            downs = [config for config in choices.downsamples if config is not None]
            if downs:
                self._fill_choice((choices.index,), stage.downsample, sizes, {"downsample": downs}, "downsample")
            for j, block in enumerate(stage.blocks):
                slots = {"downsample": downs, **choices.candidates(j)}
                for name, choice in block.named_children():
                    slot = "norm" if name == "channel_norm" else name
                    self._fill_choice((choices.index, j), choice, sizes, slots, slot)
        self._fill(("head",), body.head, sizes)

    def _fill_choice(
        self, part: Part, choice: Any, sizes: Values, slots: Mapping[str, Sequence[OpConfig]], own: str
    ) -> None:
        """Fill the operators of one slot (``own``) of a place whose slots have these configurations."""
        for name in dict.fromkeys(config.op for config in slots[own]):
            mine = [config for config in slots[own] if config.op == name]
            for operator in choice.serving(name):
                self._fill(part, operator, {**sizes, **_slot_values({**slots, own: mine})})

    def _fill(self, part: Part, module: nn.Module, values: Values) -> None:
        """Replace every BatchNorm inside a module by one for each combination of the values."""
        options = [sorted(values.get(name, {None}), key=str) for name in self.names]
        keys = [_key(self.names, chosen) for chosen in product(*options)]
        for parent, name, norm in list(_norms(module)):
            bank = BatchNormBank({key: deepcopy(norm) for key in keys})
            parent._modules[name] = bank
            self.banks.setdefault(part, []).append(bank)

    def choose(self, architecture: Architecture) -> None:
        """Choose in every bank what belongs to an architecture."""
        for part, values in _parts(architecture) if self.banks else ():
            for bank in self.banks.get(part, ()):
                key = _key(self.names, [values.get(name) for name in self.names])
                if key in bank.norms:  # the banks of operators that are not active have other keys
                    bank.active = key


def _slot_values(slots: Mapping[str, Sequence[OpConfig]]) -> Values:
    """Return what each name can be; None where a configuration of its slot does not have it."""
    found: Values = {}
    for slot, configs in slots.items():
        named = [rule_values(cast(Slot, slot), config) for config in configs]
        for name in {name for values in named for name in values}:
            found.setdefault(name, set()).update(values.get(name) for values in named)
    return found


def _norms(module: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    """Yield every BatchNorm inside a module with its parent and its name there."""
    for parent in module.modules():
        for name, child in parent._modules.items():
            if isinstance(child, ElasticBatchNorm2d):
                yield parent, name, child


def _parts(architecture: Architecture) -> Iterable[tuple[Part, dict[str, Any]]]:
    """Yield the values of the names in every place of a network."""
    sizes: dict[str, Any] = {"resolution": architecture.resolution}
    yield ("stem",), {**sizes, "width": architecture.stem_width}
    for i, stage in enumerate(architecture.stages):
        sizes |= {"width": stage.width, "depth": len(stage.blocks)}
        values = sizes if stage.downsample is None else {**sizes, **rule_values("downsample", stage.downsample)}
        yield (i,), values
        for j, block in enumerate(stage.blocks):
            for slot, config in block.slots().items():
                values = {**values, **rule_values(slot, config)}
            yield (i, j), values
    yield ("head",), sizes


def _key(names: Sequence[str], values: Sequence[Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in zip(names, values, strict=True)).replace(".", "p")
