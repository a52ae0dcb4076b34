"""Timer, profile and predictor, with an injected clock and synthetic latencies: no real time is asserted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from predictors import (
    BlockRecord,
    CostTable,
    DeviceProfile,
    Effort,
    LatencyPredictor,
    Measurement,
    Record,
    profile_space,
)
from predictors.backends import Backend, Eager, Known, Setting
from predictors.costs import price
from predictors.device import DeviceKey
from predictors.features import Features
from predictors.metrics import mape, within
from predictors.parts import parts
from predictors.profiling import networks_to_measure
from predictors.ranking import tau
from predictors.records import append_records, read_records
from search_spaces import Architecture, InputError, SearchSpace
from supernet import build, deploy
from tests.conftest import samples

IMAGE = (1, 8, 8)
KEY = Eager(Setting()).key


class Clock:
    """Advances by what the network that ran last takes, and a burst of work in one round."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls = 0

    def __call__(self) -> float:
        return self.now


class Timed(nn.Module):
    def __init__(self, clock: Clock, seconds: float, burst_at: int = -1):
        super().__init__()
        self.clock, self.seconds, self.burst_at = clock, seconds, burst_at

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert torch.is_inference_mode_enabled() and torch.get_num_threads() == 1
        self.clock.calls += 1
        self.clock.now += self.seconds + (1.0 if self.clock.calls == self.burst_at else 0.0)
        return x


def measure(networks: Sequence[nn.Module], clock: Clock) -> list[Measurement]:
    """Time networks by an injected clock."""
    backend = Eager(Setting())
    backend.clock = clock
    return backend.measure(networks, [IMAGE] * len(networks))


def test_timer_returns_milliseconds_of_each_network() -> None:
    clock = Clock()
    found = measure([Timed(clock, 0.004), Timed(clock, 0.0005)], clock)
    assert [m.median_ms for m in found] == pytest.approx([4.0, 0.5])
    assert not any(m.noisy for m in found) and all(m.iqr_ms == pytest.approx(0, abs=1e-9) for m in found)


def test_one_burst_moves_no_median() -> None:
    clock = Clock()
    found = measure([Timed(clock, 0.004, burst_at=40), Timed(clock, 0.004)], clock)
    assert [m.median_ms for m in found] == pytest.approx([4.0, 4.0])


def test_noise_is_retried_and_then_marked() -> None:
    clock = Clock()
    rng = np.random.default_rng(0)

    class Noisy(Timed):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seconds = float(rng.uniform(0.004, 0.012))
            return super().forward(x)

    (found,) = measure([Noisy(clock, 0.0)], clock)
    assert found.noisy and clock.calls > 3 * 15


def test_threads_are_restored() -> None:
    before = torch.get_num_threads()
    clock = Clock()
    measure([Timed(clock, 0.01)], clock)
    assert torch.get_num_threads() == before


def test_measured_networks_hold_every_operator(small_space: SearchSpace) -> None:
    chosen = networks_to_measure(small_space, 12, seed=0)
    assert len(set(chosen)) == 12
    every = {c.op for s in small_space.stages for cs in s.candidates(0).values() for c in cs}
    every |= {c.op for s in small_space.stages for c in s.downsamples if c} | {small_space.stem.op, small_space.head.op}
    assert set().union(*(network.operators for network in chosen)) == every
    assert chosen == networks_to_measure(small_space, 12, seed=0)


class Fake(Backend):
    """Tells the additive latency of `synthetic_ms` and remembers how many networks it was given at once."""

    def __init__(self, space: SearchSpace, setting: Setting | None = None):
        super().__init__(setting or Setting())
        self.space, self.measured = space, list[int]()

    @property
    def key(self) -> DeviceKey:
        return Eager(self.setting).key

    def measure(
        self, networks: Sequence[nn.Module], shapes: Sequence[tuple[int, int, int]], known: Sequence[Known] = ()
    ) -> list[Measurement]:
        self.measured.append(len(networks))
        costs = [price(network, shape) for network, shape in zip(networks, shapes, strict=True)]
        return [Measurement(1e-6 * cost.macs + 1e-7 * cost.params, 2.0, 0.01, 0.0) for cost in costs]


@pytest.mark.parametrize(("count", "again", "blocks", "lines"), [(20, 2, 6, 10), (44, 2, 12, 50)])
def test_profiling_continues_where_it_was_killed(
    tiny_space: SearchSpace, tmp_path: Path, count: int, again: int, blocks: int, lines: int
) -> None:
    backend, path = Fake(tiny_space), tmp_path / "records.jsonl"
    whole = profile_space(tiny_space, backend, Effort(count), seed=0, records_path=path)
    assert sum(backend.measured) == count + again + blocks
    assert (len(whole.records), len(whole.again), len(whole.blocks)) == (count, again, blocks)
    assert len({record.architecture for record in whole.records}) == count
    assert len({record.part for record in whole.blocks}) == blocks
    found = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(found[:lines]) + found[lines][:50])  # killed inside a line
    backend.measured.clear()
    assert profile_space(tiny_space, backend, Effort(count), seed=0, records_path=path) == whole
    assert sum(backend.measured) == count + again + blocks - lines
    backend.measured.clear()
    assert profile_space(tiny_space, backend, Effort(count), seed=0, records_path=path) == whole
    assert sum(backend.measured) == 0
    other = Fake(tiny_space, Setting(batch=2))
    with pytest.raises(InputError, match="another key: batch 1, wanted 2"):
        profile_space(tiny_space, other, Effort(20), seed=0, records_path=path)
    path.write_bytes(b"oops\n" + path.read_bytes())
    with pytest.raises(InputError, match=f"{path}:1: damaged line.*Delete the line"):
        profile_space(tiny_space, backend, Effort(20), seed=0, records_path=path)


def test_profiling_ends_by_time_or_error(tiny_space: SearchSpace, tmp_path: Path) -> None:
    soon = profile_space(tiny_space, Fake(tiny_space), Effort(seconds=0.0), seed=0, records_path=tmp_path / "a")
    assert 10 <= len(soon.records) <= 16
    exact = profile_space(tiny_space, Fake(tiny_space), Effort(500, error=0.2), seed=0, records_path=tmp_path / "b")
    assert 32 <= len(exact.records) < 100


def test_profiles_are_merged_under_one_key(tiny_space: SearchSpace) -> None:
    one, other = synthetic_profile(tiny_space, 12), synthetic_profile(tiny_space, 20)
    both = one.merged(other, "b.json")
    assert len(both.records) == 20 and both.records[:12] == one.records
    assert {record.architecture for record in both.again} == {record.architecture for record in one.records}
    foreign = replace(other, key=replace(KEY, dtype="bfloat16"))
    with pytest.raises(InputError, match="b.json: measured under another key: dtype 'bfloat16', wanted 'float32'"):
        one.merged(foreign, "b.json")


def synthetic_profile(space: SearchSpace, count: int, seed: int = 0, noise: float = 0.0) -> DeviceProfile:
    """Latencies that are an exact sum over blocks, times a little noise."""
    rng = np.random.default_rng(seed)
    table = CostTable(space)
    records = []
    for architecture in networks_to_measure(space, count, seed):
        costs = table.price(architecture)
        blocks = sum(len(stage.blocks) for stage in architecture.stages)
        time = (0.3 + 0.1 * blocks + 1e-6 * costs["activations"]) * (1 + noise * rng.standard_normal())
        records.append(Record(architecture, Measurement(float(time), float(time), 0.0, 0.0)))
    return DeviceProfile(KEY, tuple(records))


def test_profile_round_trip_and_refusals(tiny_space: SearchSpace, tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    profile = synthetic_profile(tiny_space, 12)
    profile.save(path)
    assert DeviceProfile.load(path) == profile
    document = json.loads(path.read_text())
    for change in (
        {"schema_version": 3},
        {"key": {"device": "x"}},
        {"key": {**document["key"], "batch": "1"}},
        {"blocks": [{"kind": "block", "median_ms": 1}]},
        {"blocks": document["records"]},
        {"sources": [{}]},
        {"records": [{"median_ms": 1}]},
        {"records": 3},
        {"again": [1]},
    ):
        path.write_text(json.dumps({**document, **change}))
        with pytest.raises(InputError, match=str(path)):
            DeviceProfile.load(path)


def test_blocks_and_networks_survive_and_old_profiles_are_read(tiny_space: SearchSpace, tmp_path: Path) -> None:
    path, networks = tmp_path / "profile.json", synthetic_profile(tiny_space, 12)
    every = list(dict.fromkeys(part for record in networks.records for part in parts(record.architecture)))
    found = Measurement(2.0, 2.5, 0.1, 1.0, energy_mj=7.5)
    both = replace(networks, blocks=tuple(BlockRecord(part, found) for part in every))
    assert {part.kind for part in every} == {"stem", "downsample", "block", "head"}
    both.save(path)
    assert DeviceProfile.load(path) == both
    document = json.loads(path.read_text())
    assert {one["kind"] for one in document["blocks"]} == {"block"}
    assert {one["kind"] for one in document["records"]} == {"network"}
    assert document["blocks"][0]["energy_mj"] == 7.5 and "energy_mj" not in document["records"][0]
    for wrong in ({"part": {**document["blocks"][0]["part"], "side": 0}}, {"energy_mj": -1.0}, {"kind": "network"}):
        path.write_text(json.dumps({**document, "blocks": [{**document["blocks"][0], **wrong}]}))
        with pytest.raises(InputError, match=rf"{path}: blocks\[0\]: "):
            DeviceProfile.load(path)
    old = {"schema_version": 1, "key": document["key"], "again": []}
    old["records"] = [{k: v for k, v in one.items() if k != "kind"} for one in document["records"]]
    path.write_text(json.dumps(old))
    assert DeviceProfile.load(path) == networks


def test_the_scale_of_blocks_alone_is_learned(tiny_space: SearchSpace) -> None:
    networks = synthetic_profile(tiny_space, 60)
    records, unseen = networks.records[:12], networks.records[12:]
    exact = LatencyPredictor.fit(tiny_space, networks)  # of a device that adds up
    every = list(dict.fromkeys(part for record in networks.records for part in parts(record.architecture)))
    shares = {part: exact.features.values(part) @ exact.block_sum.coefficients for part in every}
    alone = {part: 3.0 * max(ms, 1e-3) for part, ms in shares.items()}  # each takes three times as long alone
    blocks = tuple(BlockRecord(part, Measurement(ms, ms, 0.0, 0.0)) for part, ms in alone.items())
    predictor = LatencyPredictor.fit(tiny_space, replace(networks, records=records, blocks=blocks))
    predicted = predictor.members([r.architecture for r in unseen])["non_negative"]
    assert mape(predicted, [r.measurement.median_ms for r in unseen]) < 0.05
    assert predictor.shares["blocks alone"] > 0.5
    total = sum(alone[part] for part in parts(unseen[0].architecture))
    assert total > 2.5 * unseen[0].measurement.median_ms, "the sum of the blocks alone is far off"


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"device": "Pixel 9"}, "device 'Pixel 9', wanted "),
        ({"dtype": "float16"}, "dtype 'float16', wanted 'float32'"),
        ({"batch": 32}, "batch 32, wanted 1"),
    ],
)
def test_records_of_another_key_are_refused_with_both(
    tiny_space: SearchSpace, tmp_path: Path, change: dict[str, object], shown: str
) -> None:
    path, profile = tmp_path / "r.jsonl", synthetic_profile(tiny_space, 2)
    append_records(path, replace(KEY, **change), profile.records)  # type: ignore[arg-type]
    with pytest.raises(InputError) as caught:
        read_records(path, KEY)
    assert f"{path}:1" in str(caught.value) and shown in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b'{"schema_version": 2, "key": {"dev', "not valid JSON"),
        (b'{"name": "another tool"}', "not a device profile of schema_version 2"),
        (b"[1, 2]", "not a device profile"),
        (b"\xff\xfe", "not a UTF-8 text file"),
    ],
)
def test_empty_truncated_and_foreign_files_are_errors(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "profile.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        DeviceProfile.load(path)
    assert str(path) in str(caught.value)


def test_predictor_recovers_an_additive_device(small_space: SearchSpace) -> None:
    predictor = LatencyPredictor.fit(small_space, synthetic_profile(small_space, 60))
    others = synthetic_profile(small_space, 90, seed=5).records[62:]
    predicted, low, high = predictor.predict([r.architecture for r in others])
    true = [r.measurement.median_ms for r in others]
    assert mape(predicted, true) < 0.03 and tau(predicted, true) > 0.9
    assert (low <= predicted).all() and (predicted <= high).all() and (predicted > 0).all()


def test_interval_covers_what_it_says(small_space: SearchSpace) -> None:
    predictor = LatencyPredictor.fit(small_space, synthetic_profile(small_space, 80, noise=0.1))
    others = synthetic_profile(small_space, 180, seed=9, noise=0.1).records[2:]
    _, low, high = predictor.predict([r.architecture for r in others])
    inside = [a <= r.measurement.median_ms <= b for r, a, b in zip(others, low, high, strict=True)]
    assert 0.8 <= np.mean(inside) <= 0.99


def test_the_interval_is_a_number_however_noisy_the_machine(tiny_space: SearchSpace) -> None:
    profile = synthetic_profile(tiny_space, 10)
    times = np.random.default_rng(0).lognormal(0, 2, 10)  # some folds leave a held-out network at 0 ms
    noisy = [Record(r.architecture, Measurement(t, t, t, 9.0)) for r, t in zip(profile.records, times, strict=True)]
    predictor = LatencyPredictor.fit(tiny_space, DeviceProfile(profile.key, tuple(noisy)))
    assert np.isfinite(list(predictor.cross_validation.values())).all() and predictor.cross_validation["interval"] > 0.5
    assert np.isfinite(predictor.predict([tiny_space.largest()])).all()


def test_the_ladder_has_floors_members_and_the_noise(small_space: SearchSpace) -> None:
    profile = synthetic_profile(small_space, 60, noise=0.05)
    again = tuple(
        replace(r, measurement=replace(r.measurement, median_ms=1.02 * r.measurement.median_ms))
        for r in profile.records[::20]
    )
    ladder = LatencyPredictor.fit(small_space, replace(profile, again=again)).ladder
    assert set(ladder) == {
        "macs", "activations", "non_negative", "ridge", "gaussian_process", "boosting", "ours", "measured again"
    }  # fmt: skip
    assert ladder["measured again"]["mape"] == pytest.approx(0.02 / 1.02)
    assert ladder["ours"]["tau"] >= max(ladder[name]["tau"] for name in ("macs", "activations"))


def test_range_holds_every_prediction(tiny_space: SearchSpace) -> None:
    predictor = LatencyPredictor.fit(tiny_space, synthetic_profile(tiny_space, 30))
    low, high = predictor.range()
    predicted, _, _ = predictor.predict(samples(tiny_space, 200))
    assert low > 0 and (predicted >= low - 1e-12).all() and (predicted <= high + 1e-12).all()
    assert predicted.max() > 0.8 * high


def test_unmeasured_operators_widen_the_interval_and_are_named(tiny_space: SearchSpace) -> None:
    profile = synthetic_profile(tiny_space, 60)

    def without_pool(architecture: Architecture) -> bool:
        return "pool" not in architecture.operators

    kept = tuple(r for r in profile.records if without_pool(r.architecture))
    predictor = LatencyPredictor.fit(tiny_space, DeviceProfile(profile.key, kept))
    with_pool = next(r.architecture for r in profile.records if not without_pool(r.architecture))
    assert predictor.unmeasured() == ["pool"] and LatencyPredictor.fit(tiny_space, profile).unmeasured() == []
    (mean,), (low,), (high,) = predictor.predict([with_pool])
    assert mean > 0 and low <= 0.5 * mean and high >= 1.5 * mean


def test_profiles_of_other_inputs_are_refused(tiny_space: SearchSpace, small_space: SearchSpace) -> None:
    from search_spaces import load_space

    other = load_space("lk_convnet", scale="small", resolution=28, channels=1, classes=10)
    with pytest.raises(InputError, match="1 x 28 x 28 px, the space has 1 x 32 x 32 px"):
        LatencyPredictor.fit(small_space, synthetic_profile(other, 12))
    with pytest.raises(InputError, match="at least 10"):
        LatencyPredictor.fit(tiny_space, DeviceProfile(KEY, ()))


def test_features_add_over_parts_and_are_finite(tiny_space: SearchSpace) -> None:
    features = Features(["dw_conv"])
    total = features.values.total(tiny_space.largest())
    assert np.isfinite(total).all() and total[features.names.index("networks")] == 1
    blocks = sum(len(stage.blocks) for stage in tiny_space.largest().stages)
    assert total[features.names.index("dw_conv_blocks")] == blocks


def test_metrics_by_hand() -> None:
    assert tau([1, 2, 3], [10, 20, 30]) == 1.0 and tau([1, 1, 1], [1, 2, 3]) == 0.0
    assert mape([11, 18], [10, 20]) == pytest.approx(0.1) and within([11.1, 18], [10, 20]) == 0.5


class Shared(Timed):
    """Takes longer by a factor that changes as the machine's does."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        slow = 1.0 if self.clock.now < 1.0 else 1.9
        before = self.clock.now
        super().forward(x)
        self.clock.now = before + slow * self.seconds
        return x


def test_a_machine_that_slows_down_moves_no_paced_time() -> None:
    clock = Clock()
    backend = Eager(Setting())
    backend.clock = clock
    known = [Known(Shared(clock, 0.003), IMAGE, 3.0), Known(Shared(clock, 0.006), IMAGE, 6.0)]
    clock.now = 0.9  # the machine slows down in the middle of the first rounds
    (found,) = backend.measure([Shared(clock, 0.004)], [IMAGE], known)
    assert found.median_ms == pytest.approx(4.0) and not found.noisy
    assert found.pace == pytest.approx(1.9)
    (raw,) = backend.measure([Shared(clock, 0.004)], [IMAGE])
    assert raw.median_ms == pytest.approx(7.6) and raw.pace is None


def test_a_profile_holds_times_of_the_usual_pace(
    tiny_space: SearchSpace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first group was measured in a quick moment: the others took twice as long for all networks alike."""
    given: list[list[float]] = []

    def measured(self: Eager, networks: Sequence[nn.Module], shapes: object, known: Sequence[Known] = ()) -> list:
        given.append([one.usual_ms for one in known])
        times = [1.0 + sum(p.numel() for p in network.parameters()) / 1e4 for network in networks]
        return [Measurement(ms, ms, 0.01 * ms, 0.0, pace=2.0 if known else None) for ms in times]

    monkeypatch.setattr(Eager, "measure", measured)
    path = tmp_path / "records.jsonl"
    profile = profile_space(tiny_space, Eager(Setting()), Effort(20), seed=0, records_path=path)
    assert given[0] == [] and all(len(one) == 2 for one in given[1:]) and len({tuple(one) for one in given[1:]}) == 1
    for record in profile.records:
        true = 1.0 + sum(p.numel() for p in deploy(build(record.architecture)).parameters()) / 1e4
        assert record.measurement.median_ms == pytest.approx(2 * true)
    paces = [record.measurement.pace for record in profile.records]
    assert paces[:8] == [0.5] * 8 and set(paces[8:]) == {1.0}
    again = profile_space(tiny_space, Eager(Setting()), Effort(20), seed=0, records_path=path)
    assert again == profile
