"""How the subnets of a space share weights."""

from supernet.sharing.copies import COPIES, Copies, Router
from supernet.sharing.sharing import Sharing

__all__ = ["COPIES", "Copies", "Router", "Sharing"]
