"""``nas rank-check``: whether a trained supernet orders networks as training them alone does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from nas.cli.console import Narrator, fail, out
from nas.cores import idle_cores

Option = typer.Option
_SCORES = ("inherited", "macs", "params", "activations", "random")


def rank_check(
    run: Annotated[Path, typer.Argument(help="The folder of a run with a trained supernet.")],
    networks: Annotated[int, Option(help="Networks to draw and to train alone.")] = 60,
    twice: Annotated[int, Option(help="So many of them are trained with a second seed: the ceiling.")] = 12,
    standalone: Annotated[
        Path | None, Option(help="A ground truth (CSV) to take instead of drawing and training.")
    ] = None,
    epochs: Annotated[
        int | None,
        Option(help="Of each network; 8 to 20 by the number of images otherwise.", rich_help_panel="Training"),
    ] = None,
    batch_size: Annotated[int, Option(help="Images a step.", rich_help_panel="Training")] = 64,
    learning_rate: Annotated[float, Option(help="Peak, AdamW.", rich_help_panel="Training")] = 2e-3,
    cache: Annotated[
        Path | None,
        Option(help="Where trainings are kept; the folder standalone beside the run otherwise."),
    ] = None,
    seed: Annotated[int, Option(help="Equal seeds draw equal networks.", rich_help_panel="Running")] = 0,
    workers: Annotated[
        int | None,
        Option(help="Trainings at a time, each on one thread; the idle cores otherwise.", rich_help_panel="Running"),
    ] = None,
    ray_address: Annotated[str | None, Option(help="Join this Ray cluster.", rich_help_panel="Running")] = None,
    quiet: Annotated[bool, Option("--quiet", help="No narration.")] = False,
    as_json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Train a sample of networks alone and say on which dimensions the supernet's order of them can be trusted.

    Every training is kept: stopped at any moment, the same command goes on.
    """
    from nas.rank_check.check import RankSettings, check_ranking

    settings = RankSettings(
        networks, min(twice, networks), epochs, batch_size, learning_rate, seed, workers or idle_cores()
    )
    narrator = Narrator(quiet)
    try:
        result = check_ranking(run, settings, narrator, standalone=standalone, cache=cache, ray_address=ray_address)
    except KeyboardInterrupt:
        fail("interrupted. Finished trainings are kept: run the same command to go on.")
        raise typer.Exit(130) from None
    if as_json:
        print(json.dumps(result))
        return
    _show(result)
    out.print(f"written   {run / 'ranking.json'}")


def _show(result: Mapping[str, Any]) -> None:
    table = Table("pairs", "number", "supernet", *_SCORES[1:], "two seeds", box=None)
    rows = {"all": result["overall"], "equal macs": result["bands"], **result["dimensions"]}
    for name, ranking in rows.items():
        if ranking is not None:
            scores = [_interval(ranking["tau"][score]) for score in _SCORES]
            table.add_row(name, str(ranking["pairs"]), *scores, _interval(ranking["ceiling"]))
    out.print("Kendall's tau of the order, with 95 % intervals")
    out.print(table)
    for measure, title in (("spearman", "Spearman"), ("top_tau", "tau of the best quarter")):
        out.print(f"{title:<24} {_interval(result['measures']['inherited'][measure])}")
    for k in (1, 5):
        values = (result["measures"][score][f"regret@{k}"]["value"] for score in ("inherited", "random"))
        supernet, random = (f"{100 * value:.2f}" for value in values)
        out.print(f"{f'regret@{k}':<24} {supernet} points of accuracy, {random} at random")
    for sentence in result["words"]:
        out.print(sentence)


def _interval(estimate: Mapping[str, float] | None) -> str:
    return f"{estimate['value']:.2f} ({estimate['low']:.2f}, {estimate['high']:.2f})" if estimate else "-"
