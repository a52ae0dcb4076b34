"""One training from its checkpoint to its end: steps, checkpoints, faults, the wish to stop, the curves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces import InputError
from search_spaces.errors import WorkError
from supernet.checkpoint import DamagedCheckpoint, previous
from supernet.training.config import TrainProgress
from supernet.training.interruption import Interruption
from supernet.training.recovery import ROLLBACKS, SKIPS, Buffers, NotFinite
from supernet.training.scalars import Scalars

if TYPE_CHECKING:
    from supernet.training.loop import Trainer

CHECKPOINT_SECONDS = 30.0


class Session:
    """Drives a trainer. Of several ranks the first alone writes and speaks; all of them decide alike."""

    def __init__(
        self,
        trainer: Trainer,
        path: Path | str,
        on_step: Callable[[TrainProgress], None],
        say: Callable[[str], None],
        scalars: Scalars | None,
        interruption: Interruption,
    ):
        self.trainer, self.path, self.on_step, self.interruption = trainer, Path(path), on_step, interruption
        first = trainer.ranks.first
        self.say, self.scalars = (say, scalars) if first else (lambda text: None, None)
        self.buffers = Buffers(trainer.supernet)
        self.rollbacks, self.saved_step = 0, -1

    def run(self) -> None:
        """Train to the end.

        Raises KeyboardInterrupt after the checkpoint when it was asked to stop, InputError for a checkpoint of another
        training and for a full disk, WorkError when rolling back does not help.
        """
        try:
            with self.interruption.on_signals():
                self._start()
                self._train()
        finally:
            if self.scalars is not None:
                self.scalars.close()

    def _start(self) -> None:
        """Continue from the checkpoint, or write the first one: a training always has one to return to."""
        fresh = not self.path.exists() and not previous(self.path).exists()
        if fresh:
            self._meet()  # nobody writes before all have looked
            self._save()
            return
        try:
            self._load(self.path)
        except DamagedCheckpoint as damage:
            self._fall_back(damage)

    def _train(self) -> None:
        self.started, self.first = time.monotonic(), self.trainer.step
        while self.trainer.step < self.trainer.steps:
            self._step()
            if self.trainer.ranks.any(self.interruption.asked, self.trainer.device):
                self._save()
                raise KeyboardInterrupt
            if time.monotonic() - self.saved_at > CHECKPOINT_SECONDS and self.trainer.pace.bad == 0:
                self._save()
        self._save()

    def _fall_back(self, damage: DamagedCheckpoint) -> None:
        """Continue from the checkpoint before the newest, which is damaged or lacks; it becomes the newest."""
        before = previous(self.path)
        if not before.exists():
            raise damage
        try:
            self._load(before)
        except DamagedCheckpoint as second:
            raise InputError(f"{damage} The one before can not be used either: {second}") from second
        self._meet()
        if self.trainer.ranks.first:
            os.replace(before, self.path)
        told = str(damage).partition(". Delete")[0]
        self.say(f"warning: {told}. Going on from the one before, {before}, of step {self.saved_step}")

    def _meet(self) -> None:
        """Wait until all ranks are here."""
        self.trainer.ranks.any(False, self.trainer.device)

    def _load(self, path: Path) -> None:
        self.trainer.load(path)
        self.saved_at, self.saved_step = time.monotonic(), self.trainer.step
        if self.scalars is not None:
            self.scalars.resume(self.trainer.step)

    def _save(self) -> None:
        """Write a checkpoint unless that of this step is there."""
        if self.trainer.step == self.saved_step:
            return
        if self.trainer.ranks.first:
            try:
                if self.scalars is not None:
                    self.scalars.save()
                self.trainer.save(self.path)
            except InputError as error:
                raise InputError(f"{error}{self._what_is_left()}") from error
        self.saved_at, self.saved_step, self.rollbacks = time.monotonic(), self.trainer.step, 0

    def _what_is_left(self) -> str:
        if self.saved_step < 0:
            return ""
        return f" The checkpoint of step {self.saved_step} is whole: continue with --resume."

    def _step(self) -> None:
        """Train one step, or skip it where a loss or a gradient is not finite."""
        self.buffers.keep()
        try:
            losses = self.trainer.train_step()
        except NotFinite as fault:
            self.buffers.restore()
            self._skip(str(fault))
            return
        self._report(losses)

    def _report(self, losses: dict[str, float]) -> None:
        trainer = self.trainer
        seconds = max(time.monotonic() - self.started, 1e-9)
        speed = (trainer.step - self.first) * trainer.config.batch_size / seconds
        progress = TrainProgress(trainer.step, trainer.steps, losses, trainer.learning_rate, speed)
        if self.scalars is not None:
            self.scalars.add(progress, trainer.exposure.counts)
        self.on_step(progress)

    def _skip(self, fault: str) -> None:
        """Go on with the next batch at half the learning rate; after several such steps, from the checkpoint."""
        pace, step = self.trainer.pace, self.trainer.step
        pace.skip()
        self.trainer.step += 1
        self.say(f"step {step + 1}: {fault}; skipped, learning rate scaled by {pace.scale:g} from here")
        if pace.bad == SKIPS:
            self._roll_back(fault)

    def _roll_back(self, fault: str) -> None:
        pace, self.rollbacks = self.trainer.pace, self.rollbacks + 1
        if self.rollbacks > ROLLBACKS:
            raise WorkError(
                f"{fault} at step {self.trainer.step}, still after {ROLLBACKS} returns to the checkpoint of step "
                f"{self.saved_step} with a smaller learning rate. Look for broken images, or train again with a lower "
                f"--learning-rate. {self.path} and {previous(self.path).name} are from before."
            )
        self._load(self.path)
        pace.bad = 0
        self.trainer.pace = pace
        self.say(f"{SKIPS} steps in a row were not finite: back to the checkpoint of step {self.trainer.step}")
