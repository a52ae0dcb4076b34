"""What every operator must do, by registration: shapes, gradients, frozen = active, merged = train form, costs."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from predictors.trace import trace
from search_spaces import OpConfig
from search_spaces.operators import BLOCK_SLOTS, OPERATORS
from supernet import deploy
from supernet.elastic import Elastic
from supernet.network import Choice, freeze
from supernet.operators import MODULES
from tests.conftest import randomise
from tests.operator_cases import Case, cases, neighbours

CASES = cases()
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def inputs(case: Case, channels: int) -> torch.Tensor:
    shape = (2, channels, case.place.side, case.place.side)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


def test_words_and_modules_are_one_to_one() -> None:
    assert set(OPERATORS) == set(MODULES)


@every_case
def test_shape_and_gradients(case: Case) -> None:
    torch.manual_seed(0)
    module = case.build().train()
    randomise(module)
    for config in case.configs:
        for channels, outputs in case.channels():
            module.zero_grad(set_to_none=True)
            case.configure(module, config, channels, outputs)
            x = inputs(case, channels).requires_grad_()
            y = module(x)
            if case.slot == "head":
                assert y.shape == (2, outputs)
            else:
                stride = {"stem": config["stride"] if case.slot == "stem" else 1, "downsample": 2}.get(case.slot, 1)
                reduced = OPERATORS[config.op].reduced(case.place.side, stride, dict(config.params))
                side = reduced if case.slot in ("stem", "downsample") else case.place.side
                assert y.shape == (2, outputs, side, side)
            (y.float() ** 2).mean().backward()
            assert x.grad is not None and torch.isfinite(x.grad).all()
            for name, parameter in module.named_parameters():
                assert parameter.grad is None or torch.isfinite(parameter.grad).all(), name


@every_case
@torch.no_grad()
def test_frozen_equals_active_and_merged_equals_both(case: Case) -> None:
    module = case.build().eval()
    randomise(module)
    for config in case.configs:
        for channels, outputs in case.channels():
            case.configure(module, config, channels, outputs)
            x = inputs(case, channels)
            active = module(x)
            frozen = freeze(module).eval()
            assert not any(isinstance(m, (Elastic, Choice)) for m in frozen.modules())
            scale = float(active.abs().max()) + 1
            torch.testing.assert_close(frozen(x), active, rtol=1e-5, atol=1e-5 * scale)
            double = frozen.double()
            merged, y = deploy(double), double(x.double())
            torch.testing.assert_close(merged(x.double()), y, rtol=1e-9, atol=1e-9 * scale)
            torch.testing.assert_close(y.float(), active, rtol=1e-4, atol=1e-4 * scale)


@every_case
@torch.no_grad()
def test_a_smaller_map_has_the_weights_of_its_place(case: Case) -> None:
    """A space of several resolutions is built for the largest; its networks are those of their own resolution."""
    small = case.at(case.side // 2)
    if small is None:
        pytest.skip("no configuration is legal at half the side")
    module, alone = case.build().eval(), small.build()
    randomise(module)
    for config in small.configs:
        channels, outputs = next(case.channels())
        for each in (module, alone):
            case.configure(each, config, channels, outputs, small.place.side)
        frozen = freeze(module).eval()
        assert shapes(frozen) == shapes(freeze(alone)), config
        x = inputs(small, channels)
        torch.testing.assert_close(frozen(x), module(x), rtol=1e-4, atol=1e-4 * (float(module(x).abs().max()) + 1))


@every_case
@pytest.mark.parametrize(("side", "width"), [(1, 1), (5, 20)])
def test_what_the_words_allow_can_be_built(case: Case, side: int, width: int) -> None:
    """On shapes alone: where words have no objection, a module has channels, kernels and groups that fit."""
    least = case.least(side, width)
    if least is None:
        pytest.skip("the least configuration is illegal there")
    place = least.place
    with torch.device("meta"):
        module = least.build()
        least.configure(module, least.configs[0], place.inputs, place.outputs)
        y = freeze(module).eval()(torch.empty(2, place.inputs, place.side, place.side))
    assert y.shape[:2] == (2, place.outputs) and all(y.shape)


@every_case
def test_words_say_whether_the_deploy_form_has_other_weights(case: Case) -> None:
    module, differs = case.build().eval(), False
    for config in case.configs:
        case.configure(module, config, *next(case.channels()))
        frozen = freeze(module).eval()
        differs |= weight_shapes(deploy(frozen)) != weight_shapes(frozen)
    assert OPERATORS[case.configs[0].op].merges == differs


def weight_shapes(module: torch.nn.Module) -> list[torch.Size]:
    return sorted(parameter.shape for parameter in module.parameters())


def shapes(module: torch.nn.Module) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in module.state_dict().items()}


@every_case
def test_macs_equal_torchs_counter(case: Case) -> None:
    module = case.build().eval()
    for config in case.configs[:2]:
        channels, outputs = next(case.channels())
        case.configure(module, config, channels, outputs)
        for form in (freeze(module).eval(), deploy(freeze(module))):
            shape = (1, channels, case.place.side, case.place.side)
            found = sum(call.macs for call in trace(form, shape).calls)
            assert found == counted(form, shape)


def counted(module: torch.nn.Module, shape: tuple[int, ...]) -> int:
    """MACs by torch's own counter, with attention on the path that it counts."""
    math = torch.nn.attention.SDPBackend.MATH
    with FlopCounterMode(display=False) as counter, torch.no_grad(), torch.nn.attention.sdpa_kernel(math):
        module(torch.randn(shape))
    return counter.get_total_flops() // 2


SHARING = [case for case in CASES if case.slot in BLOCK_SLOTS and OPERATORS[case.configs[0].op].elastic]


@pytest.mark.parametrize("case", SHARING, ids=[case.name for case in SHARING])
def test_elastic_parameters_share_weights(case: Case) -> None:
    """Two values of such a parameter need fewer weights together than apart."""
    for name in OPERATORS[case.configs[0].op].elastic:
        pair = next(neighbours(case, name), None)
        assert pair, f"{name} has no two values that are legal at side {case.place.side}"
        alone = [weights(case, (config,)) for config in pair]
        together = weights(case, pair)
        assert max(alone) <= together < sum(alone) or sum(alone) == 0, (name, pair, alone, together)


def weights(case: Case, configs: tuple[OpConfig, ...]) -> int:
    return sum(p.numel() for p in MODULES[configs[0].op](case.place, configs).parameters())
