"""Contract of every kind of domain: rows and points are one to one, and what is drawn or bred belongs to it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nas.search.domains import Domain, Parameter, ParameterDomain, SpaceDomain
from nas.search.domains.parameters import Value
from search_spaces import InputError, load_space
from tests.conftest import TINY
from tests.nas.search.test_searchers import parameters, pool

DOMAINS = {
    "lk_convnet": lambda: SpaceDomain(load_space("lk_convnet", scale="small")),
    "tied": lambda: SpaceDomain(load_space("metaformer", scale="small")),
    "sequences": lambda: SpaceDomain(load_space("tdnn", scale="small")),
    "tiny": lambda: SpaceDomain(load_space(str(TINY))),
    "parameters": parameters,
    "pool": pool,
}


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> Domain:
    return DOMAINS[request.param]()


def test_rows_and_points_are_one_to_one(domain: Domain) -> None:
    for row in domain.sample(20, np.random.default_rng(0)):
        point = domain.point(row)
        assert (domain.genes(point) == row).all()
        read = domain.read(point.to_dict(), "here")
        assert read == point and read.digest == point.digest


def test_children_belong_to_the_domain_and_are_near_their_parents(domain: Domain) -> None:
    rng = np.random.default_rng(1)
    parents = domain.sample(8, rng)
    children = domain.children(parents, 60, rng)
    assert 30 <= len(children) <= 60
    for row in children:
        assert (domain.genes(domain.point(row)) == row).all()  # decoding a row that breaks a rule raises
    assert len(np.unique(children, axis=0)) > 20
    if len(domain.choices) > 1:
        apart = [(children != parent).mean(axis=1) for parent in parents]
        strangers = [(domain.sample(60, rng) != parent).mean(axis=1) for parent in parents]
        assert np.min(apart, axis=0).mean() < 0.7 * np.min(strangers, axis=0).mean()


def test_what_exists_is_what_has_a_gene(domain: Domain) -> None:
    assert len(domain.ordered) == len(domain.choices)
    for row in domain.sample(10, np.random.default_rng(5)):
        assert [domain.exists(row, gene) for gene in range(len(row))] == (row >= 0).tolist()


def test_equal_seeds_draw_equal_points(domain: Domain) -> None:
    drawn = [domain.sample(5, np.random.default_rng(3)) for _ in range(2)]
    bred = [domain.children(drawn[0], 20, np.random.default_rng(4)) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all() and (bred[0] == bred[1]).all()


def test_rows_are_fitted_to_the_domain(domain: Domain) -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        loose = rng.integers(np.array(domain.choices))
        fitted = domain.fit(loose, rng)
        assert (domain.genes(domain.point(fitted)) == fitted).all()
    legal = domain.sample(5, rng)
    for row in legal:
        assert (domain.fit(row, rng) == row).all()


@pytest.mark.parametrize("name", ["tied", "parameters", "pool"])  # the others differ in size alone
def test_encodings_tell_points_apart_and_agree_with_those_of_parts(name: str) -> None:
    domain = DOMAINS[name]()
    genes = np.unique(domain.sample(30, np.random.default_rng(0)), axis=0)
    encoded = domain.encode(genes)
    assert len(encoded) == len(genes) and np.isfinite(encoded.table).all()
    alone = domain.encode(genes[3:5])
    np.testing.assert_allclose(alone.table, encoded.table[3:5])


def test_a_space_encodes_genes_as_it_encodes_networks() -> None:
    from predictors.surrogate import ArchitectureEncoder

    space = load_space("metaformer", scale="small")
    genes = SpaceDomain(space).sample(6, np.random.default_rng(0))
    encoder = ArchitectureEncoder(space)
    of_networks = encoder.encode([space.decode(row) for row in genes])
    np.testing.assert_allclose(encoder.encode_genes(genes).table, of_networks.table)


@st.composite
def small_domains(draw: st.DrawFn) -> ParameterDomain:
    """A few parameters, some of them beside certain values of an earlier one."""
    found: list[Parameter] = []
    for i in range(draw(st.integers(1, 4))):
        values: tuple[Value, ...] = tuple(range(draw(st.integers(2, 3))))
        when = {}
        if found and draw(st.booleans()):
            parent = draw(st.sampled_from(found))
            when = {parent.name: draw(st.lists(st.sampled_from(parent.values), min_size=1, unique=True))}
        found.append(Parameter(f"p{i}", values, draw(st.booleans()), when))
    return ParameterDomain(found)


def enumerated(domain: ParameterDomain) -> set[tuple[tuple[str, Value], ...]]:
    """Return every configuration, by going through all values of all parameters."""
    found = set()
    for values in product(*(parameter.values for parameter in domain.parameters)):
        chosen: dict[str, Value] = {}
        for parameter, value in zip(domain.parameters, values, strict=True):
            if all(chosen.get(name) in wanted and name in chosen for name, wanted in parameter.when.items()):
                chosen[parameter.name] = value
        found.add(tuple(chosen.items()))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_domains())
def test_conditions_are_counted_and_drawn_exactly(domain: ParameterDomain) -> None:
    every = enumerated(domain)
    assert domain.cardinality() == len(every)
    rng = np.random.default_rng(0)
    drawn = domain.sample(400, rng)
    points = {tuple(domain.point(row).values.items()) for row in np.vstack([drawn, domain.children(drawn, 400, rng)])}
    assert points <= every
    assert len(points) >= 0.9 * len(every)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ([Parameter("a", (1, 2)), Parameter("a", (1, 2))], "two parameters are named 'a'"),
        ([Parameter("a", (1, 2), when={"b": (1,)})], "'b', which is not a parameter before it"),
        ([Parameter("alpha", (1, 2)), Parameter("b", (1, 2), when={"alpah": (1,)})], "did you mean 'alpha'"),
        ([Parameter("a", (1, 2)), Parameter("b", (1, 2), when={"a": (3,)})], "a never is 3"),
    ],
)
def test_wrong_parameters_are_refused(parameters: list[Parameter], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ParameterDomain(parameters)
    with pytest.raises(InputError, match="two values or more"):
        Parameter("one", (1,))
    with pytest.raises(InputError, match="all different"):
        Parameter("one", (1, 1))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([1], "expected a mapping"),
        ({"sise0": 1}, "unknown parameter 'sise0'.*did you mean"),
        ({"size0": 9}, r"size0 is one of \[1, 2, 3, 4, 5, 6\], found 9"),
        ({"size0": 1}, "a parameter is missing"),
        ({**{f"size{i}": 1 for i in range(6)}, "op": "pool", "kernel": 3}, "its condition does not hold"),
    ],
)
def test_wrong_configurations_are_refused(value, message: str) -> None:
    with pytest.raises(InputError, match=f"journal:1: .*{message}"):
        parameters().read(value, "journal:1")
