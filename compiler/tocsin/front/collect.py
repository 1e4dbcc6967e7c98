"""Rule files and folders to parsed rules: each file once, duplicates found, filters applied."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from tocsin import gate
from tocsin.diagnostics import Diagnostic, Span
from tocsin.errors import ConfigError
from tocsin.front.block import CaseFile, findings, read_cases
from tocsin.front.budget import of_file
from tocsin.front.correlation import CorrelationRule
from tocsin.front.documents import Broken, broken, head, joined, slug_of
from tocsin.front.filters import apply
from tocsin.front.item import Placeholders
from tocsin.front.rule import Filter, Rule, read_document
from tocsin.front.yaml import read_file, unread
from tocsin.model.detection import Case

_SUFFIXES = (".yml", ".yaml")
Named = Rule | CorrelationRule
Parsed = Named | Filter


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
    def named(self) -> tuple[Named, ...]:
        """Rules and correlations."""
        return (*self.rules, *self.correlations)


def rule_files(paths: Iterable[Path]) -> tuple[list[Path], list[Diagnostic]]:
    """All rule files at or below the paths, sorted, and what is none; case files are not rules."""
    found: dict[Path, None] = {}
    wrong: dict[str, Diagnostic] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise ConfigError(f"no such file or folder: {path}")
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


def collect(paths: Iterable[Path], placeholders: Placeholders | None = None) -> RuleSet:
    """Read all rules, correlations and filters at or below the paths."""
    files, wrong = rule_files(paths)
    found: list[Parsed] = []
    lost: list[Broken] = []
    for file in files:
        found += _read(file, placeholders, wrong, lost)
    unique = list(_unique([each for each in found if not isinstance(each, Filter)], wrong))
    correlations = [each for each in unique if isinstance(each, CorrelationRule)]
    filters = [each for each in found if isinstance(each, Filter)]
    rules = [each for each in unique if isinstance(each, Rule)]
    filtered = apply(filters, rules, correlations)
    ordered = tuple(sorted([*wrong, *filtered.diagnostics], key=lambda d: d.sort_key))
    broken = (*lost, *filtered.broken)
    return RuleSet(filtered.rules, ordered, len(files), tuple(correlations), broken)


def _read(
    file: Path, placeholders: Placeholders | None, wrong: list[Diagnostic], lost: list[Broken]
) -> Iterator[Parsed]:
    documents, found = read_file(file)
    wrong += found
    if not documents and not found:
        wrong.append(Diagnostic("TOC006", "the file is empty", Span(str(file))))
    misread = bool(found)
    if any(d.code == "TOC005" for d in found):
        return  # values were dropped: what else would be said about them is not true
    if old := joined(documents):
        wrong.append(old)
        lost += map(broken, documents)
        return
    main = head(documents)
    budget = of_file()
    for number, document in enumerate(documents):
        slug = slug_of(documents, number, main)
        parsed, found = read_document(document, placeholders, slug, budget)
        wrong += found
        if parsed is None or misread:
            lost.append(broken(document))
        elif isinstance(parsed, Filter) or number != main:
            yield parsed
        else:
            yield _with_cases(parsed, file, wrong)


def _with_cases(rule: Named, file: Path, wrong: list[Diagnostic]) -> Named:
    beside = file.with_name(f"{file.stem}.test{file.suffix}")
    if not os.path.lexists(beside):
        return rule
    cases, found = read_case_file(beside)
    wrong += [d.of_rule(rule.detection.id) for d in found]
    detection = replace(rule.detection, cases=(*rule.detection.cases, *cases))
    return replace(rule, detection=detection)


def read_case_file(file: Path) -> tuple[list[Case], list[Diagnostic]]:
    """The cases of a `<slug>.test.yml`."""
    documents, wrong = read_file(file)
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


def _unique(rules: Iterable[Named], wrong: list[Diagnostic]) -> Iterator[Named]:
    """The rules and correlations whose id and name none before them has."""
    seen: dict[str, Named] = {}
    for given in rules:
        rule = _placed(given, seen)
        names = {rule.detection.id: "id", rule.detection.name: "name"}
        taken = [(what, name, seen[name]) for name, what in names.items() if name in seen]
        seen |= {name: rule for name in names if name and name not in seen}
        wrong += [duplicate(rule, what, name, first) for what, name, first in taken]
        if not taken:
            yield rule


def _placed(rule: Named, seen: Mapping[str, Named]) -> Named:
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


def duplicate(rule: Named, what: str, name: str, first: Named) -> Diagnostic:
    """The finding that a rule bears an identity that an earlier one has."""
    place = first.detection.span
    hint = f"first used at {place.file}:{place.line}"
    message = f"the {what} {name} is used twice"
    return Diagnostic("TOC040", message, rule.detection.span, hint=hint, rule=rule.detection.id)
