"""What a network costs and how quick it will be: exact counts, measurements, predictions with intervals."""

from predictors.costs import Costs, price, price_architecture
from predictors.drift import Comparison, measure_beside
from predictors.latency import LatencyPredictor
from predictors.profile import DeviceKey, DeviceProfile, ProfileProgress, Record, profile_space
from predictors.table import CostTable
from predictors.timer import Measurement, measure_interleaved

__all__ = [
    "Comparison",
    "CostTable",
    "Costs",
    "DeviceKey",
    "DeviceProfile",
    "LatencyPredictor",
    "Measurement",
    "ProfileProgress",
    "Record",
    "measure_beside",
    "measure_interleaved",
    "price",
    "price_architecture",
    "profile_space",
]
