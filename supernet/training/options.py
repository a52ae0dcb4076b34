"""How a method is trained beyond its parts; written in its file under ``options``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class Options:
    """Options of a training.

    - ``sort_channels``: before channels shrink for the first time, hidden channels are sorted by importance (OFA,
      arXiv:1908.09791).
    - ``drop_path``: share of the images for which the last residual branch of the largest subnet is left out, less in
      the blocks before (stochastic depth, arXiv:1603.09382); smaller subnets keep theirs (BigNAS, arXiv:2003.11142).
    - ``zero_init``: norms that close a residual branch start at zero, so that the block starts as identity
      (arXiv:1706.02677); at one otherwise.
    - ``ema``: decay of a moving average of the weights, which takes their place at the end; 0 for none.
    - ``precision``: auto is bfloat16 on CUDA and float32 elsewhere.
    - ``accumulation``: a batch is worked off in so many parts, their gradients summed.
    """

    sort_channels: bool = False
    drop_path: Annotated[float, Field(ge=0, lt=1)] = 0.0
    zero_init: bool = True
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    precision: Precision = "auto"
    accumulation: Annotated[int, Field(ge=1)] = 1
