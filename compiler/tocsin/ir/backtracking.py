r"""Java patterns that an engine which tries all ways goes through in time linear in the text.

`java.util.regex` looks for `x*x*y` from every place, in every way to share the `x` out. Here the
pattern of `re2java` is taken apart into sequences of fixed pieces and loops over one class. Only
"found or not" counts, so loops at either end are dropped. What is left is

- *linear as it is*, where of no two loops, the search for a start being the first, one can go on
  in what the other and all between them have read; or
- *made so*, where all loops are over one class that has all characters between them, and those
  before the first where no anchor holds them: then the first place of each piece is as good as any
  other, and a start within a run of that class is as good as its first. `a.*b.*c` becomes
  `(?<![^\n])(?>[^\n]*?a)(?>[^\n]*?b)(?>[^\n]*?c)`; pieces of several lengths, each length; or
- refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from tocsin.errors import Unsupported
from tocsin.ir.codepoints import Range, complement
from tocsin.ir.java_tree import Chars, Edge, Either, RegexNode, Repeat, Run, parsed, printed
from tocsin.ir.re2java import ANY, re2java

WIDE = 200
"""A repeat that may be so much longer than it must be counts as one without an end."""
MOST_WAYS = 200
"""Sequences that a pattern is taken apart into."""
MOST_CHOICES = 10_000
"""Ways to read what short repeats and alternatives have before them, from one start."""
BREAK: tuple[Range, ...] = ((10, 10),)


@lru_cache(maxsize=4096)
def linear(pattern: str, flags: str = "") -> str:
    """The Java pattern for `Matcher.find` of an expression of RE2.

    Raises Unsupported for what has no exact equivalent, or none that is linear (`backtracks`).
    """
    ways = _ways(parsed(re2java(pattern, flags)))
    if ways is None:
        raise Unsupported("Regex", "backtracks", pattern)
    return "|".join(_linear(_trimmed(way), pattern) for way in ways)


def _linear(way: Sequence[RegexNode], pattern: str) -> str:
    if not _quadratic(way):
        return "".join(map(printed, way))
    each = _joined([_lengths(node) for node in way], len(way)) or []
    made = [_by_first_places(fixed) for fixed in each]
    found = [one for one in made if one is not None]
    if not found or len(found) < len(made):
        raise Unsupported("Regex", "backtracks", pattern)
    return "|".join(found)


# --- sequences ------------------------------------------------------------------------------------


def _ways(node: RegexNode) -> list[list[RegexNode]] | None:
    """The sequences of pieces and loops that a pattern is one of; None where loops are nested."""
    match node:
        case Run(parts):
            each = [_ways(part) for part in parts]
            return _joined([ways for ways in each if ways is not None], len(each))
        case Either(parts) if _loops(node):
            each = [_ways(part) for part in parts]
            found = [way for ways in each for way in ways or ()]
            return found if None not in each and len(found) <= MOST_WAYS else None
        case Repeat(part, least, most) if is_wide(node):
            return _loop(part, least, most)
        case Repeat(part, least, most) if _loops(part):
            ways = _ways(part) if (least, most) == (0, 1) else None
            return None if ways is None else [*ways, []]
    return [[node]]


def _loop(part: RegexNode, least: int, most: int | None) -> list[list[RegexNode]] | None:
    """What must be there, then a loop that may be empty."""
    if not isinstance(part, Chars):
        return None
    loop = Repeat(part, 0, None if most is None else most - least)
    return [[*([Repeat(part, least, least)] if least else []), loop]]


def _joined(each: list[list[list[RegexNode]]], wanted: int) -> list[list[RegexNode]] | None:
    count = 1
    for ways in each:
        count *= len(ways)
    if len(each) < wanted or count > MOST_WAYS:
        return None
    return [[node for part in chosen for node in part] for chosen in product(*each)]


def is_wide(node: RegexNode) -> bool:
    """Whether it is a repeat that counts as one without an end."""
    return isinstance(node, Repeat) and (node.most is None or node.most - node.least > WIDE)


def _loops(node: RegexNode) -> bool:
    """Whether there is a loop in it."""
    match node:
        case Run(parts) | Either(parts):
            return any(map(_loops, parts))
        case Repeat(part):
            return is_wide(node) or _loops(part)
    return False


def _trimmed(way: Sequence[RegexNode]) -> list[RegexNode]:
    """Without loops at its ends: they may be empty, and then the rest is found all the same."""
    nodes = list(way)
    while nodes and is_wide(nodes[0]):
        nodes.pop(0)
    while nodes and is_wide(nodes[-1]):
        nodes.pop()
    while len(nodes) > 1 and _goes_on(nodes[0], nodes[1]):
        nodes.pop(1)
    return nodes


def _goes_on(first: RegexNode, loop: RegexNode) -> bool:
    """Whether a loop is over what stands first: then its last ones are as good a start."""
    if not isinstance(first, Repeat) or not isinstance(loop, Repeat):
        return False
    return is_wide(loop) and first.part == loop.part and first.least == first.most


# --- as it is -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop's class, and its place; -1 is that of the search for a start."""

    ranges: tuple[Range, ...]
    at: int


def _quadratic(way: Sequence[RegexNode]) -> bool:
    """Whether two loops may share a text out, or short repeats have too many ways."""
    ways = 1
    for node in way:
        ways *= 1 if is_wide(node) else _choices(node)
    found = [_Loop(_class(n).ranges, at) for at, n in enumerate(way) if is_wide(n)]
    anchored = bool(way) and way[0] == Edge(r"\A")
    found = found if anchored else [_Loop(ANY, -1), *found]
    pairs = ((a, b) for n, a in enumerate(found) for b in found[n + 1 :])
    return ways > MOST_CHOICES or any(_share(way, a, b) for a, b in pairs)


def _class(node: RegexNode) -> Chars:
    """What a loop repeats: `_ways` leaves no other loops."""
    if isinstance(node, Repeat) and isinstance(node.part, Chars):
        return node.part
    raise TypeError(node)


def _share(way: Sequence[RegexNode], one: _Loop, other: _Loop) -> bool:
    """Whether both loops can read what may stand between them."""
    both = meet(one.ranges, other.ranges)
    return bool(both) and all(
        meet(ranges, both) for node in way[one.at + 1 : other.at] for ranges in _needed(node)
    )


def _needed(node: RegexNode) -> Iterator[tuple[Range, ...]]:
    """For each character that must be read: all that it may be. A lower bound."""
    match node:
        case Chars(ranges):
            yield ranges
        case Edge(text) if text.startswith(r"(?:\A|"):
            yield BREAK
        case Run(parts):
            for part in parts:
                yield from _needed(part)
        case Repeat(part, least, _) if least:
            yield from _needed(part)
        case Either(parts):
            each = [list(_needed(part)) for part in parts]
            if all(each):
                yield union(each)


def union(each: Sequence[Sequence[tuple[Range, ...]]]) -> tuple[Range, ...]:
    """All code points of the first ones."""
    return tuple(sorted(bounds for some in each for bounds in some[0]))


def _choices(node: RegexNode) -> int:
    """Ways to read a piece without loops, at most."""
    match node:
        case Run(parts):
            made = 1
            for part in parts:
                made *= _choices(part)
            return made
        case Either(parts):
            return sum(map(_choices, parts)) if not _is_fixed(node) else 1
        case Repeat(part, least, most) if most is not None:
            inner = _choices(part)
            return (most - least + 1) * (inner ** min(most, 64) if inner > 1 else 1)
    return 1


# --- made so --------------------------------------------------------------------------------------


def _by_first_places(way: Sequence[RegexNode]) -> str | None:
    """Each piece at its first place; None where that is not as good as all others."""
    pieces, loops = _parted(way)
    anchored = way[0] == Edge(r"\A")
    between = [node for piece in pieces[anchored:-1] for node in piece]
    if len(loops) != 1 or not all(map(_is_fixed, [node for piece in pieces for node in piece])):
        return None
    [only] = loops
    run = _class(only)
    if only != Repeat(run, 0, None) or not all(_inside(node, run.ranges) for node in between):
        return None
    first, *rest = ["".join(map(printed, piece)) for piece in pieces]
    loop = printed(run)
    start = first if anchored else f"(?<!{loop})(?>{loop}*?{first})"
    return start + "".join(f"(?>{loop}*?{piece})" for piece in rest)


def _parted(way: Sequence[RegexNode]) -> tuple[list[list[RegexNode]], set[RegexNode]]:
    """What stands before, between and behind the loops; and the loops."""
    pieces: list[list[RegexNode]] = [[]]
    loops = {node for node in way if is_wide(node)}
    for node in way:
        if node in loops:
            pieces.append([])
        else:
            pieces[-1].append(node)
    return pieces, loops


def _lengths(node: RegexNode) -> list[list[RegexNode]]:
    """The ways to read it, each of one length; itself where it is a loop, or has too many."""
    match node:
        case _ if is_wide(node) or _length(node) is not None:
            return [[node]]
        case Either(parts):
            return [way for part in parts for way in _lengths(part)]
        case Run(parts):
            return _joined([_lengths(part) for part in parts], len(parts)) or [[node]]
        case Repeat(part, least, most) if most is not None and _length(part) is not None:
            return [[Repeat(part, n, n)] for n in range(least, most + 1)]
        case Repeat(part, 0, 1):
            return [[], *_lengths(part)]
    return [[node]]


def _is_fixed(node: RegexNode) -> bool:
    return _length(node) is not None


def _length(node: RegexNode) -> int | None:
    """Characters of whatever it reads, where that is always the same number."""
    match node:
        case Chars():
            return 1
        case Edge():
            return 0
        case Run(parts):
            known = [n for n in map(_length, parts) if n is not None]
            return sum(known) if len(known) == len(parts) else None
        case Either(parts):
            first, *others = map(_length, parts)
            return first if all(other == first for other in others) else None
        case Repeat(part, least, most):
            inner = _length(part)
            return inner * least if inner is not None and least == most else None


def _inside(node: RegexNode, ranges: tuple[Range, ...]) -> bool:
    """Whether it reads nothing but these code points."""
    match node:
        case Chars(own):
            return not meet(own, complement(ranges))
        case Edge():
            return True
        case Repeat(part):
            return _inside(part, ranges)
        case Run(parts) | Either(parts):
            return all(_inside(part, ranges) for part in parts)


def meet(some: tuple[Range, ...], others: tuple[Range, ...]) -> tuple[Range, ...]:
    """The code points of both."""
    return tuple(
        (max(a, c), min(b, d)) for a, b in some for c, d in others if max(a, c) <= min(b, d)
    )
