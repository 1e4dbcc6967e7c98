"""How much a detection may mean: nodes after lowering, counted before they are made.

Bytes bound nothing: values multiply by modifiers, placeholders, conditions and filters.
"""

from __future__ import annotations

from tocsin.ir.nodes import Expr, Keyword, Leaf, Pattern, Regex, Test, Text
from tocsin.ir.walk import nodes_of

MOST_NODES = 10_000
"""Of one detection; the longest list of SigmaHQ has 4,432 values."""
MOST_OF_FILE = 100_000
MOST_FILTERED = 100_000
"""Nodes that the filters of a project add to all its rules."""
MOST_SELECTIONS = 1000
_LETTERS = 100
"""Characters of a literal that count as a node more."""
_STEPS = 50
"""Instructions of a compiled regular expression that count as a node more."""
LETTERS_OF_CONDITION = 4
"""Characters of a condition that count as a node: parsing takes time, too."""
TOO_LARGE = 500
"""Nodes that a regular expression counts as which is too large to compile."""
CODE = "TOC028"
HINT = "split it, or test less: values multiply by modifiers, placeholders and conditions"


class TooMuch(ValueError):  # noqa: N818 - reads as the verdict it is
    """A budget is spent; the text says which."""


class Budget:
    """The nodes that are left, here and in the budget that this one is a part of."""

    def __init__(self, most: int, what: str, within: Budget | None = None) -> None:
        self.most = most
        self.what = what
        self._left = most
        self._within = within

    def take(self, nodes: int) -> None:
        """Spend; raises TooMuch where too few are left, now and ever after."""
        self.check(nodes)
        self._left -= nodes
        if self._within:
            self._within.take(nodes)

    def spend(self, nodes: int) -> None:
        """Spend here alone, what there was before; none are left where that was all."""
        self._left = max(self._left - nodes, 0)

    def check(self, nodes: int) -> None:
        """Raises TooMuch where so many are not left."""
        if nodes > self._left:
            self._left = -1
            raise TooMuch(f"{self.what}: more than {self.most} tests")
        if self._within:
            self._within.check(nodes)

    def part(self, what: str = "the detection", most: int = MOST_NODES) -> Budget:
        """A budget of its own for one detection."""
        return Budget(most, what, self)


def of_file() -> Budget:
    """What all documents of a file may mean together."""
    return Budget(MOST_OF_FILE, "the file")


def text_cost(letters: int) -> int:
    """Nodes that a text of some length counts as."""
    return 1 + letters // _LETTERS


def pattern_cost(pattern: Pattern) -> int:
    """Nodes that a test for a pattern counts as."""
    return text_cost(sum(len(part) if isinstance(part, str) else 1 for part in pattern))


def regex_cost(letters: int, steps: int) -> int:
    """Nodes that a regular expression counts as, by its text and its compiled instructions."""
    return text_cost(letters) + steps // _STEPS


def cost(expr: Expr) -> int:
    """Nodes that an expression counts as."""
    return sum(_of_test(n.test) if isinstance(n, Leaf | Keyword) else 1 for n in nodes_of(expr))


def _of_test(test: Test) -> int:
    if isinstance(test, Text):
        return pattern_cost(test.pattern)
    return text_cost(len(test.pattern)) if isinstance(test, Regex) else 1
