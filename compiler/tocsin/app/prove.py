"""The cases of what is to be deployed: nothing is, unless all of them pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from tocsin import __version__, cache
from tocsin.app.engines import started
from tocsin.app.environment import OpenEnvironment
from tocsin.app.plan import Prepared
from tocsin.backend.base import Backend, Endpoints, VersionedEngine
from tocsin.backend.registry import code
from tocsin.canonical import digest
from tocsin.cases.events import arrivals
from tocsin.cases.judge import CaseVerdict
from tocsin.cases.run import EVALUATOR, run_engine, run_evaluator
from tocsin.errors import TocsinError
from tocsin.ir.query import Resolved
from tocsin.model.detection import Case
from tocsin.plural import plural
from tocsin.state.case_proof import FILE, CaseProof, encode

_TOLD = 3


class CasesError(TocsinError):
    """Cases of what is to be deployed do not pass."""

    code = "cases"
    refuses = True


def proven(opened: OpenEnvironment, prepared: Prepared) -> Prepared:
    """The same with how the cases ended. Raises CasesError unless all pass."""
    queries = [query for query in prepared.queries if query.detection.cases]
    if not queries:
        return prepared
    with opened.progress.stage("running the cases of what is deployed"):
        proofs = [*_evaluated(queries), *_on_engines(opened, queries)]
    _refuse_failed(proofs)
    files = {**prepared.enclosed.files, FILE: encode(proofs)}
    return replace(prepared, enclosed=replace(prepared.enclosed, files=files))


def _refuse_failed(proofs: Sequence[CaseProof]) -> None:
    wrong = [each for each in proofs if each.verdict != "passed"]
    if not wrong:
        return
    told = "; ".join(f"{e.key}: {e.case} ({e.engine}: {e.verdict})" for e in wrong[:_TOLD])
    more = f" and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
    keys = " ".join(sorted({f"--engine {each.engine}" for each in wrong}))
    raise CasesError(
        f"{plural(len(wrong), 'case')} of what is to be deployed did not pass: {told}{more}",
        hint=f"`tocsin test {keys}` tells why",
        exit_code=1,
    )


def _evaluated(queries: Sequence[Resolved]) -> Iterator[CaseProof]:
    for query in queries:
        begin = perf_counter()
        for case, verdict in zip(query.detection.cases, run_evaluator([query]), strict=True):
            end = perf_counter()
            yield _proof(verdict, __version__, _given(query, case), end - begin)
            begin = perf_counter()


def _given(query: Resolved, case: Case) -> str:
    """Digest of the events of a case as engines get them, and of what it expects."""
    return digest([arrivals(case, query.sources), case.expect])


def _proof(verdict: CaseVerdict, version: str, given: str, seconds: float) -> CaseProof:
    ended = "refused" if verdict.refused else "passed" if verdict.ok else "failed"
    return CaseProof(
        detection=verdict.detection,
        key=verdict.key,
        case=verdict.case,
        engine=verdict.engine,
        version=version,
        verdict=ended,  # type: ignore[arg-type] # one of the three
        input=given,
        output=digest(list(verdict.got)),
        seconds=round(seconds, 6),
    )


def _on_engines(opened: OpenEnvironment, queries: Sequence[Resolved]) -> Iterator[CaseProof]:
    engines = [name for name in opened.settings.test_on if name != EVALUATOR]
    if not engines:
        return
    with cache.table("proofs", [opened.root / opened.name], _code()) as known:
        for engine in engines:
            yield from _on_engine(engine, queries, known)


def _code() -> tuple[Path, ...]:
    """What else decides how cases end on engines: with their versions, it names what is started."""
    spec = find_spec("tocsin_engines")
    return (*code(), Path(spec.origin).parent) if spec and spec.origin else code()


def _on_engine(engine: str, queries: Sequence[Resolved], known: cache.Table) -> Iterator[CaseProof]:
    keys = {query.detection.id: _key(engine, query) for query in queries}
    kept = {of: known.answer(of, tuple[CaseProof, ...], bool) for of in keys.values()}
    left = [query for query in queries if not kept[keys[query.detection.id]]]
    yield from (replace(each, kept=True) for proofs in kept.values() for each in proofs)
    if not left:
        return
    with started([engine]) as (backends, endpoints):
        made = _run(backends[engine], endpoints, left)
    for query in left:
        own = tuple(each for each in made if each.detection == query.detection.id)
        if all(each.verdict == "passed" for each in own):
            known.answer(keys[query.detection.id], lambda own=own: own)  # type: ignore[misc]
    yield from made


def _key(engine: str, query: Resolved) -> str:
    given = (_given(query, case) for case in query.detection.cases)
    return cache.key(engine, query.exact, *given)


def _run(backend: Backend, endpoints: Endpoints, queries: Sequence[Resolved]) -> list[CaseProof]:
    version = backend.engine_version(endpoints) if isinstance(backend, VersionedEngine) else ""
    given = {
        (query.detection.id, case.name, case.span.line): _given(query, case)
        for query in queries
        for case in query.detection.cases
    }
    begin = perf_counter()
    verdicts = list(run_engine(queries, backend, endpoints))
    share = (perf_counter() - begin) / len(verdicts)
    return [_proof(v, version, given[v.detection, v.case, v.line], share) for v in verdicts]
