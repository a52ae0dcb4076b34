"""``nas profile import``: a table that was measured elsewhere becomes a profile."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nas.cli.console import out
from nas.settings import DATA_HELP
from search_spaces.errors import InputError

Option = typer.Option


def import_(
    table: Annotated[
        Path, typer.Argument(help="CSV (architecture or digest, ms) or an OFA look-up table of blocks (.yaml).")
    ],
    out_path: Annotated[Path, Option("--out", help="The profile.")],
    space: Annotated[str, Option(help="A shipped space, or the path of a space file.")] = "lk_convnet",
    data: Annotated[str, Option(help=f"Its images have the size that was measured. {DATA_HELP}")] = "digits",
    data_dir: Annotated[str | None, Option(help="Folder of the files of mnist or cifar10.")] = None,
    scale: Annotated[str | None, Option(help="Scale of the space.")] = None,
    device_name: Annotated[str, Option(help="What was measured, for the record.")] = "device",
    batch: Annotated[int, Option(min=1, help="Images a call.")] = 1,
    threads: Annotated[int, Option(min=1, help="Threads.")] = 1,
    architectures: Annotated[
        Path | None, Option(help="Folder of architecture files, such as a registry, that digests refer to.")
    ] = None,
) -> None:
    """Make a profile of a table of milliseconds: of whole networks (CSV), or of blocks (YAML of Once-for-All)."""
    from nas.space_for import space_for
    from predictors import DeviceKey, LatencyPredictor
    from predictors.imported import import_table, known_architectures
    from supernet.data import load_data

    if out_path.exists():
        raise InputError(f"{out_path} exists already: choose another --out")
    wanted = space_for(load_data(data, data_dir), space, scale)
    key = DeviceKey(device_name, "table", table.suffix.removeprefix("."), "", "", batch, threads, "")
    known = {} if architectures is None else known_architectures(architectures)
    profile = import_table(table, wanted, key, known)
    predictor = LatencyPredictor.fit(wanted, profile)
    profile.save(out_path)
    scores = predictor.cross_validation
    error = 100 * scores["mape" if profile.records else "block_mape"]
    out.print(f"profile   {out_path}: {len(profile.records)} networks, {len(profile.blocks)} blocks; cross-validated "
              f"mean error {error:.1f} %")  # fmt: skip
    if not profile.records:
        out.print("no whole network was measured: one is taken for the sum of its blocks, with a wide interval")
    if unmeasured := predictor.unmeasured():
        out.print(f"not in the table: {', '.join(unmeasured)}; priced by their work, with a wider interval")
