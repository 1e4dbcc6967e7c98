"""The jobs of a release, by pipeline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deployments.editions import HAT, HIT, MARK, Edition, compiled, identity
from tocsin.canonical import digest_bytes
from tocsin.errors import EngineError
from tocsin_flink_sql.deploy.job_specs import CorrelationJob, PackJob, job_specs
from unit.tocsin_flink_sql.deploy.shop import TOPIC, specs

FIRST = Edition(1, {"ra": "a", "rb": "b"})


def test_a_source_is_one_job_and_so_is_every_correlation() -> None:
    found = specs(FIRST)
    assert list(found) == ["audit", "burst"]
    assert isinstance(found["audit"], PackJob)
    assert isinstance(found["burst"], CorrelationJob)
    assert found["audit"].detections == {identity(key) for key in (MARK, HIT, HAT, "ra", "rb")}
    assert {spec.topics for spec in found.values()} == {(TOPIC,)}


def test_an_isolated_detection_has_a_job_of_its_own() -> None:
    found = specs(replace(FIRST, isolated="ra"))
    assert list(found) == ["audit", "audit/ra", "burst"]
    assert found["audit/ra"].detections == {identity("ra")}
    assert identity("ra") not in found["audit"].detections


def test_versions_tell_what_changed() -> None:
    first, same, other = (specs(e) for e in (FIRST, FIRST, replace(FIRST, threshold=5)))
    assert {s: spec.version for s, spec in first.items()} == {s: j.version for s, j in same.items()}
    assert first["audit"].version == other["audit"].version
    assert first["burst"].version != other["burst"].version
    assert first["audit"].version != specs(replace(FIRST, number=2))["audit"].version


def test_modes_do_not_matter() -> None:
    book = compiled(FIRST, TOPIC)
    shadows = [replace(entry, mode="shadow") for entry in book.entries]
    assert job_specs(shadows, book.bodies)["audit"].version == specs(FIRST)["audit"].version


def test_bytes_that_are_no_artifact_are_told() -> None:
    book = compiled(FIRST, TOPIC)
    damaged = dict.fromkeys(book.bodies, b"{}")
    with pytest.raises(EngineError, match="is not a flink-sql artifact"):
        job_specs(book.entries, damaged)


def test_an_artifact_is_the_version_of_a_correlation() -> None:
    spec = specs(FIRST)["burst"]
    assert isinstance(spec, CorrelationJob)
    assert spec.version == digest_bytes(spec.body)
