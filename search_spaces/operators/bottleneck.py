"""Reduce, convolve over positions (in groups), expand: the residual block of ResNet-50 and ResNeXt."""

from search_spaces.expressions import Expression
from search_spaces.operators._conv_block import KERNEL_FITS, kernel, residual
from search_spaces.operators._words import Operator, Parameter

WORDS = Operator(
    name="bottleneck",
    slots=("channel_mixer", "downsample"),
    summary="1 x 1 reduce, grouped k x k at the stride, 1 x 1 expand with BatchNorm each, a gate and a shortcut.",
    paper="He et al., ResNet, arXiv:1512.03385; groups: Xie et al., ResNeXt, CVPR 2017, arXiv:1611.05431",
    parameters=(
        Parameter("ratio", "inner channels / width, rounded", low=0.0625, high=4, integer=False, default=0.25),
        kernel(),
        Parameter("groups", "of the convolution over positions", low=1, high=1024, default=1),
        Parameter("group_width", "channels of a group; 0 where groups says their number", low=0, high=256, default=0),
        *residual(),
    ),
    legal=(
        KERNEL_FITS,
        Expression("(group_width == 0 and groups == 1) or width * ratio % 1 == 0"),
        Expression("group_width > 0 or width * ratio % groups == 0 or groups == 1"),
        Expression("group_width == 0 or (groups == 1 and width * ratio % group_width == 0)"),
    ),
    elastic=("ratio", "kernel", "groups", "group_width", "activation", "reduction"),
    merges=True,
)
