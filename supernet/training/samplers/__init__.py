"""Which subnets a training step trains, one strategy a file."""

from supernet.training.samplers._sampler import Role, Sampler, Step, Subnet
from supernet.training.samplers.largest import Largest
from supernet.training.samplers.sandwich import Sandwich
from supernet.training.samplers.single_path import SinglePath

SAMPLERS: dict[str, type[Sampler]] = {
    "largest": Largest,
    "sandwich": Sandwich,
    "single_path": SinglePath,
}

__all__ = ["SAMPLERS", "Role", "Sampler", "Sandwich", "Step", "Subnet"]
