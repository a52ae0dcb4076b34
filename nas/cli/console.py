"""What a person sees: narration and progress on stderr, results on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console

# A file or pipe has no width of its own: nothing is cut there.
out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200)


class Narrator:
    """Says what happens on stderr: bars with time left on a terminal, a line now and then elsewhere."""

    def __init__(self, quiet: bool = False):
        self.quiet = quiet
        self.console = Console(stderr=True, soft_wrap=True, quiet=quiet, highlight=False)
        self.seconds: dict[str, float] = {}

    def say(self, text: str) -> None:
        """Print one line of narration."""
        self.console.print(text)

    @contextmanager
    def phase(self, title: str, total: int) -> Iterator[Phase]:
        """Time and show one phase of ``total`` steps."""
        started = time.monotonic()
        live = self.console.is_terminal and not self.quiet
        with (Bar if live else Lines)(self.console, title, total) as phase:
            yield phase
        self.seconds[title] = round(time.monotonic() - started, 1)


class Phase:
    """A phase of known length; ``update`` says how far it is."""

    def __init__(self, console: Console, title: str, total: int):
        self.console, self.title, self.total = console, title, total

    def __enter__(self) -> Phase:
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        pass

    def update(self, done: int, note: str = "") -> None:
        """Show that ``done`` steps are over."""
        raise TypeError("a phase is a Bar or Lines")


class Bar(Phase):
    """A rich progress bar."""

    def __enter__(self) -> Phase:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self.progress = Progress(*columns, console=self.console)
        self.task = self.progress.add_task(self.title, total=self.total, note="")
        self.progress.start()
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.progress.stop()

    def update(self, done: int, note: str = "") -> None:
        self.progress.update(self.task, completed=done, note=note)


class Lines(Phase):
    """A plain line at every tenth of the way, at most one every five seconds, for logs."""

    def __enter__(self) -> Phase:
        self.started = self.spoken = time.monotonic()
        self.first: int | None = None
        self.console.print(f"{self.title}: {self.total} {'step' if self.total == 1 else 'steps'}")
        return self

    def update(self, done: int, note: str = "") -> None:
        now = time.monotonic()
        self.first = done if self.first is None else self.first
        tenth = max(1, self.total // 10)
        if done != self.total and (done % tenth or now - self.spoken < 5):
            return
        self.spoken = now
        speed = (done - self.first) / max(now - self.started, 1e-9)
        left = f", {(self.total - done) / speed:.0f} s left" if speed > 0 and done < self.total else ""
        self.console.print(f"{self.title}: {done}/{self.total}, {now - self.started:.0f} s{left} {note}".rstrip())


def fail(message: str) -> None:
    """Print one error line on stderr."""
    print(f"error: {message}", file=sys.stderr)
