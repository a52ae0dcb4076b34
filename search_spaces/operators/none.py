"""No gate."""

from search_spaces.operators._words import Operator

WORDS = Operator(name="none", slot="gate", summary="No channel attention.", paper="-")
