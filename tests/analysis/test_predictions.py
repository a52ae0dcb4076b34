"""Predictions of unseen networks: what the figures show, and that intervals are counted rightly."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from analysis.held import Held, coverage
from analysis.predictions import calibration_figure, errors_figure, held_figures, truth_figure
from analysis.quantities import quantity
from analysis.report import write_report
from search_spaces import InputError, SearchSpace
from search_spaces.published import load_published
from tests.analysis.synthetic import write

OF = quantity("latency_ms")


def held(count: int, spread: float = 1.0, kernels: tuple[int, ...] = (3, 7)) -> list[Held]:
    """Networks whose errors are normal with ``spread`` times the deviation that is promised."""
    rng = np.random.default_rng(0)
    return [
        Held(f"digest{i}", 10.0 + i % 5, 10.0 + i % 5 + spread * float(rng.normal()), 1.0, kernels[i % len(kernels)],
             "dw_conv" if i % 3 else "<b>pool</b>", 10**6 * (1 + i))
        for i in range(count)
    ]  # fmt: skip


def named(figure: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data}


def test_a_network_is_summed_up(tiny_space: SearchSpace) -> None:
    network = tiny_space.largest()
    one = Held.of(network, 123, 2.0, 2.5, 0.1)
    mixers = [block.mixer for stage in network.stages for block in stage.blocks]
    assert one.kernel == max(mixer["kernel"] for mixer in mixers if mixer.op == "dw_conv")
    assert one.digest == network.digest and (one.macs, one.true, one.mean, one.sd) == (123, 2.0, 2.5, 0.1)
    assert one.error(relative=True) == pytest.approx(0.25) and one.error(relative=False) == pytest.approx(0.5)
    assert Held.from_dict(json.loads(json.dumps(one.to_dict())), "here") == one
    plain = Held.of(load_published("resnet_18"), 1, 1.0, 1.0, 1.0)
    assert (plain.mixer, plain.kernel) == ("identity", 0)
    for broken in ({**one.to_dict(), "true": "fast"}, {"digest": "a"}, 7):
        with pytest.raises(InputError, match="here: not a prediction"):
            Held.from_dict(broken, "here")


def test_intervals_of_normal_errors_hold_what_they_promise() -> None:
    for level in (0.2, 0.5, 0.9):
        assert coverage(held(4000), level) == pytest.approx(level, abs=0.03)
        # Twice as wide errors: the interval of half as many deviations.
        wide = 2 * NormalDist().cdf(NormalDist().inv_cdf((1 + level) / 2) / 2) - 1
        assert coverage(held(4000, spread=2), level) == pytest.approx(wide, abs=0.03)


def test_the_calibration_curve_is_the_coverage_at_each_probability() -> None:
    found = held(60, spread=2)
    curve = named(calibration_figure(found))["held"]
    assert list(curve.y) == [coverage(found, level) for level in curve.x] and len(curve.x) == 19
    assert np.mean(np.subtract(curve.x, curve.y)) > 0.1  # intervals that are too narrow run below the line


def test_truth_and_prediction_stand_on_their_axes() -> None:
    found = held(12)
    figure = truth_figure(found, OF)
    points = named(figure)["network, with 90 % interval"]
    assert list(points.x) == [one.true for one in found] and list(points.y) == [one.mean for one in found]
    assert list(points.error_y.array) == pytest.approx([1.645] * 12, abs=1e-3)
    assert "ms" in figure.layout.yaxis.title.text and "&lt;b&gt;pool" in points.hovertext[0]  # type: ignore[union-attr]


def test_errors_are_grouped_with_their_medians() -> None:
    found = held(40)
    shown = named(errors_figure(found, OF, "kernel", relative=True))
    assert sorted(shown["network"].y) == pytest.approx(sorted(one.mean / one.true - 1 for one in found))
    assert list(shown["median"].x) == [3, 7]
    sevens = [one.mean / one.true - 1 for one in found if one.kernel == 7]
    assert shown["median"].y[1] == pytest.approx(np.median(sevens))
    by_mixer = named(errors_figure(found, OF, "mixer", relative=False))
    assert set(by_mixer["median"].x) == {"dw_conv", "&lt;b&gt;pool&lt;/b&gt;"}
    assert "median" not in named(errors_figure(found, OF, "macs", relative=True))


def test_the_report_draws_what_a_run_holds_out(run_folder: Path) -> None:
    assert "had not seen" not in write_report(run_folder).read_text("utf-8")
    path = run_folder / "front.json"
    front = json.loads(path.read_text(encoding="utf-8"))
    found = held(30)
    front["latency"]["held_out"] = [one.to_dict() for one in found]
    write(path, front)
    page = write_report(run_folder).read_text("utf-8")
    assert all(f'id="figure-{name}"' in page for name in held_figures(found, OF, relative=True))
    assert "The 30 networks of the profile" in page and f"hold {100 * coverage(found, 0.9):.1f} % of them" in page
    assert "<b>pool" not in page
    del front["latency"]["held_out"][3]["sd"]
    write(path, front)
    with pytest.raises(InputError, match=r"front\.json: latency\.held_out\[3\]: .*sd"):
        write_report(run_folder)
