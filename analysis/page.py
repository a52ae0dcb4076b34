"""The shell of a self-contained page: style, tables, and nothing that is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from analysis.diagram import STYLE as DIAGRAM_STYLE

# The browser itself is told to fetch nothing: only what stands in the file runs.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --dim: #566070; --paper: #fff; --panel: #f5f7f9;
  --line: #dde2e8; --grid: #e6eaee; --accent: #0067a3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --dim: #a2abb8; --paper: #14181e;
  --panel: #1d232b; --line: #343c47; --grid: #2b323c; --accent: #6cbcf0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.2rem); line-height: 1.2; margin: .2rem 0 .6rem;
  overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.8rem 0 .5rem; }
p { max-width: 46rem; margin: .5rem 0; }
a { color: var(--accent); }
.eyebrow, .note, .dim { color: var(--dim); font-size: .9rem; }
.eyebrow { margin: 0; }
.lede { font-size: 1.08rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .7rem;
  margin: 1.2rem 0; }
.facts div { background: var(--panel); border-radius: 8px; padding: .7rem .9rem; }
.facts dt { color: var(--dim); font-size: .85rem; }
.facts dd { margin: 0; font-size: 1.3rem; font-weight: 600; line-height: 1.35; }
.facts small { display: block; color: var(--dim); font-size: .82rem; font-weight: 400; line-height: 1.4; }
.scroll { overflow-x: auto; margin: .6rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: .42rem .55rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th { color: var(--dim); font-weight: 600; vertical-align: bottom; }
thead th { white-space: normal; min-width: 5.2rem; line-height: 1.3; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
table.pairs td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
table.pairs th { text-align: left; white-space: nowrap; vertical-align: top; padding-left: 0; width: 1%; }
pre { background: var(--panel); border-radius: 8px; padding: .8rem 1rem; margin: .6rem 0; font-size: .88rem;
  line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { font-size: .92em; overflow-wrap: anywhere; }
details { border: 1px solid var(--line); border-radius: 8px; padding: 0 .9rem; margin: .5rem 0; }
details[open] { padding-bottom: .6rem; }
summary { cursor: pointer; padding: .55rem 0; }
summary span { color: var(--dim); }
.js-plotly-plot { margin: .4rem 0; }
.js-plotly-plot :is(.xtick, .ytick, .g-xtitle, .g-ytitle, .legend, .annotation) text {
  fill: var(--ink) !important; }
@media (max-width: 40rem) { .modebar { display: none !important; } }
@media (max-width: 30rem) { table.pairs, table.pairs :is(tbody, tr, th, td) { display: block; width: auto; }
  table.pairs th { border: 0; padding-bottom: 0; } table.pairs td { padding-left: 0; } }
"""


def page(title: str, sections: Iterable[str], script: str) -> str:
    """Return the whole HTML document; ``title`` is escaped, ``sections`` are HTML already and may use ``script``."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{DIAGRAM_STYLE}</style>\n<script>{script}</script>\n</head>\n<body>\n<main>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def section(title: str, *parts: str) -> str:
    """Return a section with a heading; ``parts`` are HTML already."""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>"


def remark(text: str) -> str:
    """Return a paragraph that explains; ``text`` is escaped."""
    return f'<p class="note">{escape(text)}</p>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls by itself on a narrow screen; cells are HTML already."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>'


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values, both escaped."""
    body = "\n".join(f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in rows)
    return f'<table class="pairs"><tbody>\n{body}\n</tbody></table>'
