"""Weights of pytorch-image-models (timm) in our networks: one file a family, found by name.

A family has ``MODELS`` (timm's model name to our published network) and ``weights(state, architecture)``, which
returns the state dict of our network in train form.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping

from torch import Tensor

from search_spaces import Architecture, InputError
from search_spaces.errors import nearest
from search_spaces.published import load_published

State = Mapping[str, Tensor]
Convert = Callable[[State, Architecture], dict[str, Tensor]]


def _discover() -> dict[str, tuple[str, Convert]]:
    found: dict[str, tuple[str, Convert]] = {}
    for info in pkgutil.iter_modules(__path__):
        if not info.name.startswith("_"):
            family = importlib.import_module(f"{__name__}.{info.name}")
            found |= {timm_name: (name, family.weights) for timm_name, name in family.MODELS.items()}
    return found


SUPPORTED: dict[str, tuple[str, Convert]] = _discover()


def architecture_of(timm_name: str) -> Architecture:
    """Return our architecture of a timm model. Raises InputError with the nearest supported name."""
    plain = timm_name.partition(".")[0]  # timm writes the weights' tag after a point
    if plain not in SUPPORTED:
        raise InputError(f"timm model {timm_name!r} is not supported{nearest(plain, SUPPORTED)}")
    return load_published(SUPPORTED[plain][0])


def convert(timm_name: str, state: State) -> dict[str, Tensor]:
    """Return timm's weights under the names and shapes of our network.

    Raises InputError for a model that is not supported, and for weights that are not those of the model.
    """
    architecture = architecture_of(timm_name)
    try:
        return SUPPORTED[timm_name.partition(".")[0]][1](state, architecture)
    except (KeyError, RuntimeError) as error:
        raise InputError(f"these are not the weights of timm's {timm_name}: {error}") from error
