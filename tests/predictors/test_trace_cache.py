"""The traces of a space are kept on disk, and a file that can not be trusted is as if it were not there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from predictors import CostTable, trace_cache
from predictors.population import PopulationTable
from predictors.trace_cache import cache_file, cache_folder
from predictors.traces import traces
from search_spaces import SearchSpace, load_space
from tests.predictors.test_range import FOLDED


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder and a process that has traced nothing."""
    monkeypatch.setenv("NAS_CACHE", str(tmp_path / "cache"))
    forget()
    return tmp_path / "cache"


@pytest.fixture
def folded(tmp_path: Path) -> SearchSpace:
    """Six networks of one block."""
    path = tmp_path / "folded.yaml"
    path.write_text(FOLDED)
    return load_space(str(path))


def forget() -> None:
    """Be as a new process."""
    traces.cache_clear()
    trace_cache._read.cache_clear()


def no_tracing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("a part was traced that is in the cache")

    monkeypatch.setattr("predictors.traces._traced", fail)


@pytest.mark.parametrize("form", ["train", "deploy"])
def test_a_second_process_traces_nothing(
    folded: SearchSpace, form: str, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = CostTable(folded, form).range()
    forget()
    no_tracing(monkeypatch)
    table = CostTable(folded, form)
    assert table.price(folded.smallest())["macs"] > 0
    assert table.range() == counted
    assert list(fresh.rglob("*")) == [fresh / "traces", cache_file(folded, form)]


def test_populations_use_it_too(folded: SearchSpace, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    genes = folded.encode(folded.largest())[None]
    totals = PopulationTable(folded).totals(genes)
    forget()
    no_tracing(monkeypatch)
    assert (PopulationTable(folded).totals(genes) == totals).all()


def foreign(content: bytes) -> bytes:
    value = json.loads(gzip.decompress(content))
    value["key"]["torch"] = "1.0"
    value["parts"][0][1][1] += 1
    return gzip.compress(json.dumps(value).encode())


DAMAGE = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "a flipped bit": lambda content: content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
    "text": lambda content: b"hello",
    "other JSON": lambda content: gzip.compress(b"[1]"),
    "another version": foreign,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_file_that_can_not_be_trusted_is_made_anew(folded: SearchSpace, damage: str, fresh: Path) -> None:
    table = CostTable(folded)
    counted, path = table.range(), cache_file(folded, "deploy")
    content = path.read_bytes()
    path.write_bytes(DAMAGE[damage](content))
    forget()
    assert CostTable(folded).range() == counted
    assert path.read_bytes() == content


def test_a_folder_that_can_not_be_written_does_no_harm(
    folded: SearchSpace, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.write_text("a file where the folder should be")
    assert CostTable(folded).range()["macs"][0] > 0
    assert fresh.read_text() == "a file where the folder should be"


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_CACHE", "/one")
    monkeypatch.setenv("XDG_CACHE_HOME", "/two")
    assert cache_folder() == Path("/one")
    monkeypatch.delenv("NAS_CACHE")
    assert cache_folder() == Path("/two/nas")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "nas"
