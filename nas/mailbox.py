"""What passes between the workers of a training and the command, as an actor between them. It loads no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class News:
    """What happened since the news before. ``failure`` is final; ``starts`` counts the groups of workers so far."""

    progress: dict[str, Any] | None = None  # of the last step
    said: list[str] = field(default_factory=list)
    failure: Exception | None = None
    starts: int = 0


class Mailbox:
    """A Ray actor: the first worker and the command may sit on different machines."""

    def __init__(self) -> None:
        self.news, self.stop = News(), False

    def start(self) -> Exception | None:
        """Count a group of workers; return why it should not train, if a group before it failed for good."""
        self.news.starts += 1
        return self.news.failure

    def post(self, progress: dict[str, Any]) -> bool:
        """Take the progress of a step; return whether the training is asked to stop."""
        self.news.progress = progress
        return self.stop

    def say(self, text: str) -> None:
        """Take a line of narration."""
        self.news.said.append(text)

    def fail(self, failure: Exception) -> None:
        """Take an error that no restart would mend."""
        self.news.failure = failure

    def ask_to_stop(self) -> None:
        """Ask the workers to write a checkpoint and end."""
        self.stop = True

    def read(self) -> News:
        """Return the news, each step and line once."""
        news, self.news = self.news, News(failure=self.news.failure, starts=self.news.starts)
        return news
