"""What networks that begin alike compute once: the outputs of their first parts, batch by batch.

Two subnets with the same stem and first blocks do the same sums in them on the same batch, and recalibrated BatchNorms
get the same statistics there. The second network takes what the first one has computed: its own would be the same bits.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from search_spaces import Architecture
from supernet.checkpoint import tensors_digest
from supernet.evaluate import recalibrate
from supernet.network import Network

_PARTS = 4  # the stem and what follows it; later ones are seldom equal

Statistics = list[tuple[Tensor, Tensor]]  # mean and variance [C] of each BatchNorm


@dataclass(eq=False)
class Prefix:
    """The first parts of a network: their outputs by batch, and their BatchNorms' statistics once recalibrated."""

    outputs: dict[Hashable, Tensor] = field(default_factory=dict)
    statistics: Statistics | None = None


class Prefixes:
    """Prefixes with outputs of at most ``limit`` bytes in all; those that were used longest ago make room."""

    def __init__(self, limit: int):
        self.limit, self.used = limit, 0
        self._kept: OrderedDict[Hashable, Prefix] = OrderedDict()

    @property
    def keys(self) -> list[Hashable]:
        """What is kept, that which was used longest ago first."""
        return list(self._kept)

    def open(self, key: Hashable) -> None:
        """Begin a prefix anew."""
        self._drop(key)
        self._kept[key] = Prefix()

    def close(self, key: Hashable, statistics: Statistics) -> None:
        """Complete a prefix, so that others may use it; one without outputs is of no use."""
        prefix = self._kept.get(key)
        if prefix is not None and prefix.outputs:
            prefix.statistics = statistics
        else:
            self._drop(key)

    def get(self, key: Hashable) -> Prefix | None:
        """Return a complete prefix."""
        found = self._kept.get(key)
        return None if found is None or found.statistics is None else found

    def touch(self, key: Hashable) -> None:
        """Note that a prefix was used."""
        self._kept.move_to_end(key)

    def add(self, key: Hashable, batch: Hashable, output: Tensor) -> None:
        """Keep an output of a prefix that is there and does not have it."""
        prefix = self._kept.get(key)
        if prefix is None or batch in prefix.outputs:
            return
        prefix.outputs[batch] = output
        self.used += output.nbytes
        while self.used > self.limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        prefix = self._kept.pop(key, Prefix())
        self.used -= sum(output.nbytes for output in prefix.outputs.values())


class Shared(nn.Module):
    """A frozen network that runs on batches by name and shares what it begins with.

    ``images`` gives the images [N,C,R,R] of a batch, the same ones in all networks of the same ``prefixes``.
    ``batches`` is how many there are: a prefix of which all outputs together would not find room keeps none.
    """

    def __init__(
        self,
        network: Network,
        architecture: Architecture,
        images: Callable[[Any], Tensor],
        batches: int,
        prefixes: Prefixes,
    ):
        super().__init__()
        self.network, self.images, self.batches, self.prefixes = network, images, batches, prefixes
        self._chain: list[Callable[[Tensor], Tensor]] = [network.begin, *network.parts()]
        self._keys = _keys(network, architecture)

    def recalibrate(self, batches: Iterable[Hashable]) -> None:
        """Replace BatchNorm statistics by the mean over ``batches``, the same ones for all networks."""
        keys, prefixes = self._keys, self.prefixes
        known = next((i for i in reversed(range(len(keys))) if prefixes.get(keys[i])), -1)
        begun = prefixes.get(keys[known]) if known >= 0 else None
        for key in reversed(keys[known + 1 :]):  # the longest, which fewest share, makes room first
            prefixes.open(key)
        if begun is not None:
            prefixes.touch(keys[known])
        recalibrate(self, batches)
        if begun is not None:
            for norm, (mean, variance) in zip(self._norms(known), begun.statistics or (), strict=True):
                norm.running_mean.copy_(mean)
                norm.running_var.copy_(variance)
        for i in range(known + 1, len(keys)):
            prefixes.close(keys[i], [(norm.running_mean, norm.running_var) for norm in self._norms(i)])

    def forward(self, batch: Hashable) -> Tensor:
        """Return the logits [N, classes] of a batch."""
        behind, x = self._furthest(batch)
        for i, part in enumerate(self._chain[behind:], start=behind):
            x = part(x)
            if i < len(self._keys) and x.nbytes * self.batches <= self.prefixes.limit:
                self.prefixes.add(self._keys[i], batch, x)
        return self.network.head(x)

    def _furthest(self, batch: Hashable) -> tuple[int, Tensor]:
        """Return how many parts need not run on a batch, and what comes out of them; none: 0 and the images."""
        for i in reversed(range(len(self._keys))):
            prefix = self.prefixes.get(self._keys[i])
            if prefix is not None and batch in prefix.outputs:
                return i + 1, prefix.outputs[batch]
        return 0, self.images(batch)

    def _norms(self, last: int) -> list[Any]:
        """Return the BatchNorms of the parts up to the one of this number."""
        parts = [self.network.stem, *self.network.parts()][: last + 1]
        return [norm for part in parts for norm in part.modules() if isinstance(norm, nn.BatchNorm2d)]


def _keys(network: Network, architecture: Architecture) -> list[Hashable]:
    """Return for each of the first parts what its output depends on beside the batch.

    That is what this part and those before it are configured for, and their weights, in which sharing (copies of the
    weights, banks of norms) may follow from later parts too.
    """
    a = architecture
    configs: list[Hashable] = [(a.channels, a.resolution, a.layout, a.stem, a.stem_width)]
    for stage in a.stages:
        configs += [] if stage.downsample is None else [(stage.width, stage.stride, stage.downsample)]
        configs += stage.blocks
    parts = list(zip(configs, [network.stem, *network.parts()], strict=True))[:_PARTS]
    own = [(config, tensors_digest(part.state_dict())) for config, part in parts]
    return [tuple(own[: i + 1]) for i in range(len(own))]
