"""How a supernet is trained: one loop, its configuration, its checkpoints."""

from supernet.training.config import TrainConfig, TrainProgress
from supernet.training.loop import Trainer, load_weights, sandwich, train, weights_digest

__all__ = ["TrainConfig", "TrainProgress", "Trainer", "load_weights", "sandwich", "train", "weights_digest"]
