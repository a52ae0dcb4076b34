"""``nas export``: a registered network as ONNX or as a PyTorch program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nas.cli.console import out
from search_spaces.errors import InputError


def export(
    entry: Annotated[str, typer.Argument(help="name, name/version, name@alias or digest.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="ONNX, checked by onnxruntime.")] = False,
    torch_: Annotated[bool, typer.Option("--torch", help="A .pt2 program that torch alone loads.")] = False,
    file: Annotated[Path | None, typer.Option("--to", help="Where; the entry's name otherwise.")] = None,
    registry: Annotated[Path, typer.Option(help="Folder of the registry.")] = Path("registry"),
) -> None:
    """Write the merged network of an entry with a dynamic batch size; the outputs are compared first."""
    if onnx == torch_:
        raise InputError("say which: --onnx or --torch")
    from nas.export import export_onnx, export_torch
    from nas.registry import Registry

    found = Registry(registry).get(entry)
    path = file or Path(found.ref.replace("/", "-") + (".onnx" if onnx else ".pt2"))
    error = (export_onnx if onnx else export_torch)(found, path)
    out.print(f"{path}: largest difference from PyTorch {error:.1e}")
