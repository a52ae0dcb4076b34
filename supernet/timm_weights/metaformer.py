"""timm's MetaFormers: PoolFormerV2, ConvFormer, CAFormer.

PoolFormer itself is not among them: timm takes the mean over positions before the last norm, its authors after
it, which makes the classifier's inputs differ by a factor for each image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from search_spaces import Architecture
from supernet.network import build

_SIZES = {
    "poolformerv2": ("s12", "s24", "s36", "m36", "m48"),
    "convformer": ("s18", "s36", "m36", "b36"),
    "caformer": ("s18", "s36", "m36", "b36"),
}
MODELS: dict[str, str] = {f"{name}_{size}": f"{name}_{size}" for name, sizes in _SIZES.items() for size in sizes}

# Parts of our names and of timm's, applied in this order.
_NAMES = (
    (r"^stem\.conv\.", "stem."),
    (r"\.downsample\.convs\.[^.]+\.before", ".downsample.norm"),
    (r"\.downsample\.convs\.[^.]+\.", ".downsample."),
    (r"\.channel_norm\.norm\.", ".norm2."),
    (r"\.norm\.norm\.", ".norm1."),
    (r"\.residual\.shortcuts\.0\.weight", ".res_scale1.scale"),
    (r"\.residual\.shortcuts\.1\.weight", ".res_scale2.scale"),
    (r"\.channel_mixer\.expand\.", ".mlp.fc1."),
    (r"\.channel_mixer\.activation\.", ".mlp.act."),
    (r"\.channel_mixer\.project\.", ".mlp.fc2."),
    (r"\.mixer\.expand\.", ".token_mixer.pwconv1."),
    (r"\.mixer\.activation\.", ".token_mixer.act1."),
    (r"\.mixer\.depthwise\.", ".token_mixer.dwconv."),
)
_LINEAR_HEAD = ((r"^head\.linear\.", "head.fc."),)
_MLP_HEAD = (
    (r"^head\.norm\.", "head.fc.norm."),
    (r"^head\.before\.", "head.norm."),
    (r"^head\.expand\.", "head.fc.fc1."),
    (r"^head\.classify\.", "head.fc.fc2."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names and in our shapes (1 x 1 convolutions where timm has linear layers)."""
    with torch.device("meta"):
        ours = build(architecture).state_dict()
    names = _NAMES + (_MLP_HEAD if architecture.head.op == "mlp_head" else _LINEAR_HEAD)
    return {name: _weight(name, names, state).reshape(like.shape) for name, like in ours.items()}


def _weight(name: str, names: tuple[tuple[str, str], ...], state: Mapping[str, Tensor]) -> Tensor:
    part = re.fullmatch(r"(.*)\.mixer\.heads\.qkv\.convs\.(\d)\.weight", name)
    if part is not None:
        return state[f"{part[1]}.token_mixer.qkv.weight"].chunk(3)[int(part[2])]
    for pattern, replacement in names:
        name = re.sub(pattern, replacement, name)
    project = name.replace(".mixer.project.", ".token_mixer.pwconv2.")
    return state[project] if project in state else state[name.replace(".mixer.project.", ".token_mixer.proj.")]
