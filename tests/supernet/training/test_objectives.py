"""Objectives: the divergences by their definition, ordinary distillation as a case of them, teachers from outside."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces import InputError, SearchSpace
from supernet import Supernet, build
from supernet.data import ImageData, load_data
from supernet.training import Method, Teacher, TrainConfig, Trainer
from supernet.training.objectives import OBJECTIVES
from supernet.training.objectives.alpha_divergence import AlphaDivergence, divergence
from supernet.training.objectives.external_teacher import ExternalTeacher
from supernet.training.objectives.in_place import InPlace

NO_CLIP = 1e30


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_data("digits")


def logits(spread: float = 1.0, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return spread * torch.randn((6, 5), generator=generator, dtype=torch.float64)


def gradient(loss: Tensor, at: Tensor) -> Tensor:
    return torch.autograd.grad(loss, at)[0]


def test_alpha_one_is_ordinary_distillation() -> None:
    student, teacher = logits(9.0).requires_grad_(), logits(9.0, seed=1)
    ordinary = F.cross_entropy(student, teacher.softmax(1))
    alpha = AlphaDivergence(low=1, high=1, warmup=0).taught(student, teacher)
    torch.testing.assert_close(gradient(alpha, student), gradient(ordinary, student))
    kl = F.kl_div(student.log_softmax(1), teacher.softmax(1), reduction="batchmean")
    torch.testing.assert_close(alpha, kl)


@pytest.mark.parametrize("alpha", [-1.0, -0.5, 0.0, 0.5, 1.0, 2.0])
def test_divergence_is_that_of_the_definition_with_its_gradient(alpha: float) -> None:
    """Against the definition written out in probabilities, differentiated by autograd."""
    student, teacher = logits().requires_grad_(), logits(seed=1)
    p, q = teacher.softmax(1), student.softmax(1)
    if alpha == 0:
        defined = (q * (q / p).log()).sum(1)
    elif alpha == 1:
        defined = (p * (p / q).log()).sum(1)
    else:
        defined = (q * ((p / q) ** alpha - 1)).sum(1) / (alpha * (alpha - 1))
    value, term = divergence(student, teacher, alpha, NO_CLIP)
    torch.testing.assert_close(value, defined.detach())
    torch.testing.assert_close(gradient(term.sum(), student), gradient(defined.sum(), student))
    assert (value >= 0).all() and not value.requires_grad


def test_divergence_is_continuous_in_alpha() -> None:
    """The branches at 0 and 1 are limits, not cases of their own."""
    student, teacher = logits(), logits(seed=1)
    for alpha in (0.0, 1.0):
        values = [divergence(student, teacher, alpha + off, NO_CLIP)[0] for off in (-1e-6, 0.0, 1e-6)]
        for one, other in pairwise(values):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 1.0, 2.0])
def test_extreme_logits_are_finite(alpha: float) -> None:
    for student, teacher in ((logits(1e4), logits(1e4, seed=1)), (logits(), logits(1e30)), (logits(1e30), logits())):
        at = student.float().requires_grad_()
        value, term = divergence(at, teacher.float(), alpha, 5.0)
        assert torch.isfinite(value).all() and torch.isfinite(gradient(term.sum(), at)).all()


def test_the_ratio_is_clipped_where_it_has_no_bound() -> None:
    student, teacher = torch.tensor([[0.0, 3.0]]).requires_grad_(), torch.tensor([[9.0, 0.0]])
    for alpha in (-1.0, 2.0):
        clipped, free = (gradient(divergence(student, teacher, alpha, c)[1].sum(), student) for c in (5.0, NO_CLIP))
        assert clipped.abs().max() < 5 / abs(alpha) < free.abs().max(), alpha
    for alpha in (0.0, 0.5, 1.0):
        clipped, free = (gradient(divergence(student, teacher, alpha, c)[1].sum(), student) for c in (5.0, NO_CLIP))
        assert torch.equal(clipped, free), alpha


def test_every_image_takes_the_larger_of_two_divergences() -> None:
    student, teacher = logits().requires_grad_(), logits(seed=1)
    loss = AlphaDivergence(low=-1, high=1, clip=5).taught(student, teacher)
    (low, low_term), (high, high_term) = (divergence(student, teacher, alpha, 5.0) for alpha in (-1.0, 1.0))
    picked = low > high
    assert picked.any() and not picked.all()
    torch.testing.assert_close(loss, torch.stack([low, high]).amax(0).mean())
    expected = gradient(torch.cat([low_term[picked], high_term[~picked]]).sum() / len(student), student)
    torch.testing.assert_close(gradient(loss, student), expected)


def test_subnets_pass_from_labels_to_the_teacher() -> None:
    student, teacher, labels = logits(), logits(seed=1), torch.arange(6) % 5
    for objective in (InPlace(warmup=0.5), AlphaDivergence(warmup=0.5)):
        at = [objective.loss(student, labels, teacher, done) for done in (0.0, 0.25, 0.5, 1.0)]
        torch.testing.assert_close(at[0], objective.labels(student, labels))
        torch.testing.assert_close(at[1], (at[0] + at[2]) / 2)
        torch.testing.assert_close(at[2], objective.taught(student, teacher))
        assert at[2] == at[3]


def test_external_teacher_shares_with_labels() -> None:
    student, teacher, labels = logits(), logits(seed=1), torch.arange(6) % 5
    alone = ExternalTeacher(share=1).loss(student, labels, teacher, 0.5)
    torch.testing.assert_close(alone, F.cross_entropy(student, teacher.softmax(1)))
    half = ExternalTeacher(share=0.5).loss(student, labels, teacher, 0.5)
    torch.testing.assert_close(half, (alone + ExternalTeacher().labels(student, labels)) / 2)


def test_a_teacher_sees_images_at_its_side_and_with_its_statistics(tiny_space: SearchSpace, data: ImageData) -> None:
    """Against the images normalised by hand: what the data's normalisation did is taken back first."""
    architecture = replace(tiny_space.largest(), resolution=16)
    network, mean, std = build(architecture), (0.3,), (0.7,)
    teacher = Teacher(network, architecture, data, name="t", mean=mean, std=std, classes=data.classes)
    images = data.train.images[:4]
    by_hand = (images.float() / 255 - mean[0]) / std[0]
    by_hand = F.interpolate(by_hand, (16, 16), mode="bilinear", antialias=True)
    found = teacher.logits(data.normalise(images))
    torch.testing.assert_close(found, network(by_hand).detach(), rtol=1e-4, atol=1e-5)
    assert not found.requires_grad and not any(p.requires_grad for p in network.parameters())


def test_a_teacher_of_something_else_is_refused(tiny_space: SearchSpace, data: ImageData) -> None:
    architecture = tiny_space.largest()
    cases = [
        (replace(architecture, classes=7), tuple("0123456"), "knows 7 classes, digits has 10"),
        (replace(architecture, channels=3), data.classes, "images of 3 channels, digits has images of 1"),
        (architecture, tuple("abcdefghij"), "other classes than digits: 'a' where it has '0'"),
    ]
    for other, classes, message in cases:
        with pytest.raises(InputError, match=message):
            Teacher(build(other), other, data, name="t", mean=data.mean, std=data.std, classes=classes)


def test_a_teacher_and_an_objective_that_do_not_fit_are_refused(tiny_space: SearchSpace, data: ImageData) -> None:
    architecture = tiny_space.largest()
    teacher = Teacher(
        build(architecture), architecture, data, name="t", mean=data.mean, std=data.std, classes=data.classes
    )
    external = TrainConfig(Method(objective=OBJECTIVES["external_teacher"]()))
    with pytest.raises(InputError, match="needs a teacher: --teacher"):
        Trainer(Supernet(tiny_space), data, external)
    with pytest.raises(InputError, match="does not use it: --method external_teacher does"):
        Trainer(Supernet(tiny_space), data, TrainConfig(), teacher=teacher)


def test_all_subnets_learn_from_an_external_teacher(tiny_space: SearchSpace, data: ImageData) -> None:
    architecture = tiny_space.largest()
    teacher = Teacher(
        build(architecture), architecture, data, name="t", mean=data.mean, std=data.std, classes=data.classes
    )
    method = Method(objective=ExternalTeacher(share=1))
    trainer = Trainer(Supernet(tiny_space), data, TrainConfig(method, batch_size=16), teacher=teacher)
    images, labels = trainer.batch()
    losses = trainer.train_step()
    entropy = torch.distributions.Categorical(logits=teacher.logits(images)).entropy().mean().item()
    assert all(loss >= entropy - 1e-4 for loss in losses.values())  # cross-entropy with it is never less
    assert trainer.record()["teacher"] == teacher.digest
