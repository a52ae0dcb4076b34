"""Which form of depthwise convolution is the quickest on this device, for the shapes of a space."""

from __future__ import annotations

import numpy as np
import torch

from predictors.backends import Backend, Eager
from predictors.timer import quiet_torch
from search_spaces import SearchSpace
from supernet import Supernet
from supernet.depthwise import Case, DepthwiseTable, measure_cases, recorded

_NETWORKS = 12  # whose depthwise convolutions are looked at, besides the extremes
BATCH = 64  # images of a training step


def measure_depthwise(space: SearchSpace, backend: Backend, seed: int, batch: int = BATCH) -> DepthwiseTable | None:
    """Time the forms of each kernel, dilation and side of the space, at its largest width, on the CPU of a back end.

    Seconds; the table serves other widths and batches within a factor of four. None for a device that does not
    train: any but this machine's CPU, in float32.
    """
    if type(backend) is not Eager or backend.device.type != "cpu" or backend.setting.dtype != "float32":
        return None
    widest: dict[Case, Case] = {}
    for case in _cases(space, seed):
        one = case._replace(batch=batch)
        alike = one._replace(channels=0)
        widest[alike] = max(widest.get(alike, one), one, key=lambda found: found.channels)
    with quiet_torch(backend.setting.threads):
        return measure_cases(widest.values())


def _cases(space: SearchSpace, seed: int) -> list[Case]:
    """Return what a few networks of the space ask for, with one image."""
    rng = np.random.default_rng(seed)
    supernet = Supernet(space).eval()
    with recorded() as cases, torch.no_grad():
        for network in [space.largest(), space.smallest(), *(space.sample(rng) for _ in range(_NETWORKS))]:
            with supernet.activate(network):
                supernet(torch.zeros(1, *network.input_shape))
    return list(cases)
