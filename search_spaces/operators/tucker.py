"""Dense convolution between compressed inputs and compressed outputs: a Tucker decomposition."""

from search_spaces.operators._conv_block import KERNEL_FITS, kernel, mobile
from search_spaces.operators._words import Operator, Parameter


def _rank(name: str, of: str) -> Parameter:
    summary = f"channels of the dense convolution / channels that {of}, rounded"
    return Parameter(name, summary, low=0.0625, high=4, integer=False, default=0.25)


WORDS = Operator(
    name="tucker",
    slots=("channel_mixer", "downsample"),
    summary="1 x 1 compress, dense k x k at the stride, linear 1 x 1 project; BatchNorm after each.",
    paper="Xiong et al., MobileDets, CVPR 2021, arXiv:2004.14525",
    parameters=(_rank("input_rank", "enter"), _rank("output_rank", "leave"), kernel(), *mobile()),
    legal=(KERNEL_FITS,),
    elastic=("input_rank", "output_rank", "kernel", "se", "activation"),
    merges=True,
)
