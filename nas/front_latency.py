"""What the latencies of a front are worth: measured beside the prediction, and how good the predictor is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from analysis.held import Held
from nas.cli.console import Narrator
from nas.devices import Device
from nas.plan import Plan
from nas.search.records import Evaluated
from predictors import Comparison, DeviceProfile, Measurement, measure_beside
from predictors.backends import backend_of
from predictors.held_out import LEAST, held_out
from supernet import deploy


def measure(
    narrator: Narrator, chosen: Sequence[Evaluated], networks: Sequence[nn.Module], device: Device
) -> Comparison | None:
    """Measure the networks beside the profile; None where its device is not this one."""
    key = device.profile.key
    backend = backend_of(key)
    if backend is None:
        which = device.name and f" of {device.name}"
        narrator.say(f"the front is not measured: the profile{which} is of {key.device}, {key.backend}, which  "
                     "can not be measured here")  # fmt: skip
        return None
    with narrator.phase(f"measuring the front{device.name and f' on {device.name}'}", 1) as phase:
        shapes = [one.point.input_shape for one in chosen]
        compared = measure_beside([deploy(network) for network in networks], shapes, device.profile, backend)
        phase.update(1)
    return compared


def timing(measured: Measurement | None) -> dict[str, Any]:
    """Return the figures of a measurement; none where there is none."""
    if measured is None:
        return {}
    return {
        "latency_measured_ms": measured.median_ms,
        "latency_p95_ms": measured.p95_ms,
        "latency_iqr_ms": measured.iqr_ms,
        "latency_noisy": measured.noisy,
    }


def latency_facts(plan: Plan, narrator: Narrator, device: Device, compared: Comparison | None) -> dict[str, Any]:
    """Return under what latency was measured, how well the predictor knows it, and how the device drifted since."""
    return {
        "key": device.profile.key.to_dict(),
        "cross_validation": dict(device.predictor.cross_validation),
        "ladder": dict(device.predictor.ladder),
        "drift": None if compared is None else compared.to_dict(),
        "held_out": _held_out(plan, narrator, device.profile),
    }


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
