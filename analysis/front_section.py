"""The front in the report: the figure, the table of its networks, a drawing of each."""

from __future__ import annotations

from html import escape

from analysis.diagram import stage_diagram
from analysis.figures import figure_html, front_axes, front_figure
from analysis.page import remark, section, table
from analysis.quantities import devices_of, known, latency_text, quantity, seen_from
from analysis.report_words import Entry, any_evaluated, front_size, safe
from analysis.run import Run
from analysis.search_free import search_free_words
from analysis.tie_section import tie_section
from search_spaces import Architecture


def front_section(run: Run) -> str:
    """Return the HTML of the front's figure."""
    if not any_evaluated(run):
        return section("The front", remark("No network was evaluated, so there is no front to draw."))
    measured = any(known(entry, "latency_measured_ms") for entry in run.front["entries"])
    text = "Every dot is an evaluated network; the coloured ones are the front. Point at one for its figures."
    if measured and front_axes(run)[0] == "latency_ms":
        text += " Diamonds show the same networks at the latency that was measured instead of predicted."
    if front_size(run) > len(run.front["entries"]):
        text += " The most evenly spread networks of the front were kept; the others are grey."
    text += f" {search_free_words(run)}".rstrip()
    if run.published:
        text += " Stars are published networks that are points of this space, trained to the end on ImageNet-1K by "
        text += "their authors, whose accuracy they show: compare them where your images are those of ImageNet-1K."
    text += " Accuracy here is from the search split, which steered the search, so it is optimistic."
    return section("The front", remark(text), figure_html(front_figure(run), "front"))


_TABLE = (
    "accuracy", "accuracy_test", "latency_ms", "latency_measured_ms", "macs", "params", "peak_memory_bytes",
)  # fmt: skip
_HEAD = (
    "Network", "Accuracy, search split", "Accuracy, test split", "Latency, predicted (interval)",
    "Latency, measured median", "MACs", "Parameters", "Peak activation memory",
)  # fmt: skip


def network_section(run: Run) -> str:
    """Return the HTML of the table of the front's networks, and of their ties."""
    note = "The test split was used once, for these figures; it did not steer the search."
    rows = [[_network(entry), *(_cell(entry, name) for name in _TABLE)] for entry in run.front["entries"]]
    if not rows:
        return section("Networks of the front", remark("The front is empty: no evaluated network qualified."))
    noisy = any(entry.get("latency_noisy") for entry in run.front["entries"])
    if noisy:
        note += " “Noisy” marks a latency whose interquartile range stayed above 10 % of its median."
    return section("Networks of the front", remark(note), table(_HEAD, rows), *tie_section(run))


def _network(entry: Entry) -> str:
    link = f'<a href="#{_anchor(entry)}">{safe(entry["registry"])}</a>'
    return f'{link}<br><code class="dim">{safe(entry["digest"][:12])}</code>'


def _cell(entry: Entry, name: str) -> str:
    if name == "latency_ms":
        return escape(latency_text(entry))
    if name == "latency_measured_ms":
        return escape(_measured_text(entry))
    return escape(quantity(name).text(entry.get(name)))


def _measured_text(entry: Entry) -> str:
    """Write a measured latency; of each device where the entry has no latency as such."""
    devices = devices_of(entry, "latency_measured_ms")
    if "latency_ms" not in entry and devices:
        return "; ".join(f"{device}: {_measured_text(seen_from(device, entry))}" for device in devices)
    noisy = " (noisy)" if entry.get("latency_noisy") else ""
    return quantity("latency_measured_ms").text(entry.get("latency_measured_ms")) + noisy


def diagram_section(run: Run) -> str:
    """Return the HTML of the drawings, empty where the front is."""
    entries = run.front["entries"]
    if not entries:
        return ""
    note = "Input on the left, a column per stage, a rectangle per block coloured by its operator."
    return section("Inside the networks", remark(note), *(_diagram(run, i) for i in range(len(entries))))


def _diagram(run: Run, index: int) -> str:
    entry = run.front["entries"][index]
    where = f"{run.path / 'front.json'}: entries[{index}].architecture"
    drawing = stage_diagram(Architecture.from_dict(entry["architecture"], source=where))
    accuracy, latency = quantity("accuracy").text(entry["accuracy"]), latency_text(entry)
    return (
        f'<details id="{_anchor(entry)}"{" open" if index == 0 else ""}><summary><strong>'
        f"{safe(entry['registry'])}</strong> <span>{escape(accuracy)} on the search split, "
        f"{escape(latency)} predicted</span></summary>{drawing}</details>"
    )


def _anchor(entry: Entry) -> str:
    return f"network-{escape(str(entry['digest'])[:12])}"
