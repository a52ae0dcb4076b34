"""The adaptive frequency filter with numpy's transforms and whole complex matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.supernet.operators.one import maps, operator


def layer(conv: Any, x: np.ndarray, blocks: int) -> np.ndarray:
    """Return matrix x + bias of a complex layer, with zeros outside the blocks."""
    width = x.shape[1]
    size, matrix = width // blocks, np.zeros((width, width), dtype=complex)
    real, imaginary = (c.weight[:, :, 0, 0].numpy() for c in (conv.real, conv.imaginary))
    for b in range(blocks):
        rows = slice(b * size, (b + 1) * size)
        matrix[rows, rows] = real[rows] + 1j * imaginary[rows]
    r, i = conv.real.bias.numpy(), conv.imaginary.bias.numpy()
    return np.einsum("oc,nchw->nohw", matrix, x) + ((r - i) + 1j * (r + i)).reshape(1, -1, 1, 1)


def by_parts(function: Any, x: np.ndarray) -> np.ndarray:
    return function(np.real(x)) + 1j * function(np.imag(x))


@pytest.mark.parametrize(("blocks", "side"), [(1, 6), (4, 7)])
@torch.no_grad()
def test_equals_complex_matrices(blocks: int, side: int) -> None:
    width, threshold = 8, 0.05
    module, x = operator("adaptive_frequency", width, side, blocks=blocks, threshold=threshold), maps(width, side)
    spectrum = np.fft.rfft2(x.numpy(), norm="ortho")
    hidden = by_parts(lambda part: np.maximum(part, 0), layer(module.first, spectrum, blocks))
    mask = layer(module.second, hidden, blocks)
    mask = by_parts(lambda part: np.sign(part) * np.maximum(np.abs(part) - threshold, 0), mask)
    expected = x.numpy() + np.fft.irfft2(spectrum * mask, s=(side, side), norm="ortho")
    np.testing.assert_allclose(module(x).numpy(), expected, rtol=1e-9, atol=1e-9)
