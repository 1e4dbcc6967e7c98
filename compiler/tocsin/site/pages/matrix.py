"""The matrix of ATT&CK as it was then, with three counts for each technique."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tocsin.model.attack import Tactic, Technique
from tocsin.site.history.model import TechniqueHistory
from tocsin.site.pages.context import SiteContext
from tocsin.site.pages.words import days

_STEPS = {
    "detections": (1, 2, 4, 8),
    "tested": (1, 2, 4, 8),
    "days": (1, 30, 90, 365),
}
"""From which count on a cell has which shade."""


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A technique, and how many detections are live, are tested, and days it was live."""

    id: str
    name: str
    known: bool
    detections: int
    tested: int
    days: int

    @property
    def shades(self) -> str:
        """The classes that colour it for each of the three."""
        counts = (("d", "detections"), ("t", "tested"), ("l", "days"))
        return " ".join(f"{c}{shade(what, getattr(self, what))}" for c, what in counts)


@dataclass(frozen=True, slots=True)
class MatrixColumn:
    """A tactic with its techniques; sub-techniques are folded into them."""

    name: str
    cells: tuple[MatrixCell, ...]

    @property
    def covered(self) -> int:
        """How many of them have a live detection."""
        return sum(1 for cell in self.cells if cell.detections)


def shade(what: str, count: int) -> int:
    """From 0 for none to 4."""
    return sum(1 for least in _STEPS[what] if count >= least)


def legend(what: str) -> list[str]:
    """What each shade means, from the lightest on."""
    steps = _STEPS[what]
    ends = [*(following - 1 for following in steps[1:]), None]
    return [_range(begin, end) for begin, end in zip(steps, ends, strict=True)]


def _range(begin: int, end: int | None) -> str:
    if end is None:
        return f"{begin} or more"
    return str(begin) if begin == end else f"{begin} to {end}"


def columns(site: SiteContext) -> tuple[MatrixColumn, ...]:
    """Tactics in their order. Without ATT&CK on record: one column of what tags name."""
    attack = site.history.attack.attack
    known = {each.id: each for each in site.history.techniques}
    if attack is None:
        cells = (_cell(site, t.id, t.name or "", t) for t in known.values() if "." not in t.id)
        return (MatrixColumn("Techniques named by tags", tuple(cells)),) if known else ()
    whole = [t for t in attack.techniques.values() if t.parent == t.id]
    cells_of = {t.id: _cell(site, t.id, t.name, known.get(t.id)) for t in whole}
    return tuple(_column(tactic, whole, cells_of) for tactic in attack.tactics)


def _column(
    tactic: Tactic, whole: Iterable[Technique], cells: dict[str, MatrixCell]
) -> MatrixColumn:
    mine = [cells[t.id] for t in whole if tactic.shortname in t.tactics]
    ranked = sorted(mine, key=lambda cell: (-cell.detections, not cell.known, cell.name))
    return MatrixColumn(tactic.name, tuple(ranked))


def _cell(site: SiteContext, id_: str, name: str, found: TechniqueHistory | None) -> MatrixCell:
    return MatrixCell(
        id=id_,
        name=name,
        known=bool(found and found.detections),
        detections=len(found.live) if found else 0,
        tested=sum(1 for each in found.live if each in site.tested) if found else 0,
        days=live_days(site, found) if found else 0,
    )


def live_days(site: SiteContext, technique: TechniqueHistory) -> int:
    """On how many days of the period, added up, a detection of it was live."""
    period = site.history.period
    return days(sum(s.seconds(period) for s in technique.spans if s.state == "live"))


def outside(site: SiteContext) -> Iterator[TechniqueHistory]:
    """Techniques that tags name and that ATT&CK of then does not have."""
    attack = site.history.attack.attack
    if attack is not None:
        yield from (t for t in site.history.techniques if attack.technique(t.id) is None)
