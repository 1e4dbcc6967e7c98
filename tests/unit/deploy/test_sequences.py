"""Any sequence of releases, rollbacks and meddling leaves ledger and live state equal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploying import Spec, World, desired
from tocsin.deploy.folder import MARK
from tocsin.errors import ConfigError
from tocsin.plan import rollback
from tocsin.plan.build import Desired
from tocsin.state.verify import verify

SPECS = st.builds(
    Spec,
    logic=st.sampled_from(["l1", "l2"]),
    body=st.sampled_from(["b1", "b2", "b3"]),
    title=st.sampled_from(["t1", "t2"]),
    mode=st.sampled_from(["live", "shadow"]),
    version=st.integers(1, 3),
    key=st.sampled_from(["", "x", "y"]),
)
STATES = st.dictionaries(st.sampled_from("abc"), SPECS, max_size=3).filter(
    lambda state: len({s.key or n for n, s in state.items()}) == len(state)
)
MOVES = st.one_of(
    STATES,
    st.integers(1, 6).map(lambda n: ("release", n)),
    st.sampled_from("abc").map(lambda n: ("detection", n)),
    st.sampled_from(["missing", "altered", "foreign", "table"]).map(lambda d: ("drift", d)),
)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(max_examples=40, deadline=None)
@given(st.lists(MOVES, min_size=2, max_size=7))
def test_any_sequence_keeps_ledger_and_live_equal(
    nursery: Path, moves: list[dict[str, Spec] | tuple[str, int | str]]
) -> None:
    world = World(Path(tempfile.mkdtemp(dir=nursery)))
    state: dict[str, Spec] = {}
    for move in moves:
        if isinstance(move, dict):
            state = move
            bundle = world.plan(state)
        elif move[0] == "drift":
            spoil(world, str(move[1]))
            continue
        else:
            wanted = back(world, *move)
            if wanted is None:
                continue
            bundle = world.towards(wanted)
        if bundle.plan.steps:
            world.apply(bundle)
        assert world.agree()
        assert world.towards(_same(world)).plan.steps == ()
    verdict = verify(world.ledger)
    assert verdict.findings == ()


def back(world: World, kind: str, what: int | str) -> Desired | None:
    try:
        if kind == "release":
            return rollback.to_release(world.ledger, int(what))
        return rollback.to_version(world.ledger, f"id-{what}", None)
    except ConfigError:  # no such release or version yet
        return None


def spoil(world: World, how: str) -> None:
    """Change the live state behind the ledger's back."""
    place = world.folder / "artifacts"
    found = sorted(p for p in place.rglob("*") if p.is_file())
    if how == "foreign" and (world.folder / MARK).exists():
        (place / "odd").mkdir(parents=True, exist_ok=True)
        (place / "odd" / "file").write_text("x")
    elif how == "table":
        (world.folder / "live.json").unlink(missing_ok=True)
    elif found and how == "missing":
        found[0].unlink()
    elif found:
        found[-1].write_text("altered")


def _same(world: World) -> Desired:
    last = world.ledger.last()
    if last is None:
        return desired({})
    return rollback.to_release(world.ledger, last.number)
