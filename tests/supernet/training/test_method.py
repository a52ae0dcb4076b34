"""Methods: composed by name, refused where their parts do not fit, every sampler and schedule repeatable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from search_spaces import Architecture, InputError, SearchSpace
from supernet import Supernet, build
from supernet.data import ImageData, load_data
from supernet.training import (
    Method,
    Teacher,
    TrainConfig,
    Trainer,
    load_method,
    methods,
    new_supernet,
    parse_method,
    weights_digest,
)
from supernet.training.objectives import OBJECTIVES, Labels
from supernet.training.samplers import SAMPLERS, Sandwich, Step
from supernet.training.samplers.largest import Largest
from supernet.training.samplers.masked_pairs import MaskedPairs
from supernet.training.schedules import SCHEDULES
from supernet.training.schedules.delayed_shrinking import DelayedShrinking


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_data("digits")


def size(architecture: Architecture) -> float:
    """A stand-in for MACs."""
    return float(sum(stage.width * (1 + len(stage.blocks)) for stage in architecture.stages))


def some_teacher(space: SearchSpace, data: ImageData) -> Teacher:
    architecture = space.largest()
    return Teacher(
        build(architecture), architecture, data, name="t", mean=data.mean, std=data.std, classes=data.classes
    )


def step(space: SearchSpace, index: int = 5, seed: int = 0) -> Step:
    return Step(index, 20, space, np.random.default_rng([seed, index]), size, size, {})


@pytest.mark.parametrize("name", SAMPLERS)
def test_subnets_follow_from_seed_and_step_and_belong_to_the_space(tiny_space: SearchSpace, name: str) -> None:
    sampler = SAMPLERS[name]()
    drawn = [sampler.draw(step(tiny_space, index, seed)) for index, seed in ((5, 0), (5, 0), (6, 0), (5, 1))]
    assert drawn[0] == drawn[1]
    assert name == "largest" or drawn[0] != drawn[2] or drawn[0] != drawn[3]
    assert all(tiny_space.contains(subnet.architecture) for subnets in drawn for subnet in subnets)
    if sampler.has_largest:
        assert drawn[0][0].architecture == tiny_space.largest() and drawn[0][0].role == "largest"


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_are_positive_and_the_whole_space_is_open_at_the_end(tiny_space: SearchSpace, name: str) -> None:
    schedule = SCHEDULES[name]()
    subnets = Sandwich().draw(step(tiny_space))
    for done in (0.0, 0.3, 0.6, 0.999):
        if schedule.opened(tiny_space, done) is not None:
            assert all(schedule.factor(subnet, tiny_space, done, size) > 0 for subnet in subnets)
    opened = schedule.opened(tiny_space, 0.999)
    assert opened is not None and opened.cardinality() == tiny_space.cardinality()


@pytest.mark.parametrize("name", methods())
def test_shipped_methods_train_and_survive_their_json(tiny_space: SearchSpace, data: ImageData, name: str) -> None:
    method = load_method(name)
    assert parse_method(method.to_dict(), name) == method
    teacher = some_teacher(tiny_space, data) if method.objective.teacher == "external" else None
    config = TrainConfig(method, epochs=1, batch_size=32)
    trainer = Trainer(new_supernet(tiny_space, config), data, config, size, teacher)
    for first_or_last in (0, trainer.steps - 1):  # the space opens between them
        trainer.step = first_or_last
        losses = trainer.train_step()
        assert losses and all(np.isfinite(loss) for loss in losses.values())


def weights_after(space: SearchSpace, data: ImageData, method: Method, steps: int = 4) -> str:
    supernet = Supernet(space)
    trainer = Trainer(supernet, data, TrainConfig(method, epochs=1, batch_size=32), size)
    for _ in range(steps):
        trainer.train_step()
    return weights_digest(supernet)


def test_delay_one_is_the_training_of_the_largest_network(tiny_space: SearchSpace, data: ImageData) -> None:
    delayed = weights_after(tiny_space, data, Method(schedule=DelayedShrinking(delay=1)))
    assert delayed == weights_after(tiny_space, data, Method(Largest(), Labels()))


def test_no_delay_and_epsilon_one_is_the_sandwich(tiny_space: SearchSpace, data: ImageData) -> None:
    shrunk = weights_after(tiny_space, data, Method(schedule=DelayedShrinking(delay=0, epsilon=1)))
    assert shrunk == weights_after(tiny_space, data, Method())


def test_epsilon_rises_to_one_and_never_falls(tiny_space: SearchSpace) -> None:
    schedule, subnet = DelayedShrinking(delay=0.4, epsilon=0.2, ramp=0.3), Sandwich().draw(step(tiny_space))[1]
    factors = [schedule.factor(subnet, tiny_space, done, size) for done in np.linspace(0.4, 1, 50)]
    assert factors[0] == pytest.approx(0.2) and factors[-1] == 1.0 and factors == sorted(factors)


def test_a_factor_weighs_gradients_and_scales_the_learning_rate(tiny_space: SearchSpace, data: ImageData) -> None:
    """The subnet with the largest factor has weight 1; one subnet alone changes the learning rate only."""
    config = TrainConfig(Method(Sandwich(random=0), schedule=DelayedShrinking(delay=0, epsilon=0.25)), epochs=1)
    trainer = Trainer(Supernet(tiny_space), data, config, size)
    images, labels = trainer.batch()
    subnets = trainer.method.sampler.draw(step(tiny_space))
    gradients = []
    for weights in ([1.0, 0.0], [0.0, 1.0], [1.0, 0.25]):
        trainer.optimizer.zero_grad()
        trainer._backward(subnets, weights, images, labels)
        gradients.append([p.grad.clone() for p in trainer.parameters.values() if p.grad is not None])
    for one, other, both in zip(*gradients, strict=True):
        torch.testing.assert_close(one + 0.25 * other, both, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("sandwich", "expected a mapping"),
        ({"samplers": "sandwich"}, r"key 'samplers' is unknown \(did you mean 'sampler'\?\)"),
        ({"sampler": "sandwhich"}, r"sampler 'sandwhich' is unknown \(did you mean 'sandwich'\?\)"),
        (
            {"sampler": {"sandwich": {"randoms": 2}}},
            r"sampler sandwich: option 'randoms' is unknown \(did you mean 'random'\?\)",
        ),
        ({"sampler": {"sandwich": {"random": -1}}}, "sampler sandwich: random: .*greater than or equal to 0"),
        ({"options": {"emma": 0.9}}, r"options: option 'emma' is unknown \(did you mean 'ema'\?\)"),
        ({"options": {"ema": 1}}, "options: ema: .*less than 1, found 1"),
        ({"options": "ema"}, "options: expected a mapping of options, found 'ema'"),
        (
            {"schedule": {"progressive_shrinking": {"depth": 0.9}}},
            "progressive_shrinking: shares must rise in the order kernel, depth, expansion, width; .*depth 0.9",
        ),
        ({"objective": {"alpha_divergence": {"low": 2}}}, "objective alpha_divergence: low must not exceed high"),
        ({"sampler": {"sandwich": 2}}, "sampler: expected a name or"),
        ({"sampler": "masked_pairs", "objective": "in_place"}, "in_place learns from the largest subnet"),
        ({"sampler": "single_path"}, "in_place learns from the largest subnet.*single_path does not train"),
    ],
)
def test_wrong_methods_are_refused_with_the_place(document: object, message: str) -> None:
    with pytest.raises(InputError, match=f"^method.yaml: .*{message}"):
        parse_method(document, "method.yaml")


def test_a_step_in_one_pass_is_the_sum_of_the_steps_on_its_parts(tiny_space: SearchSpace, data: ImageData) -> None:
    trainer = Trainer(Supernet(tiny_space).double(), data, TrainConfig(Method(MaskedPairs(), Labels())), size)
    images, labels = trainer.batch()
    images, labels, subnets = images[:9].double(), labels[:9], trainer.method.sampler.draw(step(tiny_space))

    def gradients() -> list[torch.Tensor]:
        found = [torch.zeros_like(p) if p.grad is None else p.grad for p in trainer.parameters.values()]
        trainer.optimizer.zero_grad()
        return found

    losses = trainer._backward_together(subnets, [1.0, 0.5], images, labels)
    together = gradients()
    first = trainer._backward(subnets[:1], [1.0], images[:4], labels[:4])
    second = trainer._backward(subnets[1:], [0.5], images[4:8], labels[4:8])  # the ninth image is left over
    assert losses == pytest.approx(first + second, abs=1e-6)
    for found, expected in zip(together, gradients(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-7)
    with pytest.raises(InputError, match="a batch of 1 images is less than one for each of 2 subnets"):
        trainer._backward_together(subnets, [1.0, 1.0], images[:1], labels[:1])


def test_subnets_of_one_pass_have_no_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    class Taught(Labels):
        teacher = "external"

    monkeypatch.setitem(OBJECTIVES, "taught", Taught)
    with pytest.raises(InputError, match="sampler masked_pairs .* in one pass .* objective taught has a teacher"):
        Method(MaskedPairs(), Taught())


def test_method_files_are_found_by_name_and_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("sampler: {single_path: {subnets: 2}}\nobjective: labels\n")
    assert load_method(str(path)).sampler == SAMPLERS["single_path"](subnets=2)  # type: ignore[call-arg]
    with pytest.raises(InputError, match=r"training method 'sandwitch' is unknown \(did you mean 'sandwich'\?\)"):
        load_method("sandwitch")
    path.write_text("sampler: [")
    with pytest.raises(InputError, match="not YAML"):
        load_method(str(path))
