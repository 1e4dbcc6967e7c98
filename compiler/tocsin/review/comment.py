"""A review as a comment: Markdown in which nothing of a stranger's is markup, link or mention."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from tocsin.plural import plural
from tocsin.review.document import (
    CaseTally,
    ChangeReview,
    DetectionChange,
    FailedCase,
    PlannedEnvironment,
    ReviewedStep,
    ReviewFinding,
)
from tocsin.review.page import CommentPage, code, table, told, told_in_html

MARK = "<!-- tocsin review -->"
"""Begins the one comment that is kept up to date."""
_MOST_PLANS = 10
_NAMES = 10
_MOST_ENGINES = 5
_PATH = re.compile(r"(?!/)(?:(?!\.\.?(?:/|$))[^/\\]+(?:/|$))+")
_SYMBOL = {"added": "+", "changed": "~", "documented": "=", "cases": "=", "removed": "-"}
_WORD = {"cases": "other cases"}


@dataclass(frozen=True, slots=True)
class ReviewOrigin:
    """What is known without the review: the commit, the run's address and whether it failed.

    `files`: the address below which the files are, with a slash at its end. `guarded`: what decides
    on checks and deployments, and changes.
    """

    head: str = ""
    run: str = ""
    files: str = ""
    failed: bool = False
    guarded: tuple[str, ...] = ()


def comment(review: ChangeReview, origin: ReviewOrigin) -> str:
    """The whole comment, at most 60,000 characters."""
    page = CommentPage(_head(review, origin))
    page.table("Findings", ("severity", "code", "place", "finding"), _findings(review.findings))
    page.table("Failed cases", ("detection", "case", "engine", "why"), _failures(review.failed))
    for full, short in _detections(review, origin):
        page.either(full, short)
    if review.more:
        page.list("Other changes", [f"- {plural(review.more, 'more detection')}"])
    mine = {each.id for each in review.detections}
    plans = review.environments[:_MOST_PLANS]
    page.list("What the plans say", _remarks(plans))
    for plan in plans:
        page.list(f"Other steps for {told_in_html(plan.name)}", [*_others(plan, mine)], folded=True)
    page.table(
        "Refused as before",
        ("detection", "environment", "why"),
        _refusals(review, mine),
        folded=True,
    )
    return page.text


def without_review(why: str, origin: ReviewOrigin) -> str:
    """The comment where the run left no review, or one that cannot be one."""
    where = f" [The run]({origin.run}) says why." if origin.run else ""
    lines = (f"{MARK}", "### Tocsin: no review", "", f"{told(why)}.{where}")
    return "\n".join([*lines, *_warned(origin)]) + "\n"


def _head(review: ChangeReview, origin: ReviewOrigin) -> str:
    verdict = "needs work" if not review.ok else "the run failed" if origin.failed else "ready"
    head, base = (f"`{commit[:7]}`" for commit in (origin.head or review.head, review.base))
    run = f" · [run]({origin.run})" if origin.run else ""
    lines = [MARK, f"### Tocsin: {verdict}", ""]
    lines += [f"{told(review.project)} at {head}, compared with {base}{run}"]
    lines += _warned(origin)
    if review.problem:
        lines += ["", f"**It ends early**: {told(review.problem)}"]
    return "\n".join([*lines, "", *table(_overview(review), ("what", "result")), ""])


def _warned(origin: ReviewOrigin) -> list[str]:
    if not origin.guarded:
        return []
    names = ", ".join(told(name) for name in origin.guarded)
    return [
        "",
        f"> **This changes {names}.** Such a change can make up what is said here: read it first.",
    ]


def _overview(review: ChangeReview) -> Iterator[tuple[str, str]]:
    counts = (plural(review.errors, "error"), plural(review.warnings, "warning"))
    yield "files", ", ".join(counts) if review.errors or review.warnings else "no findings"
    if review.cases:
        yield "cases", "; ".join(map(_tally, review.cases[:_MOST_ENGINES]))
    for plan in review.environments[:_MOST_PLANS]:
        base = f"release {plan.release}" if plan.release else "nothing"
        done = f"{plan.summary} (from {base}, plan {plan.intended[:8]})"
        said = f"none: {plan.problem}" if plan.problem else done
        yield f"plan for {told(plan.name)}", told(said)
    if weak := sum(bool(each.weakens) for each in review.detections):
        yield "weakened", plural(weak, "detection")
    if found := review.coverage:
        changed = [f"+{id_}" for id_ in found.gained] + [f"−{id_}" for id_ in found.lost]  # noqa: RUF001 - as long as a plus
        listed = f" ({_some(changed)})" if changed else ""
        yield "techniques", f"{found.before} → {found.after}{listed}"


def _findings(found: Sequence[ReviewFinding]) -> list[tuple[str, ...]]:
    """Errors and warnings; those that only inform are in the run."""
    return [
        (each.severity, each.code, f"{each.file}:{each.line}", _with_hint(each))
        for each in found
        if each.severity != "info"
    ]


def _with_hint(each: ReviewFinding) -> str:
    return f"{each.message} ({each.hint})" if each.hint else each.message


def _failures(failed: Sequence[FailedCase]) -> list[tuple[str, ...]]:
    return [(each.key, each.case, each.engine, "; ".join(each.problems)) for each in failed]


def _detections(review: ChangeReview, origin: ReviewOrigin) -> Iterator[tuple[str, str]]:
    steps: dict[str, list[tuple[str, ReviewedStep]]] = {}
    for plan in review.environments:
        for step in plan.steps:
            steps.setdefault(step.id, []).append((plan.name, step))
    for each in review.detections:
        head = _title(each, origin)
        mine = steps.get(each.id, [])
        yield _detection(each, head, mine), f"\n{head}\n"


def _title(each: DetectionChange, origin: ReviewOrigin) -> str:
    level = f" · {told(each.level)}" if each.level else ""
    word = _WORD.get(each.word, each.word)
    name = told(each.title or each.key)
    file = _file(each.file, origin, removed=each.word == "removed")
    return f"#### `{_SYMBOL[each.word]}` {name} · {word}{level}\n{file}"


def _file(path: str, origin: ReviewOrigin, *, removed: bool) -> str:
    shown = told(path)
    if not origin.files or removed or not _PATH.fullmatch(path):
        return shown
    return f"[{shown}]({origin.files}{quote(path, safe='/')})"


def _detection(each: DetectionChange, head: str, steps: Iterable[tuple[str, ReviewedStep]]) -> str:
    lines = ["", head, ""]
    if each.attributes:
        rows = [tuple(map(told, (a.name, a.old, a.new))) for a in each.attributes]
        lines += [*table(rows, ("attribute", "before", "after")), ""]
    lines += code(each.condition, "diff")
    lines += [f"- {line}" for line in _direction(each)]
    lines += [f"- {told(name)}: {_step(step)}" for name, step in steps]
    if each.word != "removed":
        lines.append(f"- cases: {'; '.join(map(_tally, each.cases)) or 'none'}")
    lines += _cost(each)
    moved = [f"gains {_some(each.gained)}"] if each.gained else []
    moved += [f"loses {_some(each.lost)}"] if each.lost else []
    lines += [f"- techniques: {', '.join(moved)}"] if moved else []
    return "\n".join(lines) + "\n"


def _cost(each: DetectionChange) -> list[str]:
    """Where it is there, and differs."""
    old, new = each.cost.old, each.cost.new
    if not new or old == new:
        return []
    before = f" (before: {told(old)})" if old else ""
    return [f"- cost: {told(new)}{before}"]


def _direction(each: DetectionChange) -> Iterator[str]:
    """What it matches from now on; the events that show it are the author's own words, too."""
    if found := each.direction:
        reason = f" ({told(found.reason)})" if found.reason else ""
        yield f"direction: {found.kind}{reason}"
        if found.lost:
            yield f"no longer matches {told(found.lost)}"
        if found.gained:
            yield f"now matches {told(found.gained)}"
    if each.weakens:
        yield f"**weakens**: {', '.join(map(told, each.weakens))}"


def _step(step: ReviewedStep) -> str:
    artifact = f"artifact {step.artifact}" if step.artifact else ""
    facts = (step.version, step.what, step.where, artifact, *step.notes)
    return " · ".join(told(fact) for fact in facts if fact)


def _remarks(plans: Sequence[PlannedEnvironment]) -> list[str]:
    """Errors and warnings, each once, with the environments."""
    where: dict[tuple[str, str], list[str]] = {}
    for plan in plans:
        for kind, texts in (("error", plan.problems), ("warning", plan.warnings)):
            for text in texts:
                where.setdefault((kind, text), []).append(plan.name)
    return [
        f"- **{kind}** in {told(', '.join(names))}: {told(text)}"
        for (kind, text), names in sorted(where.items())
    ]


def _others(plan: PlannedEnvironment, mine: Container[str]) -> Iterator[str]:
    """Steps of the plan that are not of a detection that this change reaches."""
    others = [each for each in plan.steps if each.id not in mine and each.symbol != "x"]
    yield from (f"- `{each.symbol}` {told(each.name)} {_step(each)}" for each in others)
    if plan.more:
        yield f"- {plural(plan.more, 'more step')}"


def _refusals(review: ChangeReview, mine: Container[str]) -> list[tuple[str, ...]]:
    """Detections that a backend refuses as before, each once."""
    where: dict[tuple[str, str], list[str]] = {}
    for plan in review.environments:
        for step in plan.steps:
            if step.symbol == "x" and step.id not in mine:
                said = (step.name, "; ".join(step.notes))
                where.setdefault(said, []).append(plan.name)
    return [(name, ", ".join(names), why) for (name, why), names in where.items()]


def _tally(found: CaseTally) -> str:
    counts = {"passed": found.passed, "failed": found.failed, "refused": found.refused}
    listed = ", ".join(f"{n} {word}" for word, n in counts.items() if n) or "none"
    return f"{told(found.engine)} {listed}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more
