"""What the subnets of a training step learn from, one objective a file."""

from supernet.training.objectives._objective import Objective
from supernet.training.objectives.alpha_divergence import AlphaDivergence
from supernet.training.objectives.external_teacher import ExternalTeacher
from supernet.training.objectives.in_place import InPlace
from supernet.training.objectives.labels import Labels

OBJECTIVES: dict[str, type[Objective]] = {
    "alpha_divergence": AlphaDivergence,
    "external_teacher": ExternalTeacher,
    "in_place": InPlace,
    "labels": Labels,
}

__all__ = ["OBJECTIVES", "InPlace", "Labels", "Objective"]
