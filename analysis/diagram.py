"""The stage diagram of one network as HTML: a column per stage, a rectangle per block, coloured by operator."""

from __future__ import annotations

from colorsys import hls_to_rgb
from html import escape

from search_spaces import Architecture
from search_spaces.architecture import Block, Layout, OpConfig, size_text
from search_spaces.operators import OPERATORS, operators_of

# Okabe & Ito's palette, which colour-blind readers can tell apart, for the mixers that are met most; the others
# take hues a golden angle apart.
_PALETTE = {
    "dilated_reparam": "#d55e00",
    "dw_conv": "#0072b2",
    "identity": "#8a8f98",
    "inception_dw": "#009e73",
    "pool": "#cc79a7",
    "sep_conv": "#56b4e9",
    "attention": "#e69f00",
    "focal_modulation": "#b8a800",
}
_GOLDEN_ANGLE = 0.381966

STYLE = """
.nas-diagram { margin: .5rem 0; font: 13px/1.4 system-ui, sans-serif; }
.nas-diagram .columns { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start; }
.nas-diagram .column { flex: 1 1 8.5rem; max-width: 14rem; }
.nas-diagram .column > header { margin-bottom: .35rem; }
.nas-diagram .column b { display: block; }
.nas-diagram .dim { color: color-mix(in srgb, currentColor 66%, transparent); font-size: 12px; }
.nas-diagram .block { border-left: 5px solid var(--mixer); border-radius: 4px; padding: .2rem .5rem .25rem;
  margin-bottom: .25rem; background: color-mix(in srgb, var(--mixer) 14%, transparent); }
.nas-diagram .block .dim { display: block; }
.nas-diagram figcaption { margin-top: .4rem; }
.nas-diagram .key { display: inline-block; margin-right: .9rem; }
.nas-diagram .key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin-right: .35em; background: var(--mixer); vertical-align: -.05em; }
"""


def stage_diagram(architecture: Architecture) -> str:
    """Return an HTML figure of the network, input to output; pair it once with ``STYLE``.

    Every stage says its width in channels and its side in pixels, every block its main operator with
    kernel and dilation, and what else it has. The columns wrap on a narrow screen.
    """
    size = size_text(architecture.resolution, architecture.layout, architecture.channels)
    ends = (
        _column("Input", size, [_plain("stem", architecture.stem)]),
        _column("Output", f"{architecture.classes} classes", [_plain("head", architecture.head)]),
    )
    stages = [_stage_column(architecture, index) for index in range(len(architecture.stages))]
    used = {main_operator(block).op for stage in architecture.stages for block in stage.blocks}
    keys = "".join(
        f'<span class="key" style="--mixer: {operator_colour(op)}"><i></i>{escape(op)}</span>' for op in sorted(used)
    )
    columns = "".join([ends[0], *stages, ends[1]])
    return (
        f'<figure class="nas-diagram"><div class="columns">{columns}</div>'
        f'<figcaption class="dim">{keys}</figcaption></figure>'
    )


def main_operator(block: Block) -> OpConfig:
    """Return what a block is known by: its mixer, or a channel mixer that is the block, as in MobileNet and ResNet."""
    alone = block.residual.op == "plain" and block.mixer.op == "identity" and block.channel_mixer.op != "none"
    return block.channel_mixer if alone else block.mixer


def operator_colour(op: str) -> str:
    """Return the colour (hex) that stands for a mixer or channel mixer in every diagram."""
    if op in _PALETTE:
        return _PALETTE[op]
    place = _mixing().index(op)
    colour = hls_to_rgb(place * _GOLDEN_ANGLE % 1, (0.38, 0.52)[place % 2], 0.55)
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def op_text(config: OpConfig, layout: Layout = "image") -> str:
    """Describe an operator in words a reader knows: ``dw_conv 7×7, dilation 2``, 1×7 over a sequence."""
    return ", ".join([_name(config, layout), *(_parameter(name, value) for name, value in _rest(config))])


def _name(config: OpConfig, layout: Layout) -> str:
    if not _has_kernel(config):
        return config.op
    return f"{config.op} {1 if layout == 'sequence' else config['kernel']}×{config['kernel']}"


def _rest(config: OpConfig) -> list[tuple[str, object]]:
    """Parameters worth a word: a kernel over the map stands in the name; defaults and options off do not."""
    silent = {"kernel"} if _has_kernel(config) else set()
    usual = {p.name: p.default for p in OPERATORS[config.op].parameters}
    return [(k, v) for k, v in config.params if v is not False and k not in silent and v != usual[k]]


def _has_kernel(config: OpConfig) -> bool:
    """Whether its kernel lies on the map, as those of mixers and channel mixers; a gate's may run over channels."""
    return config.op in _mixing() and "kernel" in dict(config.params)


def _mixing() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*operators_of("mixer"), *operators_of("channel_mixer"))))


def _parameter(name: str, value: object) -> str:
    if value is True:
        return name
    return str(value) if isinstance(value, str) else f"{name} {value}"


def _stage_column(architecture: Architecture, index: int) -> str:
    stage, side = architecture.stages[index], architecture.sides[index]
    down = [_plain("downsample", stage.downsample)] if stage.downsample else []
    blocks = [_block(block, architecture.layout) for block in stage.blocks] or ['<div class="dim">no blocks</div>']
    return _column(f"Stage {index + 1}", f"width {stage.width}, {size_text(side, architecture.layout)}", down + blocks)


def _column(title: str, size: str, rows: list[str]) -> str:
    head = f'<header><b>{title}</b><span class="dim">{escape(size.replace(" x ", "×"))}</span></header>'
    return f'<div class="column">{head}{"".join(rows)}</div>'


def _block(block: Block, layout: Layout) -> str:
    style = [] if block.residual.op == "single" else [op_text(block.residual)]
    main = main_operator(block)
    others = [block.position, block.norm, block.gate, *([] if main is block.channel_mixer else [block.channel_mixer])]
    details = " · ".join([*style, *(op_text(config, layout) for config in others if config.op != "none")])
    return (
        f'<div class="block" style="--mixer: {operator_colour(main.op)}">{escape(op_text(main, layout))}'
        f'<span class="dim">{escape(details)}</span></div>'
    )


def _plain(role: str, config: OpConfig) -> str:
    return (
        f'<div class="block" style="--mixer: transparent">{role}'
        f'<span class="dim">{escape(op_text(config))}</span></div>'
    )
