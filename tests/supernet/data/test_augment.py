"""Augmentation shifts and mirrors each image by itself, and repeats from its generator."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from supernet.data.augment import Augment

IMAGES = torch.randint(1, 256, (64, 3, 9, 11), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def _shifted(image: Tensor, down: int, right: int) -> Tensor:
    """Move an image by whole pixels, zero where nothing moves in: the slow oracle."""
    result = torch.zeros_like(image)
    _, height, width = image.shape
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                result[:, row, column] = image[:, row - down, column - right]
    return result


def _candidates(image: Tensor, padding: int, flip: bool) -> dict[tuple[int, int, bool], Tensor]:
    shifts = range(-padding, padding + 1)
    plain = {(down, right): _shifted(image, down, right) for down in shifts for right in shifts}
    return {(*key, mirrored): value.flip(2) if mirrored else value
            for key, value in plain.items() for mirrored in ([False, True] if flip else [False])}  # fmt: skip


@pytest.mark.parametrize("flip", [False, True])
def test_every_image_is_one_of_its_shifts_and_all_kinds_occur(flip: bool) -> None:
    result = Augment(flip, padding=2)(IMAGES, torch.Generator().manual_seed(1))
    assert result.shape == IMAGES.shape and result.dtype == torch.uint8
    drawn = []
    for image, out in zip(IMAGES, result, strict=True):
        drawn += [key for key, value in _candidates(image, 2, flip).items() if torch.equal(value, out)]
    assert len(drawn) == len(IMAGES)
    assert {down for down, _, _ in drawn} == {right for _, right, _ in drawn} == {-2, -1, 0, 1, 2}
    assert {mirrored for _, _, mirrored in drawn} == ({False, True} if flip else {False})
    assert len(set(drawn)) > 15, "images share their shifts"


def test_sequences_are_shifted_along_their_length_and_continued_by_their_ends() -> None:
    sequences = torch.randn(64, 3, 1, 9, generator=torch.Generator().manual_seed(0))
    result = Augment(False, padding=2)(sequences, torch.Generator().manual_seed(1))
    assert result.shape == sequences.shape and result.dtype == torch.float32
    drawn = set()
    for sequence, out in zip(sequences, result, strict=True):
        (right,) = [n for n in range(-2, 3) if torch.equal(out, sequence[..., (torch.arange(9) - n).clamp(0, 8)])]
        drawn.add(right)
    assert drawn == {-2, -1, 0, 1, 2}


def test_it_repeats_from_the_generator_and_ignores_the_global_one() -> None:
    augment = Augment(True, padding=3)
    first = augment(IMAGES, torch.Generator().manual_seed(5))
    state = torch.random.get_rng_state()
    generator = torch.Generator().manual_seed(5)
    assert torch.equal(first, augment(IMAGES, generator))
    assert not torch.equal(first, augment(IMAGES, generator))
    assert torch.equal(state, torch.random.get_rng_state())


def test_without_padding_and_flip_images_are_unchanged() -> None:
    before = IMAGES.clone()
    assert torch.equal(Augment(False, padding=0)(IMAGES, torch.Generator()), IMAGES)
    Augment(True, padding=4)(IMAGES, torch.Generator())
    assert torch.equal(IMAGES, before)
