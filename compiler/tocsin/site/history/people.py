"""Who is who, and what they had to do with releases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tocsin.site.history.model import PersonHistory, ReleaseHistory
from tocsin.state.release import Release
from tocsin.trust.trust_file import Trust


class People:
    """Finds the person behind a name, login or address; without a trust file each is its own."""

    def __init__(self, trust: Trust | None) -> None:
        self._trust = trust or Trust()
        self._names: dict[str, set[str]] = {}

    def person(self, *names: str) -> str:
        """The person with these names, of which the first is taken where nobody has them."""
        given = [name for name in names if name]
        known = [p for p in map(self._trust.person, given) if p in self._trust.people]
        found = [*known, *map(self._trust.person, given), ""][0]
        self._names.setdefault(found, set()).update(given)
        return found

    def each(self, names: Iterable[str]) -> tuple[str, ...]:
        """The persons with these names, each once."""
        return tuple(dict.fromkeys(self.person(name) for name in names))

    def applier(self, release: Release) -> str:
        """Who applied it."""
        named = release.consent.applier if release.consent else ()
        name, _, address = release.who.rstrip(">").rpartition(" <")
        return self.person(address, name, *named)

    def histories(self, releases: Sequence[ReleaseHistory]) -> tuple[PersonHistory, ...]:
        """All who were asked for, by name."""
        return tuple(self._history(name, releases) for name in sorted(self._names) if name)

    def _history(self, name: str, releases: Sequence[ReleaseHistory]) -> PersonHistory:
        return PersonHistory(
            name=name,
            names=tuple(sorted(self._names[name])),
            wrote=tuple(r.number for r in releases if name in (r.wrote or ())),
            reviewed=tuple(r.number for r in releases if name in (r.reviewed or ())),
            applied=tuple(r.number for r in releases if name == r.applied),
            claimed=tuple(r.number for r in releases if name in self.each(r.claimed)),
        )
