"""The supernet that a training's configuration or its checkpoint describes."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from search_spaces import InputError, SearchSpace
from supernet import checkpoint
from supernet.network import Supernet
from supernet.sharing import Sharing
from supernet.training.config import TrainConfig
from supernet.training.method import parse_method


def new_supernet(space: SearchSpace, config: TrainConfig) -> Supernet:
    """Return the untrained supernet of a space as a configuration wants it. Raises InputError when it does not fit."""
    return Supernet(space, config.seed, config.method.sharing)


def load_supernet(space: SearchSpace, path: Path | str) -> Supernet:
    """Return the supernet of a finished training, which shares its weights as it was trained.

    Raises InputError for a checkpoint that is damaged, unfinished or of another space.
    """
    tensors, sharing = _finished(path, space)
    supernet = Supernet(space, sharing=sharing)
    supernet.load_state_dict(tensors)
    return supernet


def load_weights(supernet: Supernet, path: Path | str) -> None:
    """Load the weights of a finished training into a supernet. Raises InputError when they do not fit."""
    tensors, sharing = _finished(path, supernet.space)
    if sharing != supernet.sharing:
        different = checkpoint.differences(sharing.to_dict(), supernet.sharing.to_dict())
        raise InputError(f"checkpoint {path} is of another sharing: {different}")
    supernet.load_state_dict(tensors)


def _finished(path: Path | str, space: SearchSpace) -> tuple[dict[str, Tensor], Sharing]:
    """Return the weights of a finished training in a space, and how they are shared."""
    tensors, meta = checkpoint.load(path)
    if meta.get("space") != space.digest:
        raise InputError(f"checkpoint {path} is of another space than {space.name}")
    if meta.get("step") != meta.get("steps"):
        done = f"{meta.get('step')} of {meta.get('steps')} steps"
        raise InputError(f"checkpoint {path} is of an unfinished training ({done}); finish it with --resume")
    method = parse_method(meta["training"]["method"], f"checkpoint {path}")
    return checkpoint.part(tensors, "model."), method.sharing
