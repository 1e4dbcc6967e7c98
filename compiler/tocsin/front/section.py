"""One map of a document: its keys read with the type they must have, every mistake collected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from tocsin.diagnostics import Diagnostic, Severity, near
from tocsin.front.yaml import Path_, YamlDocument


class Section:
    """The map at a path of a document; `diagnostics` collects what is wrong with it."""

    def __init__(self, document: YamlDocument, path: Path_, value: Mapping[str, Any]) -> None:
        self.document = document
        self.path = path
        self.value = value
        self.diagnostics: list[Diagnostic] = []

    def report(  # noqa: PLR0913 - all that a finding says
        self,
        code: str,
        message: str,
        path: Path_ = (),
        hint: str = "",
        *,
        key: bool = False,
        offset: int = 0,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Collect a finding at a path below the section, `offset` characters into its text."""
        span = self.document.span((*self.path, *path), key=key)
        place = replace(span, column=span.column + offset)
        self.diagnostics.append(Diagnostic(code, message, place, severity, hint))

    def only(self, known: Collection[str], code: str, meant: Mapping[str, str]) -> None:
        """Report every key that is not known; `meant`: what others write, and what it is here."""
        for name in self.value:
            if name not in known:
                close = meant.get(name) or near(str(name), known)
                hint = f"did you mean {close!r}?" if close else f"known keys: {', '.join(known)}"
                self.report(code, f"{'.'.join(map(str, self.path))}: unknown key {name!r}", (name,),
                            hint, key=True)  # fmt: skip

    def texts(self, name: str, code: str) -> tuple[str, ...]:
        """A list of texts, each once; a single text is a list of one, a missing key none."""
        given = self.value.get(name)
        if given is None and name not in self.value:
            return ()
        found: dict[str, None] = {}
        for number, each in enumerate(given if isinstance(given, list) else [given]):
            if not isinstance(each, str) or not each.strip():
                self.report(
                    code, f"`{name}` takes only text", (name, number), "quote what is not text"
                )
            elif each in found:
                self.report(
                    code,
                    f"{each!r} is listed twice in `{name}`",
                    (name, number),
                    "remove one of the two",
                )
            else:
                found[each] = None
        return tuple(found)
