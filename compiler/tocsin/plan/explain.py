"""A plan as text, as a comment on a pull request, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin.direction.verdict import Direction
from tocsin.escape import markdown as markdown_text
from tocsin.model.detection import duration
from tocsin.model.noise import NoiseReport
from tocsin.pack.diff import PackDiff
from tocsin.plan.shadow import MARK
from tocsin.plan.steps import (
    Deploy,
    Discard,
    Document,
    DriftKind,
    LiftMute,
    Mend,
    Plan,
    Remove,
    Repair,
    SetMute,
    Step,
)
from tocsin.plan.words import direction_words, noise_words, reworded, words_of
from tocsin.plural import plural
from tocsin.release.entry import Action, Entry
from tocsin.release.state_decision import StateDecision

Directions = Mapping[str, Direction]
"""Of detections that change, by id."""


@dataclass(frozen=True, slots=True)
class PlanKnowledge:
    """What is known of the detections of a plan, beside the plan."""

    directions: Directions = field(default_factory=dict)
    noise: NoiseReport | None = None

    @property
    def record(self) -> dict[str, Any]:
        """As plain JSON values, without what is not known."""
        told = {own: each.record for own, each in self.directions.items()}
        directions = {"directions": told} if told else {}
        noise = {"noise": self.noise.model_dump(mode="json")} if self.noise else {}
        return {**directions, **noise}


NOT_KNOWN = PlanKnowledge()
_DRIFT: dict[DriftKind, str] = {
    "": "",
    "missing": "was missing",
    "altered": "was altered in place",
    "foreign": "takes the place of a foreign file",
}


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One step in words. `symbol` is one of `+ ~ - = ! x`."""

    symbol: str
    name: str
    version: str
    what: str
    where: str
    artifact: str = ""
    notes: tuple[str, ...] = ()

    @property
    def facts(self) -> list[str]:
        """All after name and version, empty ones left out."""
        artifact = f"artifact {self.artifact}" if self.artifact else ""
        return [fact for fact in (self.what, self.where, artifact, *self.notes) if fact]


def rows(plan: Plan, known: PlanKnowledge = NOT_KNOWN) -> list[PlanRow]:
    """The steps, with what is known of what changes, then what is refused."""
    refused = [
        PlanRow(
            "x",
            no.key,
            f"v{no.deployed}" if no.deployed else "",
            "refused",
            f"{no.backend} {no.source}",
            notes=(no.message, *(["what is deployed stays"] if no.deployed else [])),
        )
        for no in plan.refused
    ]
    return [*(_annotated(step, known) for step in plan.steps), *refused]


def _annotated(step: Step, known: PlanKnowledge) -> PlanRow:
    return replace(row := _row(step), notes=(*_notes(step, known), *row.notes))


def _notes(step: Step, known: PlanKnowledge) -> Iterator[str]:
    """How the new version stands to the old one, and what the old one said."""
    if isinstance(step, Deploy) and (found := known.directions.get(step.after.id)):
        yield from direction_words(found)
    if known.noise and (former := former_of(step)):
        yield noise_words(known.noise, former)


def former_of(step: Step) -> str:
    """The id of a detection that raised alerts until now, and is changed or removed; or nothing."""
    match step:
        case Deploy(before=Entry() as before) | Remove(before=before):
            return before.id.removesuffix(MARK)
        case _:
            return ""


def summary(plan: Plan) -> str:
    """One line with the number of each kind of change."""
    counts = plan.counts
    foreign = sum(isinstance(s, Discard) and s.why == "foreign" for s in plan.steps)
    parts = [f"{n} {action}" for action, n in counts.items() if action is not Action.UNCHANGED]
    parts += [f"{plural(foreign, 'foreign file')} discarded"] if foreign else []
    mended = sum(isinstance(s, Mend) for s in plan.steps)
    parts += [f"{mended} fixed"] if mended else []
    same = counts.get(Action.UNCHANGED, 0)
    parts += [f"{same} unchanged"] if same or not parts else []
    parts += [f"{len(plan.refused)} refused"] if plan.refused else []
    return ("" if plan.steps else "Nothing to do: ") + " · ".join(parts)


def markdown(plan: Plan, known: PlanKnowledge = NOT_KNOWN) -> str:
    """The plan as a comment on a pull request."""
    lines = [f"### {markdown_text(heading(plan))}", "", f"**{summary(plan)}**", ""]
    if found := rows(plan, known):
        lines += ["| | detection | version | what | where | artifact | notes |", "|-" * 7 + "|"]
    for row in found:
        notes = " · ".join(row.notes)
        cells = (row.name, row.version, row.what, row.where, row.artifact, notes)
        lines.append("| " + " | ".join([f"`{row.symbol}`", *map(markdown_text, cells)]) + " |")
    lines += [""] if found else []
    for pack in plan.packs:
        facts = markdown_text(" · ".join(pack_facts(pack)))
        lines.append(f"- **pack** {markdown_text(pack.source)}: {facts}")
    lines += [f"- **warning**: {markdown_text(w)}" for w in plan.warnings]
    lines += [f"- **error**: {markdown_text(p)}" for p in plan.problems]
    return "\n".join(lines).rstrip() + "\n"


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan with its digest and counts."""
    return {"digest": plan.digest, "counts": dict(plan.counts), **plan.record}


def heading(plan: Plan) -> str:
    """For which environment, why, and from what to what."""
    base = f"release {plan.base_number}" if plan.base_number else "nothing"
    reason = "" if plan.reason == "apply" else f" ({plan.reason})"
    return f"Plan for {plan.environment}{reason}, from {base}, source {plan.source}"


def _row(step: Step) -> PlanRow:  # noqa: PLR0911 - one for each kind of step
    match step:
        case Mend(finding=finding):
            notes = tuple(filter(None, (finding.detail, finding.cure)))
            return PlanRow(
                "!", finding.subject, "", finding.kind.replace("-", " "), "", notes=notes
            )
        case Deploy(after=after, before=before, drift=drift, state=state):
            notes = (
                *_changes(after, before),
                _DRIFT[drift],
                _fate(state),
                plural(after.cases, "case"),
            )
            symbol = "+" if after.action is Action.ADDED else "~"
            return _told(symbol, after, before, str(after.action), notes)
        case Repair(after=after, drift=drift):
            return _told("!", after, after, str(Action.REPAIRED), (_DRIFT[drift],))
        case Document(after=after, before=before):
            carried = "" if reworded(after, before) else "nothing is deployed"
            notes = (*_changes(after, before), carried)
            row = _told("=", after, before, str(Action.DOCUMENTED), notes)
            return replace(row, artifact="")
        case Remove(before=before, why=why):
            return _told("-", before, before, str(Action.REMOVED), (why,))
        case SetMute(after=after, until=until, reason=reason):
            notes = (f"no alerts until {until}: {reason}", "matches are recorded")
            return replace(_told("~", after, after, str(Action.MUTED), notes), artifact="")
        case LiftMute(after=after, until=until):
            notes = (f"was muted until {until}",)
            return replace(_told("~", after, after, str(Action.UNMUTED), notes), artifact="")
        case Discard(path=path, why=why):
            return PlanRow("!", path, "", "discarded", "", notes=(f"{why} file",))


def pack_facts(pack: PackDiff) -> list[str]:
    """What happens to a pack; its other detections keep their parts, byte for byte."""
    size = pack.kept + len(pack.added) + len(pack.changed)
    parts = (("added", pack.added), ("changed", pack.changed), ("removed", pack.removed))
    moves = [f"{len(ids)} {name}" for name, ids in parts if ids]
    arrow = f"{pack.before[:8] or 'none'} → {pack.after[:8] or 'none'}"
    return [pack.backend, plural(size, "detection"), *moves, f"{pack.kept} unchanged", arrow]


def _told(
    symbol: str, after: Entry, before: Entry | None, what: str, notes: tuple[str, ...]
) -> PlanRow:
    return PlanRow(
        symbol,
        after.key,
        _arrow(f"v{before.version}" if before else "", f"v{after.version}"),
        what,
        f"{after.backend} {after.source}",
        _arrow(before.artifact[:8] if before else "", after.artifact[:8]),
        tuple(filter(None, notes)),
    )


def _fate(state: StateDecision | None) -> str:
    """What happens to the state, for how long that matters, and why."""
    if state is None:
        return ""
    back = f" {duration(state.replay_ms)}" if state.replay_ms else ""
    risk = f", {duration(state.risk_ms)} at risk" if state.risk_ms else ""
    return f"state: {state.fate}{back}{risk} ({state.why})"


def _changes(after: Entry, before: Entry | None) -> Iterator[str]:
    """Moves that version and artifact do not show."""
    was = before or after
    if was.key != after.key:
        yield f"was {was.key}"
    if (was.backend, was.source) != (after.backend, after.source):
        yield f"was on {was.backend} {was.source}"
    if was.mode != after.mode:
        yield f"{was.mode} → {after.mode}"
    if after.isolated != was.isolated:
        yield "isolated from other detections" if after.isolated else "no longer isolated"
    if was.mode == after.mode == "shadow":
        yield "shadow beside the live version" if after.beside else "shadow"
    yield from words_of(after, was)


def _arrow(before: str, after: str) -> str:
    return f"{before} → {after}" if before and before != after else after
