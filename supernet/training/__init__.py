"""How a supernet is trained: one loop, the parts that make a method, its configuration, its checkpoints."""

from supernet.training.config import TrainConfig, TrainProgress
from supernet.training.interruption import Interruption
from supernet.training.loop import Trainer, train, weights_digest
from supernet.training.method import Method, load_method, method_summary, methods, parse_method
from supernet.training.options import Options
from supernet.training.ranks import Ranks
from supernet.training.supernets import load_supernet, load_weights, new_supernet
from supernet.training.teacher import Teacher

__all__ = [
    "Interruption",
    "Method",
    "Ranks",
    "Options",
    "Teacher",
    "TrainConfig",
    "TrainProgress",
    "Trainer",
    "load_method",
    "load_supernet",
    "load_weights",
    "method_summary",
    "methods",
    "new_supernet",
    "parse_method",
    "train",
    "weights_digest",
]
