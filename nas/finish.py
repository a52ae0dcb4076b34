"""The end of a search: the fronts' networks are tested, measured, registered, and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from analysis.fronts import crowding
from analysis.report import write_report
from nas.cli.console import Narrator
from nas.devices import PREDICTED, Device
from nas.front_latency import latency_facts, measure, timing
from nas.front_ties import front_ties
from nas.fronts import Front, Ranges
from nas.plan import Plan, vars_of
from nas.published_points import published_points
from nas.rank_check.summary import rank_summary
from nas.registry import Registry
from nas.run_folder import SCHEMA_VERSION, RunFolder
from nas.search.journal import Journal, write_parquet
from nas.search.problem import LATENCY, at
from nas.search.records import Evaluated
from nas.search_free import evaluate_nested, search_free_front
from predictors import price
from search_spaces.errors import InputError
from search_spaces.files import write_json_atomic
from supernet import Supernet, deploy, recalibrate
from supernet.data import Split
from supernet.evaluate import correct, in_batches

_BATCH = 256
_COUNTED = ("macs", "params", "activations", "peak_memory_bytes", "weight_bytes", "macs_per_weight_byte",
            "macs_per_activation_byte")  # fmt: skip


def finish(
    plan: Plan,
    folder: RunFolder,
    registry: Path,
    narrator: Narrator,
    supernet: Supernet,
    weights: str,
    devices: Sequence[Device],
    fronts: Sequence[Front],
    ranges: Ranges,
) -> dict[str, Any]:
    """Write evaluations.parquet, registry entries, front.json and report.html; return the content of front.json."""
    with Journal(folder.journal, weights=weights, data=plan.data.digest) as journal:
        evaluations = journal.evaluations
        write_parquet(journal, folder.path / "evaluations.parquet")
    picked = [choose_front(plan, front, front.usable(evaluations), devices[0]) for front in fronts]
    chosen = list({one.point.digest: one for each in picked for one in each}.values())
    if not chosen:
        raise InputError(f"none of the {len(evaluations)} evaluated networks meets the constraints; relax them")
    nested = evaluate_nested(plan, folder, narrator, supernet, weights, devices, evaluations)
    networks = [calibrated(plan, supernet, one) for one in chosen]
    # the only place that touches the test split
    answers = _right(plan, narrator, "testing the front", plan.data.test, chosen, networks)
    tested = [int(one.sum()) / len(one) for one in answers]
    right = _right(plan, narrator, "looking for ties", plan.data.validation, chosen, networks)
    entries = [_entry(*each) for each in zip(chosen, networks, tested, strict=True)]
    facts = {}
    for device in devices:
        compared = measure(narrator, chosen, networks, device)
        for entry, measured in zip(entries, compared.measurements if compared else [None] * len(entries), strict=True):
            entry.update(device.named(timing(measured)))
        facts[device.name] = latency_facts(plan, narrator, device, compared)
    _register(plan, folder, registry, networks, chosen, entries, weights, devices)
    written = {
        front.device: _front(front, evaluations, nested, [(entries[i], right[i]) for i in map(chosen.index, each)])
        for front, each in zip(fronts, picked, strict=True)
    }
    content = {
        "schema_version": SCHEMA_VERSION,
        "run": folder.name,
        **written.get("", {"fronts": written}),
        "ranges": {name: list(ends) for name, ends in ranges.items()},
        "evaluations": sum(one.status != "screened" for one in evaluations),
        "screened": sum(one.status == "screened" for one in evaluations),
        "seconds": narrator.seconds,
        **({"latency": facts[""]} if "" in facts else {"devices": facts}),
        "rank_check": rank_summary(folder),
        "published": published_points(plan.space, plan.table, devices),
    }
    write_json_atomic(folder.front, content)
    write_report(folder.path)
    return content


def _front(
    front: Front,
    evaluations: Sequence[Evaluated],
    nested: Sequence[Evaluated],
    chosen: Sequence[tuple[Mapping[str, Any], Tensor]],
) -> dict[str, Any]:
    """Return what front.json says of one front, with its entries and the images that each gets right."""
    entries, right = [entry for entry, _ in chosen], [images for _, images in chosen]
    ties = front_ties(front.problem.objectives, entries, right) if entries else []
    usable = front.usable(evaluations)
    trace = front.trace(usable)
    volume = trace[-1] if trace else 0.0
    return {
        "objectives": [vars_of(objective) for objective in front.problem.objectives],
        "constraints": [constraint.text for constraint in front.problem.constraints],
        "reference_point": dict(front.reference),
        "hypervolume": volume,
        "hypervolume_share": volume / front.box,
        "hypervolume_trace": trace,
        "search_free": search_free_front(front, nested),
        "front_size": len(front.best(usable)),
        "entries": [{**entry, "tied_with": digests} for entry, digests in zip(entries, ties, strict=True)],
    }


def choose_front(plan: Plan, front: Front, usable: Sequence[Evaluated], first: Device) -> list[Evaluated]:
    """Return at most ``--front`` networks that no other dominates: the extremes, then the least crowded.

    They come in the order of their latency, on the first device where the front is of several.
    """
    best = front.best(usable)
    while len(best) > plan.settings.front:
        kept = np.array([front.problem.values(one.metrics) for one in best])
        del best[int(np.argmin(crowding(kept)))]
    return sorted(best, key=lambda one: one.metrics[at(LATENCY, front.device or first.name)])


def calibrated(plan: Plan, supernet: Supernet, one: Evaluated) -> nn.Module:
    """Return the network with inherited weights and its own BatchNorm statistics."""
    network = supernet.extract(one.point)
    images = plan.data.recalibration_images(plan.settings.recalibration_images)
    recalibrate(network, in_batches(images, plan.data.normalise, _BATCH, one.point.resolution))
    return network


def _right(
    plan: Plan, narrator: Narrator, what: str, split: Split, chosen: Sequence[Evaluated], networks: Sequence[nn.Module]
) -> list[Tensor]:
    """Return which images of a split each network gets right; ``what`` is the name of the phase."""
    found = []
    with narrator.phase(what, len(networks)) as phase:
        for done, (one, network) in enumerate(zip(chosen, networks, strict=True), start=1):
            batches = in_batches(split.images, plan.data.normalise, _BATCH, one.point.resolution)
            found.append(correct(network, batches, split.labels))
            phase.update(done)
    return found


def _entry(one: Evaluated, network: nn.Module, score: float) -> dict[str, Any]:
    costs = price(deploy(network), one.point.input_shape)
    return {
        "digest": one.point.digest,
        "architecture": one.point.to_dict(),
        "accuracy": one.metrics["accuracy"],
        "accuracy_test": score,
        **{name: value for name, value in one.metrics.items() if name.partition("@")[0] in PREDICTED},
        **{name: getattr(costs, name) for name in _COUNTED},
    }


def _register(
    plan: Plan,
    folder: RunFolder,
    root: Path,
    networks: Sequence[nn.Module],
    chosen: Sequence[Evaluated],
    entries: Sequence[dict[str, Any]],
    weights: str,
    devices: Sequence[Device],
) -> None:
    """Register each network under the run's name; one that an earlier try registered is kept."""
    registry = Registry(root)
    lineage = {
        "run": folder.name,
        "space": {"name": plan.space.name, "scale": plan.space.scale, "digest": plan.space.digest},
        "supernet": weights,
        "seed": plan.settings.seed,
        "data": plan.data_config(),
        **_keys(devices),
    }
    data = {"classes": list(plan.data.classes), "mean": list(plan.data.mean), "std": list(plan.data.std)}
    for number, (network, one, entry) in enumerate(zip(networks, chosen, entries, strict=True), start=1):
        name = f"{folder.name}-{number:02d}"
        metrics = {k: v for k, v in entry.items() if k not in ("digest", "architecture")}
        registered = registry.find(name, one.point.digest, lineage["supernet"])
        if registered is None:
            registered = registry.register(name, network, one.point, metrics, lineage, data)
        entry["registry"] = registered.ref


def _keys(devices: Sequence[Device]) -> dict[str, Any]:
    """Return under what the latencies of an entry were measured: its device, or its devices by name."""
    keys = {device.name: device.profile.key.to_dict() for device in devices}
    return {"device": keys[""]} if "" in keys else {"devices": keys}
