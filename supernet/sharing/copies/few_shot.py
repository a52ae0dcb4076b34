"""Few-shot: one supernet that parts into one for each value of a choice (arXiv:2006.06863)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from search_spaces import Architecture, SearchSpace
from supernet.sharing.copies._choice import Choice
from supernet.sharing.copies._copies import Copies, Router


@dataclass(frozen=True)
class FewShot(Copies):
    """One copy for the share ``after`` of the training, then one for each value of ``choice``.

    The copies start as the first one, with its momenta. They are all allocated from the beginning: memory and
    checkpoints are as many times as large as the choice has values.
    """

    choice: str
    after: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def router(self, space: SearchSpace) -> Router:
        return _FewShotRouter(Choice(space, self.choice), self.after)


class _FewShotRouter(Router):
    parted: Tensor

    def __init__(self, choice: Choice, after: float):
        super().__init__()
        self.choice, self.after, self.count = choice, after, len(choice.values)
        self.register_buffer("parted", torch.tensor(False))

    def copy_of(self, architecture: Architecture) -> int:
        return self.choice.index(architecture) if self.parted else 0

    def begin(self, rng: np.random.Generator, done: float) -> bool:
        if self.parted or done < self.after:
            return False
        self.parted.fill_(True)
        return True
