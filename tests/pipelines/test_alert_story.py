"""From events to the next plan: in the suite without servers, in a whole run with all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import postgresql
from pipelines.alert_story import embedded, on_servers
from tocsin_engines import EngineAddresses
from whole import only_whole


def test_without_any_server(tmp_path: Path) -> None:
    assert embedded(tmp_path)


@pytest.mark.engine
@only_whole
def test_with_all_of_them(endpoints: EngineAddresses, tmp_path: Path) -> None:
    with postgresql.running() as database:
        assert on_servers(tmp_path, endpoints, database.address)
