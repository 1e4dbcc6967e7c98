"""States over time: by hand, and against a slow function that knows only whole releases."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from tocsin.model.attack import tagged
from tocsin.release.entry import Entry
from tocsin.site.history.dates import AskedPeriod, utc
from tocsin.site.history.model import History, Period, State, StateSpan
from tocsin.site.history.presence import (
    MutedTime,
    TaggedTurn,
    Turn,
    muted,
    spans,
    technique_spans,
)
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger
from tocsin.state.release import Release

D1, D2, D3, D4, D5, D6, D7 = (f"2026-01-0{n}T00:00:00+00:00" for n in range(1, 8))
FIRST = Turn(D1, "absent", 0, "not there yet")
BEST: tuple[State, ...] = ("live", "muted", "shadow", "absent")


def mute(begin: str, end: str, ended_by: int = 0) -> MutedTime:
    return MutedTime("a", begin, end, "ada", "noise", "", 3, ended_by)


def told(found: tuple[StateSpan, ...]) -> list[tuple[str, str, int, str]]:
    return [(span.state, span.begin[8:10], span.release, span.reason) for span in found]


def test_what_lies_between_turns() -> None:
    turns = [
        FIRST,
        Turn(D2, "shadow", 1, "added"),
        Turn(D4, "live", 2, "promoted"),
        Turn(D4, "absent", 3, "removed"),
        Turn(D6, "live", 4, "added again"),
    ]
    found = spans(turns)
    assert told(found) == [
        ("absent", "01", 0, "not there yet"),
        ("shadow", "02", 1, "added"),
        ("absent", "04", 3, "removed"),
        ("live", "06", 4, "added again"),
    ]
    assert [span.end for span in found] == [D2, D4, D6, ""]
    seconds = [span.seconds(Period(D3, D7)) for span in found]
    assert seconds == [0, 86_400, 2 * 86_400, 86_400]


LIVE = Turn(D2, "live", 1, "added")
MUTED = ("muted", "03", 3, "muted by ada: noise")


@pytest.mark.parametrize(
    ("turns", "mutes", "expected"),
    [
        ([LIVE], [mute(D3, D5)], [MUTED, ("live", "05", 0, "the mute expired")]),
        ([LIVE], [mute(D3, D5, 9)], [MUTED, ("live", "05", 9, "unmuted")]),
        ([LIVE], [mute(D3, "2026-02-01T00:00:00+00:00")], [MUTED]),
        ([LIVE], [mute(D7, "2026-02-01T00:00:00+00:00")], [("muted", "07", 3, MUTED[3])]),
        ([LIVE, Turn(D4, "absent", 4, "removed")], [mute(D3, D6)],
         [MUTED, ("absent", "04", 4, "removed")]),
        ([LIVE, Turn(D4, "absent", 4, "removed"), Turn(D5, "live", 5, "added again")],
         [mute(D3, D6)],
         [MUTED, ("absent", "04", 4, "removed"), ("muted", "05", 3, "muted by ada: noise"),
          ("live", "06", 0, "the mute expired")]),
        ([Turn(D2, "shadow", 1, "added"), Turn(D4, "live", 4, "promoted")], [mute(D3, D6)],
         [("muted", "04", 3, "muted by ada: noise"), ("live", "06", 0, "the mute expired")]),
        ([LIVE], [mute(D3, D5), mute(D4, D6)], [MUTED, ("live", "06", 0, "the mute expired")]),
        ([LIVE], [mute(D3, D5), mute(D5, D6)], [MUTED, ("live", "06", 0, "the mute expired")]),
    ],
)  # fmt: skip
def test_a_mute_is_over_what_is_live(
    turns: list[Turn], mutes: list[MutedTime], expected: list[tuple[str, str, int, str]]
) -> None:
    found = spans(muted([FIRST, *turns], mutes, D7))
    assert told(found)[2:] == expected


def test_a_technique_is_in_the_best_state_of_its_detections() -> None:
    part = frozenset({"T1098.003"})
    turns = [
        TaggedTurn("1", "a", Turn(D2, "live", 1, "added"), part),
        TaggedTurn("2", "b", Turn(D3, "live", 2, "added"), frozenset({"T1098"})),
        TaggedTurn("1", "a", Turn(D4, "absent", 3, "removed"), part),
        TaggedTurn("2", "b", Turn(D5, "live", 4, "names it no longer"), frozenset()),
        TaggedTurn("2", "b", Turn(D6, "absent", 5, "removed"), frozenset()),
    ]
    found = technique_spans(turns, [FIRST])
    assert found.keys() == {"T1098", "T1098.003"}
    assert told(found["T1098"])[1:] == [
        ("live", "02", 1, "a: added"),
        ("absent", "05", 4, "b: no longer names the technique"),
    ]
    assert told(found["T1098.003"])[1:] == [
        ("live", "02", 1, "a: added"),
        ("absent", "04", 3, "a: removed"),
    ]


def slow_state(releases: list[Release], at: str, id_: str) -> tuple[State, Entry | None]:
    """Of a detection at a moment, from whole releases only."""
    then = [release for release in releases if utc(release.made) <= at]
    entry = then[-1].entry(id_) if then else None
    if entry is None:
        return "absent", None
    held = any(m.detection == id_ and utc(m.since) <= at < utc(m.until) for m in then[-1].mutes)
    return ("muted" if held and entry.mode == "live" else entry.mode), entry


def state_at(found: tuple[StateSpan, ...], at: str) -> State:
    [state] = [s.state for s in found if s.begin <= at and (not s.end or at < s.end)]
    return state


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_agrees_with_whole_releases(tmp_path: Path, seed: int) -> None:
    write(tmp_path, Shape(detections=14, releases=22, seed=seed, old=seed - 1))
    ledger = GitLedger(tmp_path, ENVIRONMENT, project=PROJECT)
    releases = ledger.releases()[::-1]
    found = read_history(ledger, AskedPeriod())
    for at in moments(found):
        by_technique: dict[str, list[State]] = {}
        for each in found.detections:
            state, entry = slow_state(releases, at, each.id)
            assert state_at(each.spans, at) == state, (each.key, at)
            named = {name for id_ in tagged(entry.tags if entry else ()) for name in (id_, id_[:5])}
            for name in named:
                by_technique.setdefault(name, []).append(state)
        for technique in found.techniques:
            states = by_technique.get(technique.id, ["absent"])
            assert state_at(technique.spans, at) == min(states, key=BEST.index), (technique.id, at)


def moments(found: History) -> list[str]:
    """All times at which something changes, and a second before."""
    turns = {span.begin for each in found.detections for span in each.spans}
    before = {(_time(at) - timedelta(seconds=1)).isoformat() for at in turns}
    return sorted(at for at in turns | before if at >= found.period.begin)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
