"""Two device profiles side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from predictors.profile import DeviceProfile
from predictors.ranking import tau


def compare_profiles(first: DeviceProfile, second: DeviceProfile) -> dict[str, Any]:
    """Return both keys by field, how many networks are in both, and over these the second's time as a multiple of the
    first's (quartiles) and Kendall's tau."""
    times = {record.architecture: record.measurement.median_ms for record in second.records}
    both = [
        (record.measurement.median_ms, times[record.architecture])
        for record in first.records
        if record.architecture in times
    ]
    keys = {name: [value, second.key.to_dict()[name]] for name, value in first.key.to_dict().items()}
    found: dict[str, Any] = {"keys": keys, "networks": len(both)}
    if both:
        one, other = np.array(both).T
        found["ratio"] = np.quantile(other / one, [0.25, 0.5, 0.75]).tolist()
        found["tau"] = tau(one, other)
    return found
