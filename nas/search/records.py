"""What a search handles: a candidate that a searcher proposes, and an evaluation that came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from search_spaces import Architecture, InputError

Origin = Literal["seed", "extreme", "random", "child", "member", "optuna", "nested", "mutation", "crossover"]
# The last two: old.
Status = Literal["ok", "failed", "screened"]


@dataclass(frozen=True)
class Candidate:
    """A point to evaluate, how it was made, and the metrics known without an evaluation."""

    point: Any
    origin: Origin
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Evaluated:
    """One finished evaluation; ``index`` is its place among the proposals, whenever it finished.

    ``metrics`` of a failed one holds only what was known before; ``error`` says what happened.
    ``seconds`` is the time of the evaluation itself.
    """

    index: int
    point: Any
    origin: Origin
    status: Status
    error: str | None
    metrics: Mapping[str, float]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the evaluation has a result."""
        return self.status == "ok"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: one line of evaluations.jsonl."""
        return {
            "index": self.index,
            "digest": self.point.digest,
            "architecture": self.point.to_dict(),
            "origin": self.origin,
            "status": self.status,
            "error": self.error,
            "metrics": dict(self.metrics),
            "seconds": self.seconds,
        }

    @classmethod
    def from_dict(
        cls, value: Mapping[str, Any], where: str, read: Callable[[Any, str], Any] = Architecture.from_dict
    ) -> Evaluated:
        """Read the JSON form, in which ``read`` reads the point.

        Raises InputError starting with ``where`` for anything that is not one.
        """
        try:
            point = read(value["architecture"], where)
            evaluated = cls(
                index=int(value["index"]),
                point=point,
                origin=value["origin"],
                status=value["status"],
                error=value["error"],
                metrics={str(name): 0 + metric for name, metric in value["metrics"].items()},
                seconds=float(value["seconds"]),
            )
            digest = value["digest"]
        except InputError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: not an evaluation: {type(error).__name__} {error}") from error
        if evaluated.status not in get_args(Status) or evaluated.origin not in get_args(Origin):
            raise InputError(f"{where}: unknown status {evaluated.status!r} or origin {evaluated.origin!r}")
        if digest != point.digest:
            raise InputError(f"{where}: the digest {digest!r} is not that of what stands beside it")
        return evaluated
