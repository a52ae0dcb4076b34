"""What can be built: the language of space files, the words of operators, spaces and architectures.

Data and arithmetic only; nothing here imports torch.
"""

from search_spaces.architecture import Architecture, Block, OpConfig, Stage, read_architecture
from search_spaces.catalogue import list_spaces, load_space, pick_scale, scales, space_path
from search_spaces.errors import InputError
from search_spaces.space import SearchSpace

__all__ = [
    "Architecture",
    "Block",
    "InputError",
    "OpConfig",
    "SearchSpace",
    "Stage",
    "list_spaces",
    "load_space",
    "pick_scale",
    "read_architecture",
    "scales",
    "space_path",
]
