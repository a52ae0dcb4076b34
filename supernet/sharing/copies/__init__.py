"""How many copies of the weights a supernet has and which one a subnet uses, one way a file."""

from supernet.sharing.copies._copies import Copies, Router
from supernet.sharing.copies.few_shot import FewShot
from supernet.sharing.copies.mixture import Mixture
from supernet.sharing.copies.one import One

COPIES: dict[str, type[Copies]] = {
    "few_shot": FewShot,
    "mixture": Mixture,
    "one": One,
}

__all__ = ["COPIES", "Copies", "One", "Router"]
