"""When the space opens and how fast subnets learn, one schedule a file."""

from supernet.training.schedules._schedule import Schedule
from supernet.training.schedules.all_at_once import AllAtOnce
from supernet.training.schedules.delayed_shrinking import DelayedShrinking
from supernet.training.schedules.principled_scaling import PrincipledScaling
from supernet.training.schedules.progressive_shrinking import ProgressiveShrinking
from supernet.training.schedules.size_exponents import SizeExponents

SCHEDULES: dict[str, type[Schedule]] = {
    "all_at_once": AllAtOnce,
    "delayed_shrinking": DelayedShrinking,
    "principled_scaling": PrincipledScaling,
    "progressive_shrinking": ProgressiveShrinking,
    "size_exponents": SizeExponents,
}

__all__ = ["SCHEDULES", "AllAtOnce", "Schedule"]
