"""The end of a search: the front's networks are tested, measured, registered, and written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from analysis.fronts import crowding, hypervolume_trace, non_dominated
from analysis.held import Held
from analysis.report import write_report
from nas.cli.console import Narrator
from nas.front_ties import front_ties
from nas.plan import Plan
from nas.published_points import published_points
from nas.rank_check.summary import rank_summary
from nas.reference import box_volume
from nas.registry import Registry
from nas.run_folder import SCHEMA_VERSION, RunFolder
from nas.search.journal import Journal, write_parquet
from nas.search.records import Evaluated
from nas.search_free import evaluate_nested, search_free_front
from predictors import Comparison, DeviceProfile, LatencyPredictor, Measurement, measure_beside, price
from predictors.backends import backend_of
from predictors.held_out import LEAST, held_out
from search_spaces.errors import InputError
from search_spaces.files import write_json_atomic
from supernet import Supernet, accuracy, deploy, recalibrate
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
    profile: DeviceProfile,
    predictor: LatencyPredictor,
    reference: Mapping[str, float],
) -> dict[str, Any]:
    """Write evaluations.parquet, registry entries, front.json and report.html; return the front's content."""
    with Journal(folder.journal, weights=weights, data=plan.data.digest) as journal:
        evaluations = journal.evaluations
        write_parquet(journal, folder.path / "evaluations.parquet")
    usable = [e for e in evaluations if e.ok and plan.problem.feasible(e.metrics)]
    if not usable:
        raise InputError(f"none of the {len(evaluations)} evaluated networks meets the constraints; relax them")
    unsearched = evaluate_nested(plan, folder, narrator, supernet, weights, predictor, evaluations)
    chosen = choose_front(plan, usable)
    networks = [calibrated(plan, supernet, one) for one in chosen]
    tested = _test(plan, narrator, chosen, networks)
    right = _search_split(plan, narrator, chosen, networks)
    compared = _measure(plan, narrator, chosen, networks, profile)
    timings = [None] * len(chosen) if compared is None else compared.measurements
    entries = [
        _entry(plan, one, network, score, timing)
        for one, network, score, timing in zip(chosen, networks, tested, timings, strict=True)
    ]
    _register(plan, folder, registry, networks, chosen, entries, weights, profile)
    for entry, digests in zip(entries, front_ties(plan.problem.objectives, entries, right), strict=True):
        entry["tied_with"] = digests
    values = [plan.problem.values(one.metrics) for one in usable]
    trace = hypervolume_trace(values, plan.problem.directions, [reference[n] for n in plan.problem.names])
    front = {
        "schema_version": SCHEMA_VERSION,
        "run": folder.name,
        "objectives": [{"name": o.name, "direction": o.direction, "unit": o.unit} for o in plan.problem.objectives],
        "constraints": [c.text for c in plan.problem.constraints],
        "reference_point": dict(reference),
        "hypervolume": float(trace[-1]),
        "hypervolume_share": float(trace[-1]) / box_volume(plan, reference, predictor.range()[0]),
        "hypervolume_trace": [float(value) for value in trace],
        "search_free": search_free_front(plan, unsearched, reference),
        "evaluations": len(evaluations),
        "front_size": int(non_dominated(values, plan.problem.directions).sum()),
        "seconds": narrator.seconds,
        "latency": {
            "key": profile.key.to_dict(),
            "cross_validation": dict(predictor.cross_validation),
            "ladder": dict(predictor.ladder),
            "drift": None if compared is None else compared.to_dict(),
            "held_out": _held_out(plan, narrator, profile),
        },
        "rank_check": rank_summary(folder),
        "entries": entries,
        "published": published_points(plan.space, plan.table, predictor),
    }
    write_json_atomic(folder.front, front)
    write_report(folder.path)
    return front


def _held_out(plan: Plan, narrator: Narrator, profile: DeviceProfile) -> list[dict[str, Any]]:
    """Return the profile's networks as predicted from others, for the report; none where they are too few."""
    if len(profile.records) < LEAST:
        return []
    with narrator.phase("judging the latency predictor", 1) as phase:
        predicted = held_out(plan.space, profile)
        phase.update(1)
    found = []
    for record, mean, sd in zip(profile.records, *predicted, strict=True):
        macs, network = plan.table.price(record.architecture)["macs"], record.architecture
        found.append(Held.of(network, macs, record.measurement.median_ms, float(mean), float(sd)).to_dict())
    return found


def choose_front(plan: Plan, usable: Sequence[Evaluated]) -> list[Evaluated]:
    """Return at most ``--front`` networks that no other dominates: the extremes, then the least crowded."""
    values = np.array([plan.problem.values(one.metrics) for one in usable])
    best = [one for one, keep in zip(usable, non_dominated(values, plan.problem.directions), strict=True) if keep]
    while len(best) > plan.settings.front:
        kept = np.array([plan.problem.values(one.metrics) for one in best])
        del best[int(np.argmin(crowding(kept)))]
    return sorted(best, key=lambda one: one.metrics["latency_ms"])


def calibrated(plan: Plan, supernet: Supernet, one: Evaluated) -> nn.Module:
    """Return the network with inherited weights and its own BatchNorm statistics."""
    network = supernet.extract(one.point)
    images = plan.data.recalibration_images(plan.settings.recalibration_images)
    recalibrate(network, in_batches(images, plan.data.normalise, _BATCH, one.point.resolution))
    return network


def _test(plan: Plan, narrator: Narrator, chosen: Sequence[Evaluated], networks: Sequence[nn.Module]) -> list[float]:
    """Return test accuracies. This is the only place that touches the test split."""
    scores, test = [], plan.data.test
    with narrator.phase("testing the front", len(networks)) as phase:
        for done, (one, network) in enumerate(zip(chosen, networks, strict=True), start=1):
            side = one.point.resolution
            scores.append(accuracy(network, test.images, test.labels, plan.data.normalise, _BATCH, side))
            phase.update(done)
    return scores


def _search_split(
    plan: Plan, narrator: Narrator, chosen: Sequence[Evaluated], networks: Sequence[nn.Module]
) -> list[Tensor]:
    """Return which images of the search split each network gets right; an evaluation keeps their share alone."""
    found, split = [], plan.data.validation
    with narrator.phase("looking for ties", len(networks)) as phase:
        for done, (one, network) in enumerate(zip(chosen, networks, strict=True), start=1):
            side = one.point.resolution
            found.append(correct(network, split.images, split.labels, plan.data.normalise, _BATCH, side))
            phase.update(done)
    return found


def _measure(
    plan: Plan,
    narrator: Narrator,
    chosen: Sequence[Evaluated],
    networks: Sequence[nn.Module],
    profile: DeviceProfile,
) -> Comparison | None:
    """Measure the networks beside the profile; None where its device is not this one."""
    backend = backend_of(profile.key)
    if backend is None:
        narrator.say(f"the front is not measured: the profile is of {profile.key.device}, {profile.key.backend}, which "
                     "can not be measured here")  # fmt: skip
        return None
    with narrator.phase("measuring the front", 1) as phase:
        shapes = [one.point.input_shape for one in chosen]
        compared = measure_beside([deploy(network) for network in networks], shapes, profile, backend)
        phase.update(1)
    torch.set_num_threads(plan.settings.threads)
    return compared


def _entry(plan: Plan, one: Evaluated, network: nn.Module, score: float, timing: Measurement | None) -> dict[str, Any]:
    costs = price(deploy(network), one.point.input_shape)
    metrics = one.metrics
    return {
        "digest": one.point.digest,
        "architecture": one.point.to_dict(),
        "accuracy": metrics["accuracy"],
        "accuracy_test": score,
        **{name: metrics[name] for name in ("latency_ms", "latency_low_ms", "latency_high_ms")},
        **({} if timing is None else _timing(timing)),
        **{name: getattr(costs, name) for name in _COUNTED},
    }


def _timing(timing: Measurement) -> dict[str, Any]:
    measured = {"latency_measured_ms": timing.median_ms, "latency_p95_ms": timing.p95_ms}
    return {**measured, "latency_iqr_ms": timing.iqr_ms, "latency_noisy": timing.noisy}


def _register(
    plan: Plan,
    folder: RunFolder,
    root: Path,
    networks: Sequence[nn.Module],
    chosen: Sequence[Evaluated],
    entries: Sequence[dict[str, Any]],
    weights: str,
    profile: DeviceProfile,
) -> None:
    """Register each network under the run's name; one that an earlier try registered is kept."""
    registry = Registry(root)
    lineage = {
        "run": folder.name,
        "space": {"name": plan.space.name, "scale": plan.space.scale, "digest": plan.space.digest},
        "supernet": weights,
        "seed": plan.settings.seed,
        "data": plan.data_config(),
        "device": profile.key.to_dict(),
    }
    data = {"classes": list(plan.data.classes), "mean": list(plan.data.mean), "std": list(plan.data.std)}
    for number, (network, one, entry) in enumerate(zip(networks, chosen, entries, strict=True), start=1):
        name = f"{folder.name}-{number:02d}"
        metrics = {k: v for k, v in entry.items() if k not in ("digest", "architecture")}
        registered = registry.find(name, one.point.digest, lineage["supernet"])
        if registered is None:
            registered = registry.register(name, network, one.point, metrics, lineage, data)
        entry["registry"] = registered.ref
