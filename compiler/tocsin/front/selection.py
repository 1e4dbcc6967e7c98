"""The `detection` block: selections and their condition, every mistake collected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tocsin.diagnostics import Diagnostic, Severity, alike
from tocsin.front.budget import (
    CODE,
    HINT,
    LETTERS_OF_CONDITION,
    MOST_SELECTIONS,
    Budget,
    TooMuch,
    cost,
    of_file,
)
from tocsin.front.condition import SelectionError, lower_condition, names_in
from tocsin.front.item import Placeholders, lower_item
from tocsin.front.key import EMPTY_HINT, ItemError, is_lone_all
from tocsin.front.sigma import ConditionError, parse_condition
from tocsin.front.yaml import Path_, YamlDocument
from tocsin.ir.nodes import Const, Expr, all_of, any_of

_NOTHING = Const(value=False)


class Lowering:
    """Lowers one block of selections; `diagnostics` collects what is wrong with it."""

    def __init__(
        self,
        document: YamlDocument,
        path: Path_,
        placeholders: Placeholders | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.document = document
        self.path = path
        self.placeholders = placeholders
        self.diagnostics: list[Diagnostic] = []
        self._whole = budget or of_file()
        self._budget = self._whole.part()
        self._spent = False

    def report(
        self, code: str, message: str, path: Path_, hint: str = "", *, key: bool = False
    ) -> None:
        """Collect a finding at a path of the document."""
        span = self.document.span(path, key=key)
        self.diagnostics.append(Diagnostic(code, message, span, hint=hint))

    def warn(self, code: str, message: str, path: Path_, hint: str = "") -> None:
        """Collect a finding that stops nothing at a key of the document."""
        span = self.document.span(path, key=True)
        self.diagnostics.append(Diagnostic(code, message, span, Severity.WARNING, hint))

    def selection(self, value: Any, path: Path_) -> Expr:
        """A map (all items hold), a list of maps (any holds), or keywords."""
        if isinstance(value, dict):
            if not value:
                self.report("TOC020", "an empty selection", path, EMPTY_HINT)
            return all_of([self.item(key, v, (*path, key)) for key, v in value.items()])
        if isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
            return any_of([self.selection(v, (*path, n)) for n, v in enumerate(value)])
        return self.item("", value, path)

    def item(self, key: str, value: Any, path: Path_) -> Expr:
        """One item; what has no meaning is reported and counts as false."""
        if self._spent:
            return _NOTHING
        if key == "" and path and path[-1] == "":
            self.report("TOC020", "a field without a name", path, key=True)
            return _NOTHING
        try:
            self._budget.take(1)  # what is wrong takes time, too
            made = lower_item(key, value, self.placeholders, self._budget)
        except TooMuch as error:
            return self._too_much(error, path)
        except ItemError as error:
            at = path if error.value is None else (*path, error.value)
            on_key = error.value is None and bool(key)
            self.report(error.code, _of_field(key, error), at, error.hint, key=on_key)
            return _NOTHING
        if is_lone_all(key, value):
            self.warn("TOC027", f"{key}: `all` with a single value", path, "remove `all`")
        return made

    def _too_much(self, error: TooMuch, path: Path_) -> Expr:
        """Report that the budget is spent, once: what comes after is not looked at."""
        self._spent = True
        self.report(CODE, str(error), path, HINT)
        return _NOTHING

    def block(self, value: Any) -> Expr:
        """The whole block: selections and `condition`."""
        if not isinstance(value, dict):
            self.report("TOC020", "the detection must be a map of selections", self.path)
            return _NOTHING
        if "timeframe" in value:
            hint = "write a Sigma correlation with `timespan`"
            self.report(
                "TOC033", "`timeframe` has no meaning", (*self.path, "timeframe"), hint, key=True
            )
        names = [n for n in value if n not in ("condition", "timeframe")]
        if len(names) > MOST_SELECTIONS:
            message = f"{len(names)} selections; at most {MOST_SELECTIONS} are allowed"
            self.report(CODE, message, self.path, HINT)
            return _NOTHING
        selections = {n: self.selection(value[n], (*self.path, n)) for n in names}
        if not selections:
            self.report("TOC020", "no selection", self.path)
            return _NOTHING
        if "condition" not in value:
            hint = f"for example `condition: {next(iter(selections))}`"
            if slip := next((n for n in names if alike(str(n).lower(), ("condition",))), None):
                hint = f"is {slip!r} meant to be `condition`?"
            self.report("TOC030", "no `condition`", self.path, hint)
            return _NOTHING
        return self._conditions(value["condition"], selections)

    def _conditions(self, value: Any, selections: Mapping[str, Expr]) -> Expr:
        if self._spent:
            return _NOTHING
        path = (*self.path, "condition")
        budget = self._whole.part()
        costs = {name: cost(expr) for name, expr in selections.items()}
        texts = value if isinstance(value, list) and value else [value]
        found: list[Expr] = []
        used: set[str] = set()
        for n, text in enumerate(texts):
            at = (*path, n) if isinstance(value, list) and value else path
            if not isinstance(text, str) or not text.strip():
                hint = f"for example `condition: {next(iter(selections))}`"
                self.report("TOC030", "a condition must be text", at, hint)
                continue
            try:
                budget.take(len(text) // LETTERS_OF_CONDITION)
                tree = parse_condition(text)
                names = names_in(tree, selections)
                budget.take(sum(costs[name] for name in names))
                found.append(lower_condition(tree, selections))
                used.update(names)
            except TooMuch as error:
                return self._too_much(error, at)
            except SelectionError as error:
                error.offset = error.found_in(text)
                self._condition_error(error, at)
            except ConditionError as error:
                self._condition_error(error, at)
        self._unused([n for n in selections if n not in used] if used else [])
        return any_of(found) if found else _NOTHING

    def _condition_error(self, error: ConditionError, path: Path_) -> None:
        span = self.document.span(path)
        # The offset is exact for a plain one-line text, which nearly every condition is.
        place = type(span)(span.file, span.line, span.column + error.offset)
        code = "TOC031" if isinstance(error, SelectionError) else "TOC030"
        self.diagnostics.append(Diagnostic(code, str(error), place, hint=error.hint))

    def _unused(self, names: list[str]) -> None:
        for name in names:
            message = f"the selection {name!r} is not used by the condition"
            self.warn("TOC034", message, (*self.path, name))


def _of_field(key: str, error: ItemError) -> str:
    return f"{key}: {error}" if key else str(error)
