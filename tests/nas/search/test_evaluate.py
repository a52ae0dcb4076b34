"""How far a network is evaluated: on all images, on the first if it answers at random, on none if it is broken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from nas.search.evaluate import EvaluationInputs, Evaluator
from search_spaces import Architecture, SearchSpace
from supernet import Supernet, recalibrate
from supernet.data import load_data
from supernet.evaluate import in_batches

_IMAGES, _FIRST, _CLASSES = 1200, 512, 10


@pytest.fixture(scope="module")
def network(tiny_space: SearchSpace) -> Architecture:
    """Return one network of the space."""
    return tiny_space.largest()


@pytest.fixture(scope="module")
def inputs(tiny_space: SearchSpace) -> EvaluationInputs:
    """Return an untrained supernet that does not give every image one answer, and random images without labels."""
    found = EvaluationInputs.of(Supernet(tiny_space, seed=0), load_data("digits"), 64)
    rng = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (_IMAGES, *found.images.shape[1:]), generator=rng).to(found.images.dtype)
    found = replace(found, images=images, labels=torch.zeros(_IMAGES, dtype=torch.long))
    centred = found.weights["body.head.linear.bias"] - logits(found, tiny_space.largest()).mean(0)
    return replace(found, weights={**found.weights, "body.head.linear.bias": centred})


@torch.no_grad()
def logits(inputs: EvaluationInputs, network: Architecture) -> Tensor:
    """Return the outputs of a network for all images."""
    alone = Evaluator(inputs).supernet.extract(network)
    recalibrate(alone, in_batches(inputs.calibration, inputs.normalise, 256, network.resolution))
    batches = in_batches(inputs.images, inputs.normalise, 256, network.resolution)
    return torch.cat([alone(batch) for batch in batches])


@pytest.fixture(scope="module")
def answers(inputs: EvaluationInputs, network: Architecture) -> Tensor:
    """Return the class that the network gives each image."""
    found = logits(inputs, network).argmax(1)
    assert found.bincount().max() < _IMAGES / 3
    return found


def labels(answers: Tensor, right: float) -> Tensor:
    """Return labels, every class equally often among the wrong ones, of which a share is what the network answers."""
    wrong = torch.arange(_IMAGES) % (_CLASSES - 1)
    wrong += (wrong >= answers).long()
    good = torch.rand(_IMAGES, generator=torch.Generator().manual_seed(1)) < right
    return torch.where(good, answers, wrong)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_a_network_at_chance_is_judged_on_the_first_images(
    inputs: EvaluationInputs, network: Architecture, answers: Tensor, share: float
) -> None:
    given = labels(answers, share)
    found = Evaluator(replace(inputs, labels=given)).evaluate(network)
    assert found == {"accuracy": float((answers == given)[:_FIRST].float().mean()), "images": _FIRST}


@pytest.mark.parametrize("share", [0.35, 1.0])
def test_a_network_that_is_better_is_judged_on_all(
    inputs: EvaluationInputs, network: Architecture, answers: Tensor, share: float
) -> None:
    given = labels(answers, share)
    found = Evaluator(replace(inputs, labels=given)).evaluate(network)
    assert found["images"] == _IMAGES and found["accuracy"] == int((answers == given).sum()) / _IMAGES


def test_as_many_images_as_are_asked_for(inputs: EvaluationInputs, network: Architecture, answers: Tensor) -> None:
    given = labels(answers, 0.5)
    evaluator = Evaluator(replace(inputs, labels=given))
    for most in (100, 800):
        share = int((answers == given)[:most].sum()) / most
        assert evaluator.evaluate(network, most) == {"accuracy": share, "images": most}


def test_few_images_are_all_judged(inputs: EvaluationInputs, network: Architecture, answers: Tensor) -> None:
    few = replace(inputs, images=inputs.images[:300], labels=labels(answers, 0.0)[:300])
    assert Evaluator(few).evaluate(network) == {"accuracy": 0.0, "images": 300}


def test_one_answer_for_every_image_is_no_merit(inputs: EvaluationInputs, network: Architecture) -> None:
    """However often it is right: here for four images of five."""
    always_three = {**inputs.weights, "body.head.linear.bias": torch.eye(_CLASSES)[3] * 1000}
    given = torch.where(torch.arange(_IMAGES) % 5 > 0, 3, 4)
    found = Evaluator(replace(inputs, weights=always_three, labels=given)).evaluate(network)
    assert found["images"] == _FIRST and found["accuracy"] > 0.75


def test_outputs_that_are_not_finite_are_an_error(inputs: EvaluationInputs, network: Architecture) -> None:
    broken = {
        name: torch.full_like(w, float("nan")) if w.is_floating_point() else w for name, w in inputs.weights.items()
    }
    with pytest.raises(FloatingPointError, match="not finite"):
        Evaluator(replace(inputs, weights=broken)).evaluate(network)


def test_the_first_images_are_a_fair_sample(tiny_space: SearchSpace) -> None:
    """A folder's images come class by class."""
    data = load_data("digits")
    order = data.validation.labels.argsort(stable=True)
    found = EvaluationInputs.of(Supernet(tiny_space), replace(data, validation=data.validation.select(order)), 64)
    assert sorted(found.labels.tolist()) == sorted(data.validation.labels.tolist())
    assert len(set(found.labels[:100].tolist())) == len(data.classes)


def test_sharing_changes_no_metric(tiny_space: SearchSpace, inputs: EvaluationInputs, answers: Tensor) -> None:
    """Not of a network that is judged on few images, on all, or on those that an earlier one was not judged on."""
    rng = np.random.default_rng(0)
    networks = [tiny_space.largest(), *(tiny_space.mutate(tiny_space.largest(), rng, 0.05) for _ in range(6))]
    asked = [(network, most) for most in (100, None, 700) for network in networks]
    given = replace(inputs, labels=labels(answers, 0.3))
    alone, sharing = Evaluator(given, shared_bytes=0), Evaluator(given)
    assert [sharing.evaluate(*one) for one in asked] == [alone.evaluate(*one) for one in asked]
    assert alone.prefixes.used == 0 < sharing.prefixes.used
