"""How networks are built and trained: operators, the supernet, its training, and the data it learns from."""

from supernet.deploy import deploy
from supernet.evaluate import accuracy, recalibrate
from supernet.network import Supernet, build

__all__ = ["Supernet", "accuracy", "build", "deploy", "recalibrate"]
