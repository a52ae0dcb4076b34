"""Options: each does what it says and no more, and a training with it resumes to the same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from search_spaces import InputError, SearchSpace, load_space
from supernet import Supernet, checkpoint
from supernet.data import ImageData, load_data
from supernet.drop_path import DropPath, drop_paths
from supernet.elastic import ElasticBatchNorm2d, ElasticGRN
from supernet.operators import MODULES, OperatorModule
from supernet.training import Method, Options, TrainConfig, Trainer, train, weights_digest
from supernet.training.average import Average
from supernet.training.channels import channels_shrink, sort_channels
from supernet.training.objectives import Labels
from supernet.training.samplers import Sandwich
from supernet.training.samplers.largest import Largest
from supernet.training.schedules.delayed_shrinking import DelayedShrinking
from tests.conftest import TINY, randomise, samples
from tests.operator_cases import cases

FEW = Method(Sandwich(random=0), schedule=DelayedShrinking(delay=0.5))


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_data("digits")


@pytest.fixture(scope="module")
def without_statistics(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    """The tiny space with layer norms in the place of batch norms."""
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    text = (
        TINY.read_text().replace("batch_norm", "layer_norm").replace("norm: layer_norm\n  gate", "norm: none\n  gate")
    )
    path.write_text(text.replace("    dilated_reparam: {kernel: [5, 7]}\n", ""))
    space = load_space(str(path))
    assert not any(isinstance(module, ElasticBatchNorm2d) for module in Supernet(space).modules())
    return space


def steps_of(data: ImageData, steps: int) -> ImageData:
    """The data with as many training images as ``steps`` batches of 16 need."""
    return replace(data, train=data.train.select(torch.arange(16 * steps)))


@pytest.mark.parametrize(
    "options",
    [
        Options(drop_path=0.5),
        Options(ema=0.9),
        Options(sort_channels=True, ema=0.9),
        Options(accumulation=3),
        Options(precision="bfloat16"),
        Options(zero_init=False),
    ],
    ids=str,
)
def test_resumed_equals_uninterrupted(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path, options: Options
) -> None:
    data, config = steps_of(data, 6), TrainConfig(replace(FEW, options=options), epochs=1, batch_size=16)
    digest = train(Supernet(tiny_space), data, config, tmp_path / "whole.safetensors")
    for stop in (2, 3):  # before and right at the step at which the space opens and channels are sorted

        def interrupt(progress: Any, stop: int = stop) -> None:
            if progress.step == stop:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(Supernet(tiny_space, seed=stop - 2), data, config, tmp_path / "parts.safetensors", interrupt)
    parts = Supernet(tiny_space, seed=8)
    assert train(parts, data, config, tmp_path / "parts.safetensors") == digest == weights_digest(parts)


def gradients(trainer: Trainer) -> dict[str, Tensor]:
    images, labels = trainer.batch()
    subnets = trainer.method.sampler.draw(trainer._drawing(images, labels))  # type: ignore[arg-type]
    trainer.optimizer.zero_grad()
    trainer._accumulate(subnets, [1.0] * len(subnets), images, labels)
    return {name: p.grad.clone() for name, p in trainer.parameters.items() if p.grad is not None}


def test_accumulated_parts_have_the_gradient_of_the_batch(without_statistics: SearchSpace, data: ImageData) -> None:
    whole, parts = (
        gradients(
            Trainer(
                Supernet(without_statistics), data, TrainConfig(Method(options=Options(accumulation=n)), batch_size=17)
            )
        )
        for n in (1, 4)
    )
    assert whole.keys() == parts.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6, msg=name)


def test_more_parts_than_images_are_refused() -> None:
    with pytest.raises(InputError, match="accumulation 20 splits batches of 16 images"):
        TrainConfig(Method(options=Options(accumulation=20)), batch_size=16)


@torch.no_grad()
def test_sorting_leaves_the_largest_network_and_orders_channels(tiny_space: SearchSpace) -> None:
    supernet = Supernet(tiny_space).eval()
    randomise(supernet)
    images = torch.randn(4, *tiny_space.input_shape)
    before, small = supernet(images), tiny_space.smallest()
    with supernet.activate(small):
        before_small = supernet(images)
    sort_channels(supernet, lambda parameter: ())
    torch.testing.assert_close(supernet(images), before, rtol=1e-5, atol=1e-5)
    with supernet.activate(small):
        assert not torch.allclose(supernet(images), before_small)
    mlp: Any = next(m for m in supernet.modules() if isinstance(m, MODULES["mlp"]))
    importance = mlp.project.weight.abs().sum((0, 2, 3))
    assert torch.equal(importance, importance.sort(descending=True).values)


@torch.no_grad()
def test_sorting_leaves_every_operator_at_its_largest_expansion_as_it_is() -> None:
    sorted_operators = set()
    for case in cases():
        module = case.build().eval()
        randomise(module)
        of = [m for m in module.modules() if isinstance(m, OperatorModule) and m.hidden_channels() is not None]
        if not of or "expansion" not in dict(case.configs[0].params):  # a norm's block has a plain mlp
            continue
        largest = max(config["expansion"] for config in case.configs)
        config = next(config for config in case.configs if config["expansion"] == largest)
        inputs, outputs = next(case.channels())
        case.configure(module, config, inputs, outputs)
        x = torch.randn(2, inputs, case.place.side, case.place.side)
        before = module(x)
        sort_channels(module, lambda parameter: ())
        torch.testing.assert_close(module(x), before, rtol=1e-4, atol=1e-4 * float(before.abs().max()))
        sorted_operators.add(config.op)
    assert sorted_operators == {"mlp", "mlp_dw", "dw_mlp", "conv_glu", "inverted_bottleneck"}


@torch.no_grad()
def test_sorting_leaves_networks_of_inverted_bottlenecks_as_they_are() -> None:
    """One that never expands has the channels of the layer before it, which stay."""
    space = load_space("mobile", scale="small")
    supernet = Supernet(space).eval()
    randomise(supernet)
    bottlenecks = [m for m in supernet.modules() if isinstance(m, MODULES["inverted_bottleneck"])]
    assert [m for m in bottlenecks if m.hidden_channels() is None] == bottlenecks[:1]
    networks = samples(space.closed(("width", "expansion")), 3)
    images, before = torch.randn(2, *space.input_shape), []
    for network in networks:
        with supernet.activate(network):
            before.append(supernet(images))
    sort_channels(supernet, lambda parameter: ())
    for network, expected in zip(networks, before, strict=True):
        with supernet.activate(network):
            near = 1e-4 * float(expected.abs().max())
            torch.testing.assert_close(supernet(images), expected, rtol=1e-3, atol=near)


def test_sorting_moves_moments_and_averages_along(tiny_space: SearchSpace, data: ImageData) -> None:
    """Sorted by hand in between, a training of the largest network goes on as if nothing had happened."""
    method = Method(Largest(), Labels(), options=Options(ema=0.9))
    losses = []
    for sort in (False, True):
        trainer = Trainer(Supernet(tiny_space), data, TrainConfig(method, batch_size=16))
        for _ in range(3):
            trainer.train_step()
        if sort:
            sort_channels(trainer.supernet, trainer._companions)
        for _ in range(3):
            last = trainer.train_step()
        assert trainer.average is not None
        trainer.average.give_to(trainer.parameters)
        images, labels = trainer.batch()
        losses.append((last["largest"], *trainer._logits(tiny_space.largest(), images).flatten().tolist()))
    assert losses[0] == pytest.approx(losses[1], rel=1e-3, abs=1e-4)


def test_channels_are_sorted_once_when_they_first_shrink(
    tiny_space: SearchSpace, data: ImageData, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorted_at: list[int] = []
    monkeypatch.setattr("supernet.training.loop.sort_channels", lambda net, of: sorted_at.append(trainer.step))
    method = replace(FEW, options=Options(sort_channels=True))
    trainer = Trainer(Supernet(tiny_space), steps_of(data, 6), TrainConfig(method, epochs=1, batch_size=16))
    while trainer.step < trainer.steps:
        trainer.train_step()
    assert sorted_at == [3]
    assert channels_shrink(tiny_space) and not channels_shrink(None)
    assert not channels_shrink(tiny_space.closed(("width", "expansion")))
    with pytest.raises(InputError, match="sort_channels needs a schedule that opens the space later"):
        Trainer(Supernet(tiny_space), data, TrainConfig(Method(options=Options(sort_channels=True))))


def test_dropped_paths_leave_whole_images_out_and_keep_the_mean() -> None:
    drop = DropPath(0.25, torch.Generator().manual_seed(0))
    kept = drop(torch.ones(4000, 2, 1, 1))
    assert kept.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert torch.equal(kept[:, 0], kept[:, 1]) and kept.mean().item() == pytest.approx(1, abs=0.05)


@torch.no_grad()
def test_paths_of_the_last_block_are_dropped_most_and_only_inside(tiny_space: SearchSpace) -> None:
    supernet = Supernet(tiny_space).eval()
    randomise(supernet)
    images = torch.randn(8, *tiny_space.input_shape)
    before = supernet(images)
    with drop_paths(supernet, 0.9, torch.Generator().manual_seed(0)):
        body: Any = supernet.body
        rates = [style.drop.rate for stage in body.stages for block in stage.blocks for style in [block._style]]
        dropped = supernet(images)
    assert rates == pytest.approx([0.3, 0.6, 0.9])
    assert not torch.allclose(dropped, before) and torch.equal(supernet(images), before)


def test_only_the_largest_is_regularised(tiny_space: SearchSpace, data: ImageData) -> None:
    losses = []
    for rate in (0.0, 0.9):
        method = Method(Sandwich(random=1), Labels(), options=Options(drop_path=rate, zero_init=False))
        trainer = Trainer(Supernet(tiny_space), data, TrainConfig(method, batch_size=16))
        losses.append(trainer.train_step())
    assert losses[0]["largest"] != losses[1]["largest"]
    assert losses[0]["smallest"] == losses[1]["smallest"] and losses[0]["random"] == losses[1]["random"]


@torch.no_grad()
@pytest.mark.parametrize("name", [str(TINY), "lk_convnet"])
def test_blocks_start_as_identity_unless_asked_otherwise(name: str, data: ImageData) -> None:
    space = load_space(name, channels=1, resolution=32, classes=10)
    for zero_init in (True, False):
        supernet = Supernet(space)
        Trainer(supernet, data, TrainConfig(Method(options=Options(zero_init=zero_init))))
        body: Any = supernet.body
        for stage, side in zip(body.stages, supernet.architecture.sides, strict=True):
            x = torch.randn(2, stage.blocks[0].channel_mixer.operators["op_mlp"].project.outputs, side, side)
            assert all(torch.equal(block(x), x) == zero_init for block in stage.blocks)
        grn = [module for module in supernet.modules() if isinstance(module, ElasticGRN)]
        assert all(not module.weight.any() for module in grn)


def test_the_average_is_that_of_all_steps_and_stands_in_the_network_at_the_end(
    tiny_space: SearchSpace, data: ImageData, tmp_path: Path
) -> None:
    data, method = steps_of(data, 4), Method(options=Options(ema=0.5))
    supernet, path = Supernet(tiny_space), tmp_path / "s.safetensors"
    trainer = Trainer(supernet, data, TrainConfig(method, epochs=1, batch_size=16))
    name = next(name for name in trainer.parameters if "stem" in name)
    expected, seen = trainer.parameters[name].detach().clone(), []
    while trainer.step < trainer.steps:
        average = trainer.average
        assert average is not None
        give_to = average.give_to
        average.give_to = lambda ps, give=give_to: (seen.append(ps[name].detach().clone()), give(ps))  # type: ignore[method-assign]
        trainer.train_step()
        last = seen[-1] if seen else trainer.parameters[name].detach()
        decay = min(0.5, (1 + trainer.step) / (10 + trainer.step))
        expected = decay * expected + (1 - decay) * last
    torch.testing.assert_close(trainer.parameters[name].detach(), expected)
    assert not torch.equal(seen[-1], trainer.parameters[name])
    trainer.save(path)
    tensors, _ = checkpoint.load(path)
    torch.testing.assert_close(tensors[f"model.{name}"], expected)


def test_an_average_of_equal_values_is_that_value() -> None:
    parameters = {"a": torch.nn.Parameter(torch.tensor([2.0]))}
    average = Average(parameters, 0.999)
    for step in range(1, 5):
        average.update(parameters, step)
    assert average.values["a"].item() == pytest.approx(2.0)


def test_precision_is_float32_on_a_cpu_unless_asked(tiny_space: SearchSpace, data: ImageData) -> None:
    losses = {}
    for precision in ("auto", "float32", "bfloat16"):
        method = Method(options=Options(precision=precision))  # type: ignore[arg-type]
        losses[precision] = Trainer(Supernet(tiny_space), data, TrainConfig(method, batch_size=16)).train_step()
    if not torch.cuda.is_available():
        assert losses["auto"] == losses["float32"]
    assert losses["bfloat16"] != losses["float32"]
    assert losses["bfloat16"]["largest"] == pytest.approx(losses["float32"]["largest"], rel=0.05)
