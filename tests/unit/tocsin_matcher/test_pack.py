"""Values that Python's dictionaries take for one another, and a matcher may not."""

from __future__ import annotations

import pytest

from differential.world import query_of
from tocsin.ir.nodes import Compare, Leaf, Op, Text
from tocsin.pack import Part
from tocsin_matcher.pack import PackMatcher

LEAST = -(2**63)


@pytest.mark.parametrize(
    ("test", "values", "matching"),
    [
        (Compare(Op.LTE, LEAST - 1), (str(LEAST), "-9.223372036854775808e18"), {1}),
        (Compare(Op.LTE, LEAST - 1), ("-9.223372036854775808e18", str(LEAST)), {0}),
        (Text(("1152921504606846976",), cased=False), ("1152921504606846976.0", str(2**60)), {1}),
        (Text(("1",), cased=False), ("true", "1", "1.0", '"1"', '"1.0"'), {1, 2, 3}),
        (Text(("0",), cased=False), ("-0.0", "0", "false", "0.0"), {0, 1, 3}),
    ],
)
def test_equal_keys_are_not_equal_texts(
    test: Compare | Text, values: tuple[str, ...], matching: set[int]
) -> None:
    matcher = PackMatcher([Part.of(query_of(Leaf("ratio", test), "d"))])
    lines = [f'{{"ratio": {value}}}'.encode() for value in values]
    for _ in range(2):  # the second time the values are known
        assert {match.event for match in matcher.match_lines(lines).matches} == matching
        assert [len(matcher.match_lines([line]).matches) for line in lines] == [
            int(number in matching) for number in range(len(lines))
        ]
