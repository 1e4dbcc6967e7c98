"""Runs an artifact once more on events that are at hand, to raise its alerts again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from tocsin.model.artifact import Artifact
from tocsin.model.source import Source
from tocsin.pack import PART_SUFFIX
from tocsin_runtime.alerts.writer import AlertWriter
from tocsin_runtime.stream.base import Record, Sink
from tocsin_runtime.worker.claims import Claim, Claims
from tocsin_runtime.worker.files import FileStream
from tocsin_runtime.worker.filters import FilterLane, parts_of
from tocsin_runtime.worker.lanes import build_lanes
from tocsin_runtime.worker.local import open_lane
from tocsin_runtime.worker.process import Lane, Processor

_PLACE = "replay"


def raised_again(
    artifact: Artifact,
    claims: Sequence[Claim],
    writer: AlertWriter,
    records: Sequence[Record],
) -> tuple[list[bytes], str]:
    """The alerts that an artifact raises on events, and why it cannot run here; or nothing."""
    lanes = build_lanes([artifact], {each.source.name: each.source for each in claims}, _open)
    if lanes.not_run:
        return [], lanes.not_run[0].reason
    alone = "" if artifact.stateful else artifact.source
    processor = Processor(Claims(claims, lanes.by_source, alone), writer)
    batches = (processor(records), processor.finish())
    outputs = [output for batch in batches for output in batch.outputs]
    dead = [output for output in outputs if output.sink is Sink.DEAD]
    problem = str(orjson.loads(dead[0].value)["reason"]) if dead else ""
    return [output.value for output in outputs if output.sink is Sink.ALERTS], problem


def records_of(events: Sequence[Mapping[str, Any]], files: Sequence[Path]) -> list[Record]:
    """Those of files, or where none is given, of the events themselves."""
    if files:
        return list(FileStream(files, {}).every())
    return [Record(_PLACE, 0, at, orjson.dumps(event)) for at, event in enumerate(events)]


def _open(backend: str, sources: Sequence[Source | None], artifacts: Sequence[Artifact]) -> Lane:
    """Parts of packs are matched in this process, whichever backend runs them elsewhere."""
    if all(each.suffix == PART_SUFFIX and not each.stateful for each in artifacts):
        return FilterLane(parts_of(artifacts))
    return open_lane(backend, sources, artifacts)
