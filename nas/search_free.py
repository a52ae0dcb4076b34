"""The front that needs no search: nested subnets from small to large, evaluated as the search evaluates."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from nas.cli.console import Narrator
from nas.devices import Device
from nas.fronts import Front
from nas.plan import Plan
from nas.run_folder import RunFolder
from nas.search.evaluate import EvaluationInputs, Evaluator
from nas.search.journal import Journal
from nas.search.records import Evaluated
from search_spaces import Architecture
from search_spaces.ladders import nested
from supernet import Supernet

_NETWORKS = 8  # what is compared costs as much as so many evaluations of the search


def evaluate_nested(
    plan: Plan,
    folder: RunFolder,
    narrator: Narrator,
    supernet: Supernet,
    weights: str,
    devices: Sequence[Device],
    evaluations: Sequence[Evaluated],
) -> list[Evaluated]:
    """Return the nested subnets of the space with their metrics, from small to large.

    They are kept in ``nested.jsonl`` as they end, so none is evaluated twice, nor one that the search evaluated.
    """
    networks = nested(plan.space, _NETWORKS)
    with Journal(folder.nested, weights=weights, data=plan.data.digest) as journal:
        known = {one.point.digest: one for one in [*evaluations, *journal.evaluations] if one.status != "screened"}
        wanted = [network for network in networks if network.digest not in known]
        if wanted:
            prices = _prices(plan, devices, wanted)
            evaluator = Evaluator(EvaluationInputs.of(supernet, plan.data, plan.settings.recalibration_images))
            with narrator.phase("evaluating without a search", len(wanted)) as phase:
                for done, (network, metrics) in enumerate(zip(wanted, prices, strict=True), start=1):
                    one = _evaluated(len(journal), network, metrics, evaluator)
                    journal.append(one)
                    known[network.digest] = one
                    phase.update(done)
    return [known[network.digest] for network in networks]


def search_free_front(front: Front, found: Sequence[Evaluated]) -> dict[str, Any]:
    """Return what front.json says of them beside a front: those that meet its constraints, with their hypervolume."""
    return {
        "hypervolume": front.volume(found),
        "networks": [
            {"digest": one.point.digest, "architecture": one.point.to_dict(), **one.metrics}
            for one in front.usable(found)
        ],
    }


def _prices(plan: Plan, devices: Sequence[Device], networks: Sequence[Architecture]) -> list[dict[str, float]]:
    """Return the metrics that need no evaluation, as the search knows them."""
    times = {name: column.tolist() for device in devices for name, column in device.predict(networks).items()}
    return [
        {**{name: column[i] for name, column in times.items()}, **plan.table.price(network)}
        for i, network in enumerate(networks)
    ]


def _evaluated(index: int, network: Architecture, metrics: Mapping[str, float], evaluator: Evaluator) -> Evaluated:
    """Return an evaluation of the network; one whose outputs are not finite has failed, as in the search."""
    started = time.monotonic()
    try:
        metrics, error = {**metrics, **evaluator.evaluate(network)}, None
    except FloatingPointError as problem:
        error = f"{type(problem).__name__}: {problem}"
    seconds = round(time.monotonic() - started, 3)
    return Evaluated(index, network, "nested", "ok" if error is None else "failed", error, metrics, seconds)
