"""Rule files and folders to parsed rules: each file once, duplicates found, filters applied."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from tocsin import gate
from tocsin.cache import Table, key, table
from tocsin.diagnostics import Diagnostic, Span
from tocsin.front.block import CaseFile, findings, read_cases
from tocsin.front.budget import of_file
from tocsin.front.correlation import CorrelationRule
from tocsin.front.documents import Broken, broken, head, joined, slug_of
from tocsin.front.filters import apply
from tocsin.front.item import Placeholders
from tocsin.front.rule import Filter, Rule, read_document
from tocsin.front.yaml import MAX_BYTES, read_bytes, unread
from tocsin.model.detection import Case

_SUFFIXES = (".yml", ".yaml")
NamedRule = Rule | CorrelationRule
RuleOrFilter = NamedRule | Filter
Bytes = bytes | gate.UnreadError


@dataclass(frozen=True, slots=True)
class FileRead:
    """What one file holds, with its cases, every finding, and what its broken documents name."""

    parsed: tuple[RuleOrFilter, ...] = ()
    wrong: tuple[Diagnostic, ...] = ()
    lost: tuple[Broken, ...] = ()

    @property
    def keeps(self) -> bool:
        """Whether it can be kept: filters and correlations hold on to their document."""
        return all(isinstance(each, Rule) for each in self.parsed)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What a set of files holds: rules and correlations without errors, and every finding.

    `broken`: what the documents with errors would have been called, and refer to.
    """

    rules: tuple[Rule, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: int
    correlations: tuple[CorrelationRule, ...] = ()
    broken: tuple[Broken, ...] = ()

    @property
    def named(self) -> tuple[NamedRule, ...]:
        """Rules and correlations."""
        return (*self.rules, *self.correlations)


def rule_files(paths: Iterable[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """All rule files at or below the paths, sorted, and what is none; case files are not rules."""
    found: dict[Path, None] = {}
    wrong: dict[str, Diagnostic] = {}
    for path in paths:
        if not gate.exists(path):
            raise gate.MissingError(path, "file or folder")
        below, refused = gate.files(path, _SUFFIXES, deep=True)
        found |= dict.fromkeys(file for file in below if not _holds_cases(file) or file == path)
        wrong |= {str(each.path): unread(each) for each in refused if not _holds_cases(each.path)}
    return list(found), list(wrong.values())


def no_rules(paths: Iterable[Path]) -> list[Diagnostic]:
    """A finding for each folder without a rule file: it is mistyped, or its rules were moved."""
    hint = "rule files end in .yml or .yaml"
    return [
        Diagnostic("TOC007", "no rule files in this folder", Span(str(path)), hint=hint)
        for path in paths
        if path.is_dir() and rule_files([path]) == ([], [])
    ]


def _holds_cases(file: Path) -> bool:
    return file.stem.lower().endswith(".test")


def collect(
    paths: Iterable[Path], placeholders: Placeholders | None = None, known: Table | None = None
) -> RuleSet:
    """Read all rules, correlations and filters at or below the paths, or take what is known."""
    files, wrong = rule_files(paths)
    known = known or Table()
    values = key(repr(sorted((placeholders or {}).items())))
    found: list[RuleOrFilter] = []
    lost: list[Broken] = []
    for file in files:
        read = _read(file, placeholders, values, known)
        found += read.parsed
        wrong += read.wrong
        lost += read.lost
    unique = list(_unique([each for each in found if not isinstance(each, Filter)], wrong))
    correlations = [each for each in unique if isinstance(each, CorrelationRule)]
    filters = [each for each in found if isinstance(each, Filter)]
    rules = [each for each in unique if isinstance(each, Rule)]
    filtered = apply(filters, rules, correlations)
    ordered = tuple(sorted([*wrong, *filtered.diagnostics], key=lambda d: d.sort_key))
    broken = (*lost, *filtered.broken)
    return RuleSet(filtered.rules, ordered, len(files), tuple(correlations), broken)


def collect_again(paths: Sequence[Path], placeholders: Placeholders | None = None) -> RuleSet:
    """As `collect`, and what was read of these paths before is known again."""
    with table("rules", paths) as known:
        return collect(paths, placeholders, known)


def _read(file: Path, placeholders: Placeholders | None, values: str, known: Table) -> FileRead:
    """What a file holds; `values` tells the placeholders apart."""
    beside = file.with_name(f"{file.stem}.test{file.suffix}")
    data = _bytes(file)
    cases: Bytes | None = None
    if not gate.is_stdin(file) and os.path.lexists(beside):
        cases = _bytes(beside)
    if isinstance(data, gate.UnreadError):
        return FileRead(wrong=(unread(data),))
    if isinstance(cases, gate.UnreadError):
        return _parsed(file, data, cases, placeholders)
    of = key(str(file), data, cases, values)

    def make() -> FileRead:
        read = _parsed(file, data, cases, placeholders)
        for number, rule in enumerate(read.parsed):
            if isinstance(rule, Rule):
                object.__setattr__(rule, "made_of", f"{of}-{number}")
        return read

    return known.answer(of, make, lambda read: read.keeps)


def _bytes(file: Path) -> Bytes:
    try:
        return gate.read(file, MAX_BYTES)
    except gate.UnreadError as error:
        return error


def _parsed(
    file: Path, data: bytes, cases: Bytes | None, placeholders: Placeholders | None
) -> FileRead:
    documents, wrong = read_bytes(data, str(file))
    if not documents and not wrong:
        wrong.append(Diagnostic("TOC006", "the file is empty", Span(str(file))))
    misread = bool(wrong)
    if any(d.code == "TOC005" for d in wrong):
        return FileRead(wrong=tuple(wrong))  # values were dropped: no more is said about them
    if old := joined(documents):
        return FileRead(wrong=(*wrong, old), lost=tuple(map(broken, documents)))
    main = head(documents)
    budget = of_file()
    found: list[RuleOrFilter] = []
    lost: list[Broken] = []
    for number, document in enumerate(documents):
        slug = slug_of(documents, number, main)
        parsed, more = read_document(document, placeholders, slug, budget)
        wrong += more
        if parsed is None or misread:
            lost.append(broken(document))
        elif isinstance(parsed, Filter) or number != main:
            found.append(parsed)
        else:
            found.append(_with_cases(parsed, file, cases, wrong))
    return FileRead(tuple(found), tuple(wrong), tuple(lost))


def _with_cases(
    rule: NamedRule, file: Path, data: Bytes | None, wrong: list[Diagnostic]
) -> NamedRule:
    if data is None:
        return rule
    beside = file.with_name(f"{file.stem}.test{file.suffix}")
    cases, found = parse_cases(beside, data)
    wrong += [d.of_rule(rule.detection.id) for d in found]
    detection = replace(rule.detection, cases=(*rule.detection.cases, *cases))
    return replace(rule, detection=detection)


def read_case_file(file: Path) -> tuple[list[Case], list[Diagnostic]]:
    """The cases of a `<slug>.test.yml`."""
    return parse_cases(file, _bytes(file))


def parse_cases(file: Path, data: Bytes) -> tuple[list[Case], list[Diagnostic]]:
    """The cases in the bytes of a file, or why it was not read."""
    if isinstance(data, gate.UnreadError):
        return [], [unread(data)]
    documents, wrong = read_bytes(data, str(file))
    if not documents:
        empty = Diagnostic("TOC006", "the file is empty", Span(str(file)))
        return [], wrong or [empty]
    document = documents[0]
    try:
        block = CaseFile.model_validate(document.value)
    except ValidationError as error:
        return [], [*wrong, *findings(error, document, (), "TOC051", CaseFile)]
    cases, found = read_cases(block.cases, block.base, document, ("cases",))
    return cases, [*wrong, *found]


def _unique(rules: Iterable[NamedRule], wrong: list[Diagnostic]) -> Iterator[NamedRule]:
    """The rules and correlations whose id and name none before them has."""
    seen: dict[str, NamedRule] = {}
    for given in rules:
        rule = _placed(given, seen)
        names = {rule.detection.id: "id", rule.detection.name: "name"}
        taken = [(what, name, seen[name]) for name, what in names.items() if name in seen]
        seen |= {name: rule for name in names if name and name not in seen}
        wrong += [duplicate(rule, what, name, first) for what, name, first in taken]
        if not taken:
            yield rule


def _placed(rule: NamedRule, seen: Mapping[str, NamedRule]) -> NamedRule:
    """The rule; one without id and name that is called as another is called by its path too."""
    own = rule.detection
    file = Path(own.span.file)
    if own.name or own.id != own.key or own.id not in seen or seen[own.id].detection.name:
        return rule
    called = next(
        (
            name
            for name in (f"{file.parent.name}-{own.key}", f"{file}:{own.key}")
            if name not in seen
        ),
        own.id,
    )
    return replace(rule, detection=replace(own, id=called, key=called))


def duplicate(rule: NamedRule, what: str, name: str, first: NamedRule) -> Diagnostic:
    """The finding that a rule bears an identity that an earlier one has."""
    place = first.detection.span
    hint = f"first used at {place.file}:{place.line}"
    message = f"the {what} {name} is used twice"
    return Diagnostic("TOC040", message, rule.detection.span, hint=hint, rule=rule.detection.id)
