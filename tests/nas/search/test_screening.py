"""Few images first: who is judged on all, what the journal says of it, kills, and an order that does not hold."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nas.plan import make_plan
from nas.search.journal import Journal
from nas.search.records import Evaluated
from nas.search.screening import ScreenedGenerations, in_order, screening_text, stability
from nas.search.searchers import SearchTask, make_searcher
from nas.settings import SearchSettings
from search_spaces import InputError
from tests.nas.search import synthetic
from tests.nas.search.test_searchers import PROBLEM

_PLACES, _IMAGES, _ALL = 4, 100, 1000


def value(point: Any, images: int | None, *, useless: bool = False) -> dict[str, float]:
    """Return a noisy accuracy, the same for the same images; on the first images it may be useless."""
    name = f"{point.digest}{images}"
    noise = float(np.random.default_rng(zlib.crc32(name.encode())).normal(0, 0.01 if images else 0.001))
    if images and useless:
        return {"accuracy": zlib.crc32(name.encode()) % 1000 / 1000, "images": images}
    return {"accuracy": synthetic.accuracy(point) + noise, "images": images or _ALL}


class Play:
    """A search by formulas, which counts what was evaluated on how many images."""

    def __init__(self, name: str, path: Path, total: int, *, stop: int | None = None, useless: bool = False):
        searched = SearchTask(synthetic.domain(), PROBLEM, synthetic.prices(synthetic.space()), population=3 * _PLACES)
        self.asked: list[tuple[str, int | None]] = []
        with Journal(path, weights="w", data="d") as journal:
            generations = ScreenedGenerations(
                make_searcher(name, searched), journal, total, _PLACES, _IMAGES, [PROBLEM]
            )
            while not generations.finished and (stop is None or len(self.asked) < stop):
                taken = [pair for pair in (generations.next() for _ in range(3)) if pair]
                for index, candidate in reversed(taken):
                    images = generations.judged_on(index)
                    self.asked.append((candidate.point.digest, images))
                    if candidate.point.digest.startswith("0"):
                        generations.fail(index, "boom", final=True)
                    else:
                        generations.succeed(index, value(candidate.point, images, useless=useless), 0.1)
            self.found: list[Evaluated] = journal.evaluations
            self.done = generations.done


@pytest.mark.parametrize("name", ["surrogate", "nsga2", "random"])
def test_the_best_of_three_are_judged_on_all_images_and_nothing_twice(name: str, tmp_path: Path) -> None:
    play = Play(name, tmp_path / "e.jsonl", 18)
    assert play.done == 18 == sum(one.status != "screened" for one in play.found)
    assert len(set(play.asked)) == len(play.asked)
    assert len({one.point.digest for one in play.found}) == len(play.found)
    assert [one.index for one in play.found] == list(range(len(play.found)))
    for one in play.found:
        if one.status == "ok":
            assert one.metrics["images"] == _ALL
            assert one.metrics["screened_accuracy"] == value(one.point, _IMAGES)["accuracy"]
        elif one.status == "screened":
            assert one.metrics["images"] == _IMAGES and one.metrics["accuracy"] == value(one.point, _IMAGES)["accuracy"]
    first = play.found[: 3 * _PLACES]
    assert sum(one.ok for one in first) == _PLACES


@pytest.mark.parametrize("stop", [5, 14, 20, 33])
def test_stopped_and_resumed_equals_uninterrupted(stop: int, tmp_path: Path) -> None:
    whole = Play("nsga2", tmp_path / "whole.jsonl", 14).found
    Play("nsga2", tmp_path / "parts.jsonl", 14, stop=stop)
    assert Play("nsga2", tmp_path / "parts.jsonl", 14).found == whole


@pytest.mark.parametrize("kept", [1, 5, 9, 13, 25])
def test_any_part_of_the_journal_leads_to_the_same(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "e.jsonl"
    whole = Play("nsga2", path, 14).found
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:kept]))
    resumed = Play("nsga2", path, 14)
    assert resumed.found == whole
    full = {json.loads(line)["digest"] for line in lines[:kept]}
    assert not full & {digest for digest, _ in resumed.asked}, "what the journal answers is not evaluated again"


def test_an_order_that_does_not_hold_leaves_screening_out(tmp_path: Path) -> None:
    play = Play("random", tmp_path / "e.jsonl", 40, useless=True)
    found = stability(play.found)
    assert found is not None and found[0] < 0.5 and not in_order(play.found)
    assert "left out" in screening_text(play.found)
    last = [one for one in play.found if "screened_accuracy" in one.metrics or one.status == "screened"][-1].index
    after = [one for one in play.found if one.index > last]
    assert len(after) > 10 and all(one.status != "screened" for one in after)
    assert play.done == 40


def test_an_order_that_holds_is_told(tmp_path: Path) -> None:
    found = Play("random", tmp_path / "e.jsonl", 20).found
    assert in_order(found) and screening_text(found).startswith("screening: tau 0.")
    assert stability(found[:12]) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"screening_images": 5000}, "fewer than the 270 images of the search split, found 5,000"),
        ({"screening_images": 64, "objectives": "macs,params"}, "accuracy, which is none of the objectives"),
    ],
)
def test_screening_that_makes_no_sense_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        make_plan(SearchSettings("lk_convnet", **changed))


def test_at_least_one_image() -> None:
    with pytest.raises(InputError, match="--screening-images must be at least 1, found 0"):
        SearchSettings("lk_convnet", screening_images=0)
