"""A run folder made of arithmetic: every file of a finished search, no training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.fronts import Objective, hypervolume, hypervolume_trace, non_dominated
from search_spaces import Architecture

OBJECTIVES = (Objective("accuracy", "max", "fraction"), Objective("latency_ms", "min", "ms"))
REFERENCE = {"accuracy": 0.1, "latency_ms": 4.0}
_BIG = tuple({"op": "dw_conv", "kernel": k, "dilation": d} for k, d in ((3, 1), (5, 1), (3, 2)))
_MIXERS: tuple[dict[str, Any], ...] = (
    *_BIG,
    {"op": "dilated_reparam", "kernel": 7},
    {"op": "inception_dw", "band": 7, "square": 3, "ratio": 0.125},
    {"op": "pool", "kernel": 3},
    {"op": "identity"},
)
_GATES: tuple[dict[str, Any], ...] = (
    {"op": "none"},
    {"op": "se", "reduction": 4},
    {"op": "eca", "kernel": 3},
)


def make_architecture(rng: np.random.Generator) -> dict[str, Any]:
    """Return a random legal network of three stages on 32-pixel images."""
    stages = [
        {
            "width": int(rng.choice(widths)),
            "stride": 1 if index == 0 else 2,
            "downsample": None if index == 0 else {"op": "conv_down", "norm": "batch_norm"},
            "blocks": [_block(rng) for _ in range(rng.integers(0 if index == 1 else 1, 4))],
        }
        for index, widths in enumerate(((16, 24, 32), (32, 48, 64), (64, 96, 128)))
    ]
    return {
        "schema_version": 2,
        "input": {"channels": 3, "resolution": 32},
        "classes": 10,
        "stem": {"op": "conv_stem", "stride": 2, "norm": "batch_norm"},
        "stages": stages,
        "head": {"op": "linear_head"},
    }


def _block(rng: np.random.Generator) -> dict[str, Any]:
    mlp = {"op": "mlp", "expansion": int(rng.integers(2, 4)), "activation": "relu", "grn": False}
    mixer, gate = _MIXERS[rng.integers(len(_MIXERS))], _GATES[rng.integers(len(_GATES))]
    return {"mixer": mixer, "norm": {"op": "batch_norm"}, "gate": gate, "channel_mixer": mlp}


def make_record(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return one evaluation; every seventh failed."""
    architecture = make_architecture(rng)
    work = sum(len(stage["blocks"]) * stage["width"] for stage in architecture["stages"])
    latency = 0.3 + work / 400 * rng.uniform(0.8, 1.2)
    metrics = {
        "accuracy": round(0.98 - 0.12 / latency + rng.normal(0, 0.02), 4), "latency_ms": latency,
        "latency_low_ms": 0.9 * latency, "latency_high_ms": 1.1 * latency,
        "macs": work * 9000, "params": work * 210, "activations": work * 300,
    }  # fmt: skip
    failed = index % 7 == 6
    return {
        "index": index, "digest": Architecture.from_dict(architecture).digest, "architecture": architecture,
        "origin": "random", "status": "failed" if failed else "ok",
        "error": "out of memory" if failed else None,
        "metrics": {} if failed else metrics, "seconds": 0.5, "weights": "w" * 64, "data": "d" * 64,
    }  # fmt: skip


def make_run(
    folder: Path, *, count: int = 30, objectives: tuple[Objective, ...] = OBJECTIVES, size: int | None = None
) -> Path:
    """Write config.json, evaluations.jsonl and front.json; ``size`` keeps only that many front entries."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    records = [make_record(index, rng) for index in range(count)]
    lines = "".join(json.dumps(record) + "\n" for record in records)
    (folder / "evaluations.jsonl").write_text(lines, encoding="utf-8")
    write(folder / "config.json", _config(folder.name, count, objectives))
    write(folder / "front.json", _front(records, objectives, size))
    make_training(400).to_parquet(folder / "training.parquet")
    return folder


def make_training(steps: int) -> pd.DataFrame:
    """Return curves as a training writes them: one role only every other step, exposure that grows."""
    step = np.arange(1, steps + 1)
    fall = 2.3 * np.exp(-step / steps)
    return pd.DataFrame({
        "step": step, "time": 1.7e9 + step, "learning_rate": 1e-3 * np.ones(steps), "images_per_second": 900.0,
        "loss/largest": fall, "loss/random": np.where(step % 2, fall + 0.2, np.nan),
        "exposure/stage1/kernel=3": 3 * step, "exposure/stage2/kernel=7": step, "exposure/stage1/width=16": 2 * step,
    })  # fmt: skip


def write(path: Path, value: Any) -> None:
    """Write JSON."""
    path.write_text(json.dumps(value), encoding="utf-8")


def _config(name: str, count: int, objectives: tuple[Objective, ...]) -> dict[str, Any]:
    return {
        "schema_version": 1, "name": name, "command": ["nas", "search", "--data", "digits", "--seed", "0"],
        "space": "lk_convnet", "space_digest": "5" * 64, "scale": "small",
        "data": {"spec": "digits", "dir": None, "name": "digits", "digest": "d" * 64, "classes": 10,
                 "resolution": 32, "channels": 3, "train": 1200, "validation": 297, "test": 300},
        "objectives": [vars(objective) for objective in objectives], "constraints": [],
        "algorithm": "evolution", "seed": 0, "threads": 1, "workers": 2, "evaluations": count,
        "population": 10, "versions": {"python": "3.11.9", "nas": "0.1.0", "torch": "2.13.0"},
    }  # fmt: skip


def _front(records: list[dict[str, Any]], objectives: tuple[Objective, ...], size: int | None) -> dict[str, Any]:
    directions = [objective.direction for objective in objectives]
    values = np.array([[r["metrics"].get(o.name, np.nan) for o in objectives] for r in records])
    values = values.reshape(-1, len(objectives))
    corner = {o.name: REFERENCE.get(o.name, 5e6) for o in objectives}
    chosen = [record for record, keep in zip(records, non_dominated(values, directions), strict=True) if keep]
    chosen = sorted(chosen, key=lambda record: record["metrics"]["latency_ms"])[:size]
    reference = list(corner.values())
    return {
        "schema_version": 1, "objectives": [vars(objective) for objective in objectives], "constraints": [],
        "reference_point": corner, "hypervolume": hypervolume(values, directions, reference),
        "hypervolume_trace": hypervolume_trace(values, directions, reference).tolist(),
        "evaluations": len(records), "seconds": {"train": 61.2, "profile": 20.5, "search": 33.0},
        "latency": {
            "key": {"device": "Intel Xeon, 2 cores", "backend": "cpu", "mode": "eager", "dtype": "float32",
                    "layout": "contiguous", "batch": 1, "threads": 1, "versions": {"torch": "2.13.0"}},
            "cross_validation": {"mape": 0.062, "within_10": 0.85, "tau": 0.91},
            "ladder": {"macs": {"tau": 0.41}, "ours": {"mape": 0.062, "within_10": 0.85, "tau": 0.91}},
        },
        "entries": [_entry(record, version) for version, record in enumerate(chosen, start=1)],
    }  # fmt: skip


def _entry(record: dict[str, Any], version: int) -> dict[str, Any]:
    metrics = record["metrics"]
    measured = metrics["latency_ms"] * (1.06 if version % 2 else 0.95)
    return {
        "digest": record["digest"], "registry": f"digits/{version}", "architecture": record["architecture"],
        **metrics, "accuracy_test": metrics["accuracy"] - 0.01, "latency_measured_ms": measured,
        "latency_p95_ms": 1.2 * measured, "latency_iqr_ms": 0.1 * measured, "latency_noisy": version == 2,
        "peak_memory_bytes": 131072,
    }  # fmt: skip
