"""Transforms and taps of their own for the settings (kernel, dilation) of elastic convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from search_spaces import OpConfig, SearchSpace
from supernet.kernels import ElasticKernel, Setting


def part_settings(body: Any, space: SearchSpace, *, transforms: bool, private: bool) -> None:
    """Give the settings that a convolution can have in a space what they are not to share.

    A convolution that has one setting is left as it is.
    """
    for convolution, settings in _settings(body, space).items():
        if len(settings) > 1:
            if private:
                convolution.separate(list(settings))
            if transforms:
                convolution.transform(list(settings))


def _settings(body: Any, space: SearchSpace) -> dict[ElasticKernel, dict[Setting, None]]:
    """Return the settings of each convolution, found by configuring every operator in every way."""
    found: dict[ElasticKernel, dict[Setting, None]] = {}
    for choice, config, inputs, outputs, side in _every_configuration(body, space):
        choice.configure(config, inputs, outputs, side)
        for convolution in _convolutions(choice.operators[choice.active]):
            found.setdefault(convolution, {})[convolution.setting] = None
    return found


def _every_configuration(body: Any, space: SearchSpace) -> Iterator[tuple[Any, OpConfig, int, int, int]]:
    """Yield each choice of a network's body with a configuration, its widest inputs and outputs and its side."""
    space = space.at(space.resolution)
    side, width = space.stem_side, space.stem_width(max(space.stages[0].widths))
    for stage, choices in zip(body.stages, space.stages, strict=True):
        widest = max(choices.widths)
        for config in choices.downsamples:
            if config is not None:
                yield stage.downsample, config, width, widest, side
        side, width = choices.side, widest
        for j, block in enumerate(stage.blocks):
            for slot, configs in choices.candidates(j).items():
                for config in configs:
                    yield getattr(block, slot), config, width, width, side


def _convolutions(module: nn.Module) -> Iterator[ElasticKernel]:
    for child in module.modules():
        if isinstance(child, ElasticKernel) and child.shares_taps:
            yield child
