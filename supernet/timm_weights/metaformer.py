"""timm's MetaFormers: PoolFormerV2, ConvFormer, CAFormer.

PoolFormer itself is not among them: timm takes the mean over positions before the last norm, its authors after
it, which makes the classifier's inputs differ by a factor for each image.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from search_spaces import Architecture
from supernet.timm_weights._rename import BLOCK, DOWN, renamed, split_projections

_SIZES = {
    "poolformerv2": ("s12", "s24", "s36", "m36", "m48"),
    "convformer": ("s18", "s36", "m36", "b36"),
    "caformer": ("s18", "s36", "m36", "b36"),
}
MODELS: dict[str, str] = {f"{name}_{size}": f"{name}_{size}" for name, sizes in _SIZES.items() for size in sizes}

_NORMS_AND_MLP = (
    (r"stem\.conv\.", "stem.conv.conv."),
    (r"stem\.norm\.", "stem.conv.norm."),
    (DOWN + r"norm\.", r"\1before."),
    (DOWN + r"conv\.", r"\1conv."),
    (BLOCK + r"norm1\.", r"\1norm.norm."),
    (BLOCK + r"norm2\.", r"\1channel_norm.norm."),
    (BLOCK + r"res_scale1\.scale", r"\1residual.shortcuts.0.weight"),
    (BLOCK + r"res_scale2\.scale", r"\1residual.shortcuts.1.weight"),
    (BLOCK + r"mlp\.fc1\.", r"\1channel_mixer.expand."),
    (BLOCK + r"mlp\.act\.", r"\1channel_mixer.activation."),
    (BLOCK + r"mlp\.fc2\.", r"\1channel_mixer.project."),
)
_MIXERS = (
    (BLOCK + r"token_mixer\.pwconv1\.", r"\1mixer.expand."),
    (BLOCK + r"token_mixer\.act1\.", r"\1mixer.activation."),
    (BLOCK + r"token_mixer\.dwconv\.", r"\1mixer.depthwise."),
    (BLOCK + r"token_mixer\.(?:pwconv2|proj)\.", r"\1mixer.project."),
    (BLOCK + r"token_mixer\.qkv\.(\d)\.", r"\1mixer.heads.qkv.convs.\2."),
)
_LINEAR_HEAD = ((r"head\.norm\.", "head.norm."), (r"head\.fc\.", "head.linear."))
_MLP_HEAD = (
    (r"head\.norm\.", "head.before."),
    (r"head\.fc\.fc1\.", "head.expand."),
    (r"head\.fc\.act\.", "head.activation."),
    (r"head\.fc\.norm\.", "head.norm."),
    (r"head\.fc\.fc2\.", "head.classify."),
)


def weights(state: Mapping[str, Tensor], architecture: Architecture) -> dict[str, Tensor]:
    """Return timm's weights under our names."""
    head = _MLP_HEAD if architecture.head.op == "mlp_head" else _LINEAR_HEAD
    return renamed(split_projections(state), (*_NORMS_AND_MLP, *_MIXERS, *head), architecture)
