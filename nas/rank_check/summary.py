"""What front.json says of a rank check."""

from __future__ import annotations

from typing import Any

from nas.run_folder import RunFolder
from search_spaces.files import read_json


def rank_summary(folder: RunFolder) -> dict[str, Any] | None:
    """Return tau over all networks with its interval, and the words; None where the run was not checked."""
    if not folder.ranking.exists():
        return None
    ranking = read_json(folder.ranking)
    return {"tau": ranking["overall"]["tau"]["inherited"], "words": ranking["words"]}
