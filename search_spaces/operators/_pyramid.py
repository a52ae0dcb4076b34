"""The rule of operators that halve a map several times."""

from search_spaces.expressions import Expression

# A map of one pixel cannot be halved.
CAN_HALVE = Expression(" or ".join(f"levels == {level} and side > {2 ** (level - 1)}" for level in range(1, 6)))
