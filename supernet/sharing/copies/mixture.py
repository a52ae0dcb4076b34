"""Balanced mixture of supernets for a choice whose values harm each other (arXiv:2306.11982)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from search_spaces import Architecture, SearchSpace
from supernet.sharing.copies._balance import balance
from supernet.sharing.copies._choice import Choice
from supernet.sharing.copies._copies import Copies, Router


@dataclass(frozen=True)
class Mixture(Copies):
    """``copies`` of the weights; which one serves which value of ``choice`` is learned.

    A step trains the subnets of a value in one copy, drawn with probabilities in which every copy serves equally many
    values. They follow the running accuracy (of the step's training batch, which costs nothing; the paper reads a
    batch that is held out) of each value in each copy, at an inverse temperature that grows from 1 to ``sharpness``
    over the training. A subnet is evaluated in the most probable copy of its value. Memory and checkpoints are
    ``copies`` times as large; a step takes the same time.
    """

    choice: str
    copies: Annotated[int, Field(ge=2)] = 4
    sharpness: Annotated[float, Field(ge=1)] = 100.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9

    def router(self, space: SearchSpace) -> Router:
        return _MixtureRouter(Choice(space, self.choice), self)


class _MixtureRouter(Router):
    """``scores`` [values, copies] are running accuracies, ``offsets`` [copies] what balances them."""

    scores: Tensor
    offsets: Tensor
    temperature: Tensor

    def __init__(self, choice: Choice, options: Mixture):
        super().__init__()
        self.choice, self.options, self.count = choice, options, options.copies
        self.register_buffer("scores", torch.ones(len(choice.values), self.count, dtype=torch.float64))
        self.register_buffer("offsets", torch.zeros(self.count, dtype=torch.float64))
        self.register_buffer("temperature", torch.ones((), dtype=torch.float64))
        self.drawn: list[int] | None = None

    def copy_of(self, architecture: Architecture) -> int:
        value = self.choice.index(architecture)
        return int(self._logits()[value].argmax()) if self.drawn is None else self.drawn[value]

    def _logits(self) -> np.ndarray:
        return (self.temperature * self.scores + self.offsets).cpu().numpy()

    def begin(self, rng: np.random.Generator, done: float) -> bool:
        self.temperature.fill_(1 + (self.options.sharpness - 1) * done)
        probabilities, offsets = balance(self._logits())
        self.offsets += torch.as_tensor(offsets).to(self.offsets)
        self.drawn = [int(rng.choice(self.count, p=row / row.sum())) for row in probabilities]
        return False

    def observe(self, architecture: Architecture, accuracy: float) -> None:
        score = self.scores[self.choice.index(architecture), self.copy_of(architecture)]
        score.mul_(self.options.momentum).add_((1 - self.options.momentum) * accuracy)

    def end(self) -> None:
        self.drawn = None
