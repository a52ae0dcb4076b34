"""Which subnets a training step trains, one strategy a file."""

from supernet.training.samplers._sampler import Role, Sampler, Step, Subnet
from supernet.training.samplers.attentive import Attentive
from supernet.training.samplers.complexity_walk import ComplexityWalk
from supernet.training.samplers.coverage import Coverage
from supernet.training.samplers.fairnas import FairNAS
from supernet.training.samplers.flops_bins import FlopsBins
from supernet.training.samplers.largest import Largest
from supernet.training.samplers.masked_pairs import MaskedPairs
from supernet.training.samplers.sandwich import Sandwich
from supernet.training.samplers.single_path import SinglePath
from supernet.training.samplers.sorted_nested import SortedNested

SAMPLERS: dict[str, type[Sampler]] = {
    "attentive": Attentive,
    "complexity_walk": ComplexityWalk,
    "coverage": Coverage,
    "fairnas": FairNAS,
    "flops_bins": FlopsBins,
    "largest": Largest,
    "masked_pairs": MaskedPairs,
    "sandwich": Sandwich,
    "single_path": SinglePath,
    "sorted_nested": SortedNested,
}

__all__ = ["SAMPLERS", "Role", "Sampler", "Sandwich", "Step", "Subnet"]
