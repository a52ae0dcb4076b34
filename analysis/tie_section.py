"""What the report says of networks that noise can not tell apart."""

from __future__ import annotations

from analysis.page import pairs, remark
from analysis.run import Run

_HOW = (
    "A network is clearly ahead where noise does not decide between it and any other of the front: each of the two is "
    "better than the other in something by more than noise. Of two that are tied, one may in truth be better in all: "
    "take the one that is surely cheaper. Noise of the accuracy is that of the images of the search split (95 % "
    "intervals of a paired bootstrap), noise of the latency the middle half of the timings."
)


def tie_rows(run: Run) -> list[tuple[str, str]]:
    """Return each network of the front and which others it is tied with; none where the run did not record it."""
    names = {entry["digest"]: str(entry["registry"]) for entry in run.front["entries"]}
    return [
        (names[entry["digest"]], _words([str(names.get(digest, digest[:12])) for digest in entry["tied_with"]]))
        for entry in run.front["entries"]
        if "tied_with" in entry
    ]


def tie_section(run: Run) -> list[str]:
    """Return the HTML of the ties, empty where they were not recorded."""
    rows = tie_rows(run)
    return ["<h3>Clearly ahead, or tied</h3>", remark(_HOW), pairs(rows)] if rows else []


def _words(others: list[str]) -> str:
    return f"tied with {', '.join(others)}" if others else "clearly ahead"
