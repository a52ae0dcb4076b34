"""When the space opens and how fast subnets learn, one schedule a file."""

from supernet.training.schedules._schedule import Schedule
from supernet.training.schedules.all_at_once import AllAtOnce
from supernet.training.schedules.delayed_shrinking import DelayedShrinking

SCHEDULES: dict[str, type[Schedule]] = {
    "all_at_once": AllAtOnce,
    "delayed_shrinking": DelayedShrinking,
}

__all__ = ["SCHEDULES", "AllAtOnce", "Schedule"]
