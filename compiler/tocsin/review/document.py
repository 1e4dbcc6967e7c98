"""`review.json`: what one run says of a change, bounded, since its reader must not trust it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from tocsin import gate
from tocsin.errors import ConfigError
from tocsin.parse_errors import first_line

FILE = "review.json"
MOST_BYTES = 8 * gate.MIB
MOST_DETECTIONS, MOST_LINES, MOST_LISTED = 5000, 200, 200
_LONGEST, _LONGEST_NAME = 1000, 300


def _text(text: str) -> str:
    """Text that can be written again. Raises ValueError for half of a surrogate pair."""
    text.encode()
    return text


ShortWords = Annotated[str, Field(max_length=_LONGEST_NAME), AfterValidator(_text)]
LongWords = Annotated[str, Field(max_length=_LONGEST), AfterValidator(_text)]
DiffLine = Annotated[str, Field(max_length=_LONGEST, pattern=r"^[ +-]"), AfterValidator(_text)]
SmallCount = Annotated[int, Field(ge=0, le=1_000_000)]
CommitId = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
TechniqueId = Annotated[str, Field(pattern=r"^T[0-9]{4}(\.[0-9]{3})?$")]
ChangeWord = Literal["added", "changed", "documented", "cases", "removed"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ReviewFinding(_Part):
    """A finding in a file, as `validate` tells it; `file` is below the repository."""

    code: ShortWords
    severity: Literal["error", "warning", "info"]
    file: LongWords
    line: SmallCount
    message: LongWords
    hint: LongWords


class CaseTally(_Part):
    """How many cases an engine passed, failed and refused."""

    engine: ShortWords
    passed: SmallCount
    failed: SmallCount
    refused: SmallCount


class FailedCase(_Part):
    """A case that failed, and why."""

    key: ShortWords
    case: LongWords
    engine: ShortWords
    problems: Annotated[list[LongWords], Field(max_length=20)]


class AttributeChange(_Part):
    """What an author says of a detection, before and after."""

    name: ShortWords
    old: LongWords
    new: LongWords


class DirectionFound(_Part):
    """What the new condition matches against the old; `lost`, `gained`: an event that shows it."""

    kind: Literal["narrower", "wider", "equal", "incomparable", "unknown"]
    lost: LongWords
    gained: LongWords
    reason: LongWords


class CostChange(_Part):
    """What it asks of engines, before and after; empty where it is not there."""

    old: LongWords
    new: LongWords


class DetectionChange(_Part):
    """A detection that differs from the base. `file` is below the repository.

    `condition`: both conditions, line by line, where they differ. `weakens`: why less is found
    than before. `gained`, `lost`: techniques of ATT&CK.
    """

    id: ShortWords
    key: ShortWords
    title: LongWords
    level: ShortWords
    file: LongWords
    word: ChangeWord
    attributes: Annotated[list[AttributeChange], Field(max_length=50)]
    condition: Annotated[list[DiffLine], Field(max_length=MOST_LINES)]
    direction: DirectionFound | None
    weakens: Annotated[list[ShortWords], Field(max_length=100)]
    cost: CostChange
    cases: Annotated[list[CaseTally], Field(max_length=20)]
    gained: Annotated[list[TechniqueId], Field(max_length=50)]
    lost: Annotated[list[TechniqueId], Field(max_length=50)]


class ReviewedStep(_Part):
    """A line of a plan; `id` of the detection is empty where it is about something else."""

    id: ShortWords
    symbol: Literal["+", "~", "-", "=", "!", "x"]
    name: LongWords
    version: ShortWords
    what: ShortWords
    where: ShortWords
    artifact: ShortWords
    notes: Annotated[list[LongWords], Field(max_length=50)]


class PlannedEnvironment(_Part):
    """The plan for an environment, from the ledger alone.

    `intended`: the digest of what it does to the release in the commit `base`, which is empty
    before the first. `problem`: why there is none.
    """

    name: ShortWords
    intended: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    base: CommitId | Literal[""]
    release: SmallCount
    summary: LongWords
    steps: Annotated[list[ReviewedStep], Field(max_length=MOST_DETECTIONS)]
    more: SmallCount
    warnings: Annotated[list[LongWords], Field(max_length=MOST_LISTED)]
    problems: Annotated[list[LongWords], Field(max_length=MOST_LISTED)]
    problem: LongWords


class CoverageChange(_Part):
    """Techniques of ATT&CK that detections of the project name, before and after."""

    before: SmallCount
    after: SmallCount
    gained: Annotated[list[TechniqueId], Field(max_length=1000)]
    lost: Annotated[list[TechniqueId], Field(max_length=1000)]


class ChangeReview(_Part):
    """The whole. `more`: changes that are too many to be told. `problem`: why it ends early."""

    form: Literal[1]
    tocsin: ShortWords
    project: ShortWords
    base: CommitId
    head: CommitId
    errors: SmallCount
    warnings: SmallCount
    findings: Annotated[list[ReviewFinding], Field(max_length=MOST_LISTED)]
    cases: Annotated[list[CaseTally], Field(max_length=20)]
    failed: Annotated[list[FailedCase], Field(max_length=MOST_LISTED)]
    detections: Annotated[list[DetectionChange], Field(max_length=MOST_DETECTIONS)]
    more: SmallCount
    environments: Annotated[list[PlannedEnvironment], Field(max_length=50)]
    coverage: CoverageChange | None
    problem: LongWords

    @property
    def ok(self) -> bool:
        """Whether nothing stands in the way of what is proposed."""
        stopped = any(each.problems or each.problem for each in self.environments)
        failing = any(tally.failed for tally in self.cases)
        return not (self.errors or self.problem or failing or stopped)


def fitted(review: ChangeReview) -> ChangeReview:
    """As much of it as a reader takes."""
    while len(_bytes(review)) > MOST_BYTES:
        kept = len(review.detections) // 2
        plans = [_halved(plan) for plan in review.environments]
        review = review.model_copy(
            update={
                "detections": review.detections[:kept],
                "more": review.more + len(review.detections) - kept,
                "environments": plans,
            }
        )
    return review


def _halved(plan: PlannedEnvironment) -> PlannedEnvironment:
    kept = len(plan.steps) // 2
    more = plan.more + len(plan.steps) - kept
    return plan.model_copy(update={"steps": plan.steps[:kept], "more": more})


def _bytes(review: ChangeReview) -> bytes:
    return review.model_dump_json(indent=1).encode() + b"\n"


def write(review: ChangeReview, file: Path) -> None:
    """Raises ConfigError if the file cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_bytes(fitted(review)))
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}", file=file) from None


def parse(data: bytes, name: str) -> ChangeReview:
    """The review in these bytes, whoever wrote them. Raises ConfigError if it is none."""
    if len(data) > MOST_BYTES:
        raise ConfigError(f"{name} is not a review: it is larger than {MOST_BYTES // gate.MIB} MiB")
    try:
        return ChangeReview.model_validate(gate.loads(data))
    except (ValidationError, ValueError) as bad:
        raise ConfigError(f"{name} is not a review: {first_line(bad)[:200]}") from None


def cut(text: str, most: int = _LONGEST) -> str:
    """Text that the form has room for."""
    whole = text.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def short(text: str) -> str:
    """A name that the form has room for."""
    return cut(text, _LONGEST_NAME)
