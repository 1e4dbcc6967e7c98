"""Conditions on the presence of rules: whether they can hold."""

from __future__ import annotations

from itertools import combinations

import pytest

from tocsin.front.presence import satisfiable
from tocsin.front.sigma import ConditionError
from tocsin.ir.correlation import (
    Absent,
    Every,
    Occurs,
    Some,
)


def test_a_condition_that_is_hard_to_decide_is_refused() -> None:
    """Seven guests in six rooms, nobody shares: no room is left, but that takes long to see."""
    guests, rooms = 7, 6
    housed = [Some(tuple(Occurs(g * rooms + r) for r in range(rooms))) for g in range(guests)]
    alone = [
        Absent(Every((Occurs(g * rooms + r), Occurs(h * rooms + r))))
        for r in range(rooms)
        for g, h in combinations(range(guests), 2)
    ]
    with pytest.raises(ConditionError, match="too complex"):
        satisfiable(Every((*housed, *alone)), guests * rooms)
