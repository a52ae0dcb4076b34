"""Checkpoints: tensors and a JSON record in one safetensors file, whole or absent, verified when read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor

from search_spaces.errors import InputError
from search_spaces.files import write_atomic

FORMAT = "nas-checkpoint/1"


class DamagedCheckpoint(InputError):
    """A checkpoint can not be read: it is missing, cut short, or not what was written."""


def previous(path: Path | str) -> Path:
    """Return where the checkpoint before the newest is kept: ``NAME.previous.safetensors``."""
    path = Path(path)
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 (hex) of names, types, shapes and values, independent of their order."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        total.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}".encode())
        total.update(tensor.numpy().tobytes())
    return total.hexdigest()


def save(path: Path | str, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> str:
    """Write a checkpoint atomically and return its digest; the one before moves to `previous`.

    Raises InputError when it can not be written (a full disk); then both stay as they were.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    digest = tensors_digest(plain)
    metadata = {"format": FORMAT, "digest": digest, "meta": json.dumps(meta)}
    write_atomic(path, lambda file: file.write(safetensors.torch.save(plain, metadata)), keep=previous(path))
    return digest


def load(path: Path | str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint: its tensors and its record. Raises DamagedCheckpoint when it is not whole."""
    if not Path(path).is_file():
        raise DamagedCheckpoint(f"no checkpoint at {path}")
    try:
        with safetensors.safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        meta = json.loads(metadata["meta"])
    except (safetensors.SafetensorError, OSError, KeyError, ValueError) as error:
        raise _corrupt(path, str(error)) from error
    if metadata.get("format") != FORMAT:
        raise _corrupt(path, f"format {metadata.get('format')!r}, expected {FORMAT!r}")
    if metadata.get("digest") != tensors_digest(tensors):
        raise _corrupt(path, "its contents do not match its digest")
    return tensors, meta


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with ``prefix``, without it."""
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def differences(found: Any, expected: Any) -> str:
    """Say how a record differs from the one that was expected."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = sorted(k for k in {*found, *expected} if found.get(k) != expected.get(k))
        return "; ".join(f"{k} was {found.get(k)!r}, now {expected.get(k)!r}" for k in keys)
    return f"was {str(found)[:12]}, now {str(expected)[:12]}"


def _corrupt(path: Path | str, why: str) -> DamagedCheckpoint:
    return DamagedCheckpoint(f"corrupt checkpoint {path}: {why}. Delete the file to train from the start.")
