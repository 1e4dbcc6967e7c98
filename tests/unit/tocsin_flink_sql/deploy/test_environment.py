"""What jobs of an environment are called, and where their files are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deployments.editions import Edition
from tocsin.errors import ConfigError
from tocsin_flink_sql.deploy.environment import Site
from tocsin_flink_sql.state.storage import Storage
from unit.tocsin_flink_sql.deploy.shop import place, site, specs

FIRST = Edition(1, {"ra": "a", "rb": "b"})


def test_names_of_jobs_are_read_as_they_are_made(tmp_path: Path) -> None:
    here = site(tmp_path)
    for pipeline, spec in specs(replace(FIRST, isolated="ra")).items():
        assert here.pipeline_of(here.name(spec)) == (pipeline, spec.version[:12])
    assert here.pipeline_of("tocsin/shop/other/audit@0123456789ab") is None
    assert here.pipeline_of("tocsin/shop/live/audit@0123") is None


@pytest.mark.parametrize("key", ["gateway", "rest", "storage"])
def test_what_is_not_set_is_told(key: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"has no `{key}`"):
        Site.of(replace(place(tmp_path), **{key: ""}))


def test_a_storage_elsewhere_is_refused(tmp_path: Path) -> None:
    assert Storage.of(tmp_path.as_uri(), "p", "e") == Storage.of(str(tmp_path), "p", "e")
    with pytest.raises(ConfigError, match="not a folder of this machine"):
        Storage.of("s3://bucket/x", "p", "e")


@pytest.mark.parametrize("name", ["a b", "50%", "Flink#1", "naïve", "file:///x%20y"])
def test_a_storage_that_flink_reads_otherwise_is_refused(name: str, tmp_path: Path) -> None:
    place = name if name.startswith("file:") else str(tmp_path / name)
    with pytest.raises(ConfigError, match="has characters that Flink would change"):
        Storage.of(place, "p", "e")
