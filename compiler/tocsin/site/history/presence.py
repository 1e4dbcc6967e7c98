"""When a detection was live, in shadow, muted or absent, and when a technique had one that was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from tocsin.site.history.model import State, StateSpan

_BEST: tuple[State, ...] = ("live", "muted", "shadow", "absent")


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` on it is in this state, because of a release, or of none (0)."""

    at: str
    state: State
    release: int
    reason: str


@dataclass(frozen=True, slots=True)
class MutedTime:
    """A time in which a detection raises no alerts, from a release on.

    `ended_by`: the release that ended it early, 0 where it expires.
    """

    detection: str
    begin: str
    end: str
    who: str
    reason: str
    review: str
    release: int
    ended_by: int = 0

    @property
    def words(self) -> str:
        """Why it began."""
        return f"muted by {self.who}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TaggedTurn:
    """A turn of one detection, and the techniques that its tags name from then on."""

    id: str
    key: str
    turn: Turn
    techniques: frozenset[str]


def spans(turns: Iterable[Turn]) -> tuple[StateSpan, ...]:
    """What lies between turns, oldest first; of several at one time the last counts."""
    last = [list(group)[-1] for _, group in groupby(turns, key=lambda turn: turn.at)]
    told = [turn for n, turn in enumerate(last) if not n or _news(last[n - 1], turn)]
    ends = [turn.at for turn in told[1:]] + [""]
    return tuple(
        StateSpan(turn.state, turn.at, end, turn.release, turn.reason)
        for turn, end in zip(told, ends, strict=True)
    )


def _news(before: Turn, now: Turn) -> bool:
    """Absence has several reasons one after the other; all else goes on."""
    return now.state != before.state or now.state == "absent"


def muted(turns: Sequence[Turn], mutes: Iterable[MutedTime], until: str) -> list[Turn]:
    """The same turns with what was live in the time of a mute as muted."""
    found = list(turns)
    for mute in mutes:
        found = [*_with(found, mute, until)]
    return found


def _with(turns: Sequence[Turn], mute: MutedTime, until: str) -> Iterator[Turn]:
    """One mute, which may begin and end in any state."""
    begin = Turn(mute.begin, "muted", mute.release, mute.words)
    lifted = "unmuted" if mute.ended_by else "the mute expired"
    for turn, after in pairwise([*turns, None]):
        if turn is None:
            return
        end = after.at if after else until
        begins = mute.begin < end or (mute.begin == end and not after)
        if turn.state != "live" or not begins or mute.end <= turn.at:
            yield turn
            continue
        if turn.at < mute.begin:
            yield turn
        yield replace(begin, at=max(turn.at, mute.begin))
        if mute.end < end or (mute.end == end and not after):
            yield Turn(mute.end, "live", mute.ended_by, lifted)


def technique_spans(
    turns: Iterable[TaggedTurn], first: Sequence[Turn]
) -> dict[str, tuple[StateSpan, ...]]:
    """By technique, in which state the best of the detections is that name it or a part of it.

    `first`: how it is before any of them.
    """
    by_technique: dict[str, list[TaggedTurn]] = {}
    before: dict[str, frozenset[str]] = {}
    for each in sorted(turns, key=lambda each: each.turn.at):
        now = with_parents(each.techniques)
        for id_ in now | before.get(each.id, frozenset()):
            own = each if id_ in now else _untagged(each)
            by_technique.setdefault(id_, []).append(own)
        before[each.id] = now
    return {id_: spans([*first, *_best(own)]) for id_, own in by_technique.items()}


def with_parents(techniques: Iterable[str]) -> frozenset[str]:
    """These, and the techniques that they are a part of."""
    return frozenset(name for id_ in techniques for name in (id_, id_.partition(".")[0]))


def _untagged(each: TaggedTurn) -> TaggedTurn:
    gone = each.turn.state == "absent"
    reason = each.turn.reason if gone else "no longer names the technique"
    return replace(each, turn=replace(each.turn, state="absent", reason=reason))


def _best(turns: Sequence[TaggedTurn]) -> Iterator[Turn]:
    states: dict[str, State] = {}
    best: State = "absent"
    for at, group in groupby(turns, key=lambda each: each.turn.at):
        news = {each.id: each for each in group}
        was = {key: states.get(key, "absent") for key in news}
        states |= {key: each.turn.state for key, each in news.items()}
        now = min(states.values(), key=_BEST.index)
        if now != best:
            yield _because(at, now, best, news, was)
            best = now


def _because(
    at: str, now: State, best: State, news: Mapping[str, TaggedTurn], was: Mapping[str, State]
) -> Turn:
    """The turn of a technique, for the reason of the detection that made it."""
    better = _BEST.index(now) < _BEST.index(best)
    made = [
        each
        for key, each in sorted(news.items())
        if (each.turn.state == now if better else was[key] == best != each.turn.state)
    ]
    cause = made[0]
    return Turn(at, now, cause.turn.release, f"{cause.key}: {cause.turn.reason}")
