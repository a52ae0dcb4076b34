"""What a network costs and how quick it will be: exact counts, measurements, predictions with intervals."""

from predictors.costs import Costs, price, price_architecture
from predictors.device import DeviceKey
from predictors.drift import Comparison, measure_beside
from predictors.latency import LatencyPredictor
from predictors.profile import DeviceProfile
from predictors.profiling import Effort, ProfileProgress, profile_space
from predictors.records import BlockRecord, Record
from predictors.table import CostTable
from predictors.timer import Measurement

__all__ = [
    "Comparison",
    "BlockRecord",
    "CostTable",
    "Costs",
    "DeviceKey",
    "DeviceProfile",
    "Effort",
    "LatencyPredictor",
    "Measurement",
    "ProfileProgress",
    "Record",
    "measure_beside",
    "price",
    "price_architecture",
    "profile_space",
]
