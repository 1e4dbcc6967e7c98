"""What the tests of local engines share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.kafka_shop import Shop, open_shop
from tocsin_engines import EngineAddresses, down


@pytest.fixture
def private_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """State of instances in a folder of this test; whatever it leaves running is stopped."""
    monkeypatch.setenv("TOCSIN_STATE", str(tmp_path))
    yield tmp_path
    monkeypatch.setenv("TOCSIN_STATE", str(tmp_path))
    for instance in (tmp_path / "engines").glob("*/instance.json"):
        down(name=instance.parent.name, purge=True)


@pytest.fixture
def servers(broker: EngineAddresses) -> str:
    """The broker's address."""
    return broker.addresses["kafka"]


@pytest.fixture
def shop(servers: str, tmp_path: Path) -> Iterator[Shop]:
    """A project with topics of its own on the broker."""
    with open_shop(servers, tmp_path / "shop") as made:
        yield made
