"""Where a run comes from and where to go on, in the report."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from analysis.page import pairs, remark, section
from analysis.quantities import significant
from analysis.report_words import (
    cross_validation,
    device_views,
    flat,
    latency_facts,
    layout_of,
    most_accurate,
    recorded,
    safe,
)
from analysis.run import Run


def origin_section(run: Run) -> str:
    """Return the HTML of the command, seeds, data, times and versions."""
    config, data = run.config, run.config["data"]
    rows = [
        ("Seed", str(config["seed"])),
        ("Space", f"{config['space']}, digest {str(config.get('space_digest'))[:12]}"),
        ("Data", f"{recorded(data, 'spec')}, digest {str(data.get('digest'))[:12]}"),
        ("Splits", _splits(data)),
        ("Search", f"{recorded(config, 'algorithm')}, population {recorded(config, 'population')}"),
        ("Constraints", ", ".join(map(str, config.get("constraints") or [])) or "none"),
        ("Latency measured with", _keys(run)),
        ("Latency predictor", cross_validation(run)),
        ("Time", flat({k: f"{significant(v)} s" for k, v in (run.front.get("seconds") or {}).items()})),
        ("Versions", flat(config.get("versions"))),
    ]
    return section("How it was made", f"<pre>{safe(_command(config['command']))}</pre>", pairs(rows))


def _keys(run: Run) -> str:
    """Write under what latency was measured."""
    return "; ".join(flat(latency_facts(view).get("key")) for view in device_views(run))


def _splits(data: Mapping[str, Any]) -> str:
    return (
        f"{recorded(data, 'train')} {layout_of(data)}s to train the supernet, {recorded(data, 'validation')} in the "
        f"search split (validation), {recorded(data, 'test')} in the test split"
    )


def _command(command: Any) -> str:
    return shlex.join(map(str, command)) if isinstance(command, list) else str(command)


def next_section(run: Run) -> str:
    """Return the HTML of commands that go on from here."""
    if not run.front["entries"]:
        text = "Relax a constraint or evaluate more networks, then search again."
        return section("Next", remark(text))
    ref = shlex.quote(str(most_accurate(run)["registry"]))
    lines = [
        f"nas registry show {ref}",
        f"nas registry verify {ref}",
        f"nas export {ref} --onnx",
        f"nas export {ref} --torch",
    ]
    python = f"import nas\nnetwork = nas.load({str(most_accurate(run)['registry'])!r})"
    return section("Next", f"<pre>{safe(chr(10).join(lines))}</pre>", f"<pre>{safe(python)}</pre>")
