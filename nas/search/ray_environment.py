"""The environment that Ray reads when it is imported or started; import this before ray."""

from __future__ import annotations

import os
from pathlib import Path

# No log files a trial, no signal handler in place of ours, no banner about usage or devices.
_SETTINGS = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",
    # A worker thread that ends slowly on a busy machine must not cost its trial.
    "TUNE_FUNCTION_THREAD_TIMEOUT_S": "60",
    # How often Ray Train looks at its workers: a short training should not wait two seconds for its end.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}

for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

# Local workers import these packages also when they run from a checkout.
_root = str(Path(__file__).resolve().parents[2])
_paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
if _root not in _paths:
    os.environ["PYTHONPATH"] = os.pathsep.join([_root, *filter(None, _paths)])
