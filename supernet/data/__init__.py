"""The images or sequences that a supernet learns from: where they come from, their splits, their augmentation."""

from supernet.data._types import ImageData, Normalise, Split
from supernet.data.load import load_data
from supernet.data.subset import subset

__all__ = ["ImageData", "Normalise", "Split", "load_data", "subset"]
