"""How often each choice of a space was trained: the exposure that a ranking may depend on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from search_spaces import Architecture, OpConfig, SearchSpace

_PARAMETERS = {"mixer": ("kernel", "dilation"), "channel_mixer": ("expansion",)}


class Exposure:
    """Counts by choice, such as ``{"stage2/kernel=7": 40}``; a choice that was never trained stands at 0.

    Per stage: depth and width once a subnet; mixer, kernel, dilation and expansion once a block.
    """

    def __init__(self, space: SearchSpace):
        self.counts = dict.fromkeys(_choices(space), 0)

    def add(self, architectures: Iterable[Architecture]) -> None:
        """Count the choices of the networks that a step has trained."""
        for architecture in architectures:
            for number, stage in enumerate(architecture.stages, start=1):
                where = f"stage{number}"
                self.counts[f"{where}/depth={len(stage.blocks)}"] += 1
                self.counts[f"{where}/width={stage.width}"] += 1
                for block in stage.blocks:
                    for slot in _PARAMETERS:
                        for key in _names(where, slot, getattr(block, slot)):
                            self.counts[key] += 1


def _choices(space: SearchSpace) -> Iterator[str]:
    """Yield the names of all choices of a space."""
    for number, stage in enumerate(space.at(space.resolution).stages, start=1):
        where = f"stage{number}"
        shapes = list(stage.shapes())
        yield from (f"{where}/depth={depth}" for depth in sorted({shape.depth for shape in shapes}))
        yield from (f"{where}/width={width}" for width in sorted({shape.width for shape in shapes}))
        for block in range(max(shape.depth for shape in shapes)):
            candidates = stage.candidates(block)
            for slot in _PARAMETERS:
                for config in candidates[slot]:  # type: ignore[index]
                    yield from _names(where, slot, config)


def _names(where: str, slot: str, config: OpConfig) -> Iterator[str]:
    """Yield the names of what one operator of a block chooses."""
    if slot == "mixer":
        yield f"{where}/mixer={config.op}"
    yield from (f"{where}/{name}={value}" for name, value in config.params if name in _PARAMETERS[slot])
