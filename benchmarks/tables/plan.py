"""Every row that issue 5 asks for, those that tell most first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.tables._table import Table

_NB201 = ("lat_ms_titan_rtx_256", "lat_ms_gold_6226", "lat_ms_pixel3", "lat_ms_raspi4", "lat_ms_eyeriss", "lat_ms_fpga")
_FBNET = ("lat_ms_raspi4", "lat_ms_eyeriss", "lat_ms_fpga")
_ACCEL = ("throughput_a100", "throughput_tpuv3", "throughput_tpuv2", "latency_zcu102")
_ALL = ("lat_ms_*",)
_TIMM = (
    ("device=cu130-5090", "compiled=0"),
    ("device=cu130-5090", "compiled=1"),
    ("device=cu117-rtx3090", "layout=nchw"),
    ("device=cpu-i9_10940x", "torch=pt240"),
)


@dataclass(frozen=True)
class Job:
    """A table with its targets (``*`` ends a prefix of columns), numbers of networks to learn from, and draws."""

    table: str
    targets: Sequence[str]
    trains: Sequence[int]
    seeds: int
    protocol: str = "split"
    where: tuple[str, ...] = ()

    def columns(self, table: Table) -> Iterator[str]:
        """Yield the targets that the table has."""
        for target in self.targets:
            begin = target.removesuffix("*")
            yield from (c for c in table.frame.columns if c == target or (begin != target and c.startswith(begin)))


PLAN = (
    Job("nas_bench_macro", ("mean_acc",), (50, 100), 5),
    Job("neusight", ("Latency",), (5000,), 1),
    Job("nas_bench_macro", ("mean_acc",), (200, 500), 2),
    Job("nb201", _NB201, (10,), 5, "help"),
    Job("fbnet", _FBNET, (10,), 5, "help"),
    Job("nb201", _ALL, (20,), 3),
    Job("tinynas", ("latency_ms",), (5000,), 1, where=("precision=fp32",)),
    Job("tinynas", ("latency_ms",), (5000,), 1),
    Job("accel_nasbench", ("val_top1",), (4100,), 1),
    Job("accel_nasbench", _ACCEL, (50, 200), 1),
    Job("nb201", ("acc200_c10_test", "acc200_c100_test"), (50, 200), 1),
    Job("ofa", _ALL, (20, 200), 1),
    Job("hat", ("latency_mean_encoder", "latency_mean_decoder"), (200, 1000), 1),
    *(Job("timm_bench", ("samples_per_sec",), (200,), 1, where=where) for where in _TIMM),
    Job("timm_bench", ("samples_per_sec",), (200, 1000), 1),
    Job("fbnet", _ALL, (20, 200), 1),
    Job("nb201", _ALL, (50, 200), 1),
    Job("nb201", _ALL, (10,), 5, "help"),
    Job("ofa", _ALL, (10,), 5, "help"),
    Job("fbnet", _ALL, (10,), 5, "help"),
    Job("nb201_oneproxy_18dev", _ALL, (20, 200), 1),
    Job("accel_nasbench", _ACCEL, (900,), 1),
    Job("nb201", _ALL, (900,), 1),
    Job("ofa", _ALL, (900,), 1),
    Job("fbnet", _ALL, (900,), 1),
    Job("nb201", ("acc*",), (200, 900), 1),
)
