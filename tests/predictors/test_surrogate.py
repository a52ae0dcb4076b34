"""Networks as a regressor sees them, and a metric learned from them."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.ranking import tau
from predictors.regressors import REGRESSORS
from predictors.surrogate import ArchitectureEncoder, Surrogate
from predictors.table import CostTable
from search_spaces import Architecture, InputError, SearchSpace

QUICK = {name: REGRESSORS[name] for name in ("ridge", "gaussian_process")}


def test_numbers_are_what_blocks_add_up_to(tiny_space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    networks = [tiny_space.sample(rng) for _ in range(40)]
    encoded = ArchitectureEncoder(tiny_space).encode(networks)
    kernels = [
        [c["kernel"] for s in n.stages for b in s.blocks for c in [b.mixer] if c.op == "dw_conv"] for n in networks
    ]
    sums = np.array([sum(found) for found in kernels], dtype=float)
    # One column is this sum, shifted and scaled.
    fits = [abs(np.corrcoef(sums, column)[0, 1]) for column in encoded.numbers["sums"].T if column.std() > 0]
    assert max(fits) == pytest.approx(1)
    macs = np.log1p([CostTable(tiny_space).price(network)["macs"] for network in networks])
    assert np.corrcoef(macs, encoded.numbers["costs"][:, 0])[0, 1] == pytest.approx(1)
    assert np.abs(encoded.joined).mean() < 2  # about zero mean and unit spread


def test_a_metric_of_the_space_is_learned(tiny_space: SearchSpace) -> None:
    rng, table = np.random.default_rng(0), CostTable(tiny_space)
    networks = list(dict.fromkeys(tiny_space.sample(rng) for _ in range(160)))

    def metric(network: Architecture) -> float:
        price = table.price(network)
        return 0.9 - 0.3 * np.exp(-price["macs"] / 2e7) + 0.02 * len(network.stages[1].blocks)

    values = [metric(network) for network in networks]
    mean, sd = Surrogate(tiny_space, members=QUICK).fit(networks[:80], values[:80]).predict(networks[80:])
    assert tau(mean, values[80:]) > 0.8 and (sd > 0).all()


def test_networks_of_another_space_are_refused(small_space: SearchSpace, tiny_space: SearchSpace) -> None:
    with pytest.raises(InputError, match="not in the space"):
        ArchitectureEncoder(small_space).encode([tiny_space.largest()])


def test_further_columns_tell_what_genes_do_not(tiny_space: SearchSpace) -> None:
    rng = np.random.default_rng(0)
    networks = list(dict.fromkeys(tiny_space.sample(rng) for _ in range(100)))
    hidden = rng.normal(size=(len(networks), 1))  # a value that no gene has anything to do with
    values = (0.5 + 0.1 * hidden[:, 0]).tolist()
    train, test = networks[:60], networks[60:]
    plain, _ = Surrogate(tiny_space, members=QUICK).fit(train, values[:60]).predict(test)
    told = Surrogate(tiny_space, members=QUICK).fit(train, values[:60], 1e6 * hidden[:60])
    mean, _ = told.predict(test, 1e6 * hidden[60:])
    assert tau(mean, values[60:]) > 0.9 > 0.4 > tau(plain, values[60:])
    with pytest.raises(InputError, match="learned with columns"):
        told.predict(test)
    for columns in (hidden[:3], np.full((len(test), 1), np.nan), np.ones((len(test), 2))):
        with pytest.raises(InputError, match="columns: expected finite numbers"):
            told.predict(test, columns)
    with pytest.raises(InputError, match="learned without columns"):
        Surrogate(tiny_space, members=QUICK).fit(train, values[:60]).predict(test, hidden[60:])
