"""Generated detections as one pack: the matcher agrees with the evaluator, whatever it learnt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice

import orjson
import pytest

from differential.cases import Case, kept
from differential.seed import SEED
from differential.world import query_of
from tocsin.ir.evaluate import View, predicate
from tocsin.model.artifact import Match
from tocsin.pack import Pack, Part
from tocsin_matcher.pack import PackMatcher

BATCHES, BATCH = 3, 120
Pair = tuple[str, int]


def _parts(cases: Sequence[Case]) -> list[Part]:
    return [Part.of(query_of(case.expr, f"d{number:03}")) for number, case in enumerate(cases)]


def _wanted(parts: Sequence[Part], lines: Sequence[bytes]) -> set[Pair]:
    holds = [(part.detection, dict(part.paths), predicate(part.matches)) for part in parts]
    return {
        (detection, number)
        for number, line in enumerate(lines)
        for detection, paths, check in holds
        if check(View(orjson.loads(line), paths))
    }


def _pairs(matches: Sequence[Match]) -> set[Pair]:
    found = [(match.detection, match.event) for match in matches]
    assert len(found) == len(set(found)), "a match is there twice"
    return set(found)


def _told(parts: Sequence[Part], lines: Sequence[bytes], odd: set[Pair]) -> str:
    by_name = {part.detection: part for part in parts}
    few = sorted(odd)[:3]
    return "\n".join(
        [f"TOCSIN_SEED={SEED}", *(f"{by_name[d].encode()!r}\n{lines[n]!r}" for d, n in few)]
    )


@pytest.mark.parametrize("batch", range(BATCHES))
def test_every_event_matches_what_the_evaluator_says(batch: int) -> None:
    cases = list(islice(kept(SEED), batch * BATCH, (batch + 1) * BATCH))
    parts = _parts(cases)
    lines = [json.dumps(event).encode() for case in cases for event in case.events]
    wanted = _wanted(parts, lines)
    assert wanted
    matcher = PackMatcher(Pack.decode(Pack.of("generated", parts).encoded).parts)
    events = [orjson.loads(line) for line in lines]
    for sample in (None, events, events[:7], []):
        if sample is not None:
            matcher.learn_from(sample)
        for _ in range(2):  # the second time everything is known
            done = matcher.match_lines(lines)
            odd = _pairs(done.matches) ^ wanted
            assert not odd, _told(parts, lines, odd)
            assert not done.refused
        one_by_one = {
            (match.detection, number)
            for number, line in enumerate(lines[:60])
            for match in matcher.match_lines([line]).matches
        }
        assert one_by_one == {pair for pair in wanted if pair[1] < 60}
