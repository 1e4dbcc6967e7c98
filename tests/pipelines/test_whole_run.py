"""All workflows one after the other, to real engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.whole_run import page, whole_run
from tocsin_engines import EngineAddresses
from whole import only_whole

pytestmark = [pytest.mark.engine, only_whole]


def test_from_a_pull_request_to_the_end_of_a_mute(
    endpoints: EngineAddresses, tmp_path: Path
) -> None:
    told = page(whole_run(tmp_path, endpoints))
    assert "after the mute has ended by itself, is an alert" in told
