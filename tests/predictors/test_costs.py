"""Costs equal independent counts; tables equal costs; ranges equal brute force."""

from __future__ import annotations

from functools import partial
from itertools import product

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from predictors import CostTable, price, price_architecture
from search_spaces import Architecture, SearchSpace, list_spaces, load_space
from supernet import build, deploy
from tests.conftest import samples


def fvcore_macs(network: nn.Module, x: torch.Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(network, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(sum(analysis.by_operator()[op] for op in ("conv", "linear", "matmul", "addmm", "bmm")))


def note(outputs: list[int], layer: nn.Module, inputs: object, output: torch.Tensor) -> None:
    """Write down the size of a layer's output."""
    outputs.append(output.numel())


@torch.no_grad()
def check(architecture: Architecture) -> None:
    x = torch.zeros(1, *architecture.input_shape)
    network = build(architecture)
    costs = price_architecture(architecture)
    for form, module in (("train", network), ("deploy", deploy(network))):
        with FlopCounterMode(display=False) as counter:
            module(x)
        assert counter.get_total_flops() == 2 * costs[form].macs
        assert fvcore_macs(module, x) == costs[form].macs
        assert sum(p.numel() for p in module.parameters()) == costs[form].params
        outputs: list[int] = []
        for layer in module.modules():
            if isinstance(layer, (nn.Conv1d, nn.Conv2d, nn.Linear)):
                layer.register_forward_hook(partial(note, outputs))
        module(x)
        assert sum(outputs) == costs[form].activations


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", list_spaces())
def test_sampled_networks_equal_torch_and_fvcore(name: str) -> None:
    for architecture in samples(load_space(name, scale="small"), 4):
        check(architecture)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_operator_equals_torch_and_fvcore(tiny_space: SearchSpace) -> None:
    for architecture in samples(tiny_space, 12):
        check(architecture)


def test_memory_by_hand() -> None:
    """Two convolutions: the largest moment holds one input and one output."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 3, padding=1))
    costs = price(network, (3, 10, 10))
    assert costs.peak_memory_bytes == 4 * 100 * (8 + 4) + 4 * 100 * 3  # the caller keeps the image
    assert costs.weight_bytes == 4 * costs.params == 4 * (3 * 8 * 9 + 8 + 8 * 4 * 9 + 4)
    assert costs.macs == 100 * 9 * (3 * 8 + 8 * 4)


def test_an_operator_without_a_formula_is_never_free() -> None:
    class Bilinear(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.bilinear(x, x, torch.zeros(2, 8, 8))

    with pytest.raises(NotImplementedError, match="_trilinear"):
        price(Bilinear(), (3, 8, 8))


def test_fourier_transforms_are_left_out_by_decision() -> None:
    class Filter(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.irfft2(torch.fft.rfft2(x) * 2, s=x.shape[2:])

    costs = price(Filter(), (3, 8, 8))
    assert (costs.macs, costs.activations) == (0, 0)


@pytest.mark.parametrize("form", ["train", "deploy"])
def test_table_equals_the_priced_network(small_space: SearchSpace, tiny_space: SearchSpace, form: str) -> None:
    for space in (small_space, tiny_space):
        table = CostTable(space, form)
        for architecture in samples(space, 10, seed=1):
            costs = price_architecture(architecture)[form]
            assert table.price(architecture) == {
                "macs": costs.macs,
                "params": costs.params,
                "activations": costs.activations,
            }


def test_range_equals_brute_force(tiny_space: SearchSpace) -> None:
    """Stages of the tiny space are few enough to price every one; a network is one of each."""
    table = CostTable(tiny_space)
    values = []
    stages = []
    for stage in tiny_space.stages:
        shaped = []
        for shape in stage.shapes():
            blocks = list(stage.blocks(shape, 0)) if shape.depth else []
            shaped += [(shape, [b] * shape.depth) for b in blocks] or [(shape, [])]
        stages.append(shaped)
    for choice in product(*stages):
        if len(values) % 7 == 0 or len(values) < 4000:
            values.append(table.price(tiny_space.assemble(choice)))
        if len(values) > 4000:
            break
    for name, (low, high) in table.range().items():
        assert all(low <= value[name] <= high for value in values)
    everything = [table.price(tiny_space.assemble(c)) for c in _extreme_choices(table, tiny_space, stages)]
    for name, (low, high) in table.range().items():
        assert {low, high} <= {value[name] for value in everything}, name


def _extreme_choices(table: CostTable, space: SearchSpace, stages: list) -> list:
    """For each pair of widths, and each cost, the least and greatest stages; their product holds the extremes."""
    kept = []
    for index, shaped in enumerate(stages):
        rest = [options[0] for options in stages]
        best = []
        for width in space.stages[index].widths:
            mine = [option for option in shaped if option[0].width == width]
            priced = [table.price(space.assemble([*rest[:index], o, *rest[index + 1 :]])) for o in mine]
            for name in ("macs", "params", "activations"):
                order = sorted(range(len(mine)), key=lambda i: priced[i][name])
                best += [mine[order[0]], mine[order[-1]]]
        kept.append(best)
    return list(product(*kept))
