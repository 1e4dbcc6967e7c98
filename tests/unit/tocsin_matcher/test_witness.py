"""Witnesses and what is left of conditions, over all small conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

import pytest

from tocsin.pack.tree import PackedTree
from tocsin_matcher.witness import (
    NEVER,
    NO_COST,
    Costs,
    Witness,
    by_atom,
    rest,
    settle,
    verdict,
    witness,
)

ATOMS = (12, 10, 11)
"""The atoms of leaves 0, 1 and 2."""
ALL = frozenset(ATOMS)
FREE = [0.0] * 13


def trees() -> Iterator[PackedTree]:
    """One leaf or constant, negated or not; two of them together; and three."""
    ones: list[PackedTree] = [0, 1, 2, True, False, ("not", 0)]
    twos = [(name, *pair) for name in ("and", "or") for pair in product(ones, repeat=2)]
    yield from ones
    for two in twos:
        yield two
        yield ("not", two)
        yield from ((name, two, one) for name in ("and", "or") for one in (2, ("not", 2)))


def subsets() -> list[frozenset[int]]:
    return [frozenset(some) for size in range(4) for some in combinations(ATOMS, size)]


def true(tree: PackedTree, holding: frozenset[int], atoms: Mapping[int, int]) -> bool:
    """The condition where these atoms hold."""
    if isinstance(tree, bool):
        return tree
    if isinstance(tree, int):
        return atoms[tree] in holding
    name, *args = tree
    values = [true(arg, holding, atoms) for arg in args]
    return not values[0] if name == "not" else all(values) if name == "and" else any(values)


LEAVES = dict(enumerate(ATOMS))
THEMSELVES = {atom: atom for atom in ATOMS}


@pytest.mark.parametrize("share", [(0.1, 0.2, 0.3), (0.9, 0.5, 0.01), (1.0, 1.0, 1.0)])
def test_nothing_matches_without_its_witness(share: tuple[float, ...]) -> None:
    shares = [0.0] * 10 + [share[1], share[2], share[0]]
    for tree in trees():
        found = witness(tree, ATOMS, Costs(shares, FREE))
        for holding in subsets():
            seen = found is None or found.holds & holding or found.fails - holding
            assert seen or not true(tree, holding, LEAVES), (tree, found, holding)


@pytest.mark.parametrize(
    ("tree", "wanted"),
    [
        (0, Witness(0.2, frozenset({12}))),
        (("not", 0), Witness(0.8, frozenset(), frozenset({12}))),
        (("and", 0, 1), Witness(0.1, frozenset({10}))),
        (("or", 0, 1), Witness(0.2 + 0.1, frozenset({10, 12}))),
        (("and", ("or", 0, 1), 2), Witness(0.2 + 0.1, frozenset({10, 12}))),
        (("not", ("or", ("not", 0), 2)), Witness(0.2, frozenset({12}))),
        (("and", True, 0), Witness(0.2, frozenset({12}))),
        (("and", False, 0), NEVER),
        (("or", False, 0), Witness(0.2, frozenset({12}))),
        (("or", True, 0), None),
        (True, None),
        (False, NEVER),
    ],
)
def test_the_rarest_is_the_witness(tree: PackedTree, wanted: Witness | None) -> None:
    shares = [0.0] * 10 + [0.1, 0.6, 0.2]
    found = witness(tree, ATOMS, Costs(shares, FREE))
    if wanted and found:
        assert found[1:] == wanted[1:]
        assert found.cost == pytest.approx(wanted.cost)
    else:
        assert found == wanted


def test_what_asking_costs_counts_and_some_cannot_be_asked() -> None:
    shares, asking = [0.0] * 10 + [0.1, 0.6, 0.2], [0.0] * 10 + [0.5, NO_COST, 0.1]
    costs = Costs(shares, asking)
    found = witness(("and", 0, 1), ATOMS, costs)
    assert found
    assert (found.holds, found.cost) == ({12}, pytest.approx(0.3))
    assert witness(2, ATOMS, costs) is None
    assert witness(("or", 0, 2), ATOMS, costs) is None
    both = witness(("and", 0, 2), ATOMS, costs)
    assert both
    assert both.holds == {12}


def test_the_parts_of_a_witness() -> None:
    witnesses = {
        3: Witness(0.1, frozenset({1, 2})),
        5: Witness(0.1, frozenset({2}), frozenset({1})),
        7: NEVER,
    }
    assert by_atom(witnesses) == {1: [3], 2: [3, 5]}


def test_what_is_left_decides_the_same() -> None:
    for tree in trees():
        for asked, holding in product(subsets(), repeat=2):
            left = rest(tree, ATOMS, asked, holding & asked)
            assert true(left, holding, THEMSELVES) == true(tree, holding, LEAVES)
            assert settle(left, holding.__contains__) == true(tree, holding, LEAVES)
            assert not used(left) & asked
            said = verdict(tree, ATOMS, asked, holding & asked)
            assert said in (None, true(tree, holding, LEAVES))
            assert (said is None) == bool(used(left))


def used(tree: PackedTree) -> set[int]:
    """The atoms in what is left."""
    if isinstance(tree, bool):
        return set()
    return {tree} if isinstance(tree, int) else set().union(*map(used, tree[1:]))


def test_facts_are_found_out_only_where_they_decide() -> None:
    asked: list[int] = []

    def truth(atom: int) -> bool:
        asked.append(atom)
        return atom == 1

    assert settle(("or", 1, 2), truth)
    assert not settle(("and", ("not", 1), 2), truth)
    assert asked == [1, 1]
