"""Which detections support which controls, and who says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.site_ledger import ENVIRONMENT, PROJECT, Shape, write
from tocsin.errors import LedgerError
from tocsin.site.history.dates import AskedPeriod
from tocsin.site.history.model import ControlEvidence, History
from tocsin.site.history.read import read_history
from tocsin.state.git_ledger import GitLedger

BLOCK = b"""catalogue: nist-800-53-rev5
version: rev5
by: Example Ltd
licence: Apache-2.0
attack: "16.1"
controls: {AC-02: Account Management, AU-02: Event Logging}
groups: {AC: Access Control}
"""


def told(folder: Path, table: bytes) -> History:
    files = {"mappings/nist.yml": BLOCK, "mappings/nist.csv": table}
    write(folder, Shape(detections=40, releases=3, files=files))
    return read_history(GitLedger(folder, ENVIRONMENT, project=PROJECT), AskedPeriod())


def test_a_mapping_of_an_older_attack_is_read_by_successors(tmp_path: Path) -> None:
    plain = told(tmp_path / "a", b"control,technique\nAC-02,T1098\n")
    technique = next(each for each in plain.techniques if each.live and each.id == each.parent)
    table = f"control,technique\nAC-02,{technique.id}\nAU-02,T1562.001\nAU-02,T1562\n".encode()
    found = told(tmp_path / "b", table)
    [record] = found.mappings
    assert (record.whose, record.licence, record.attack) == ("Example Ltd", "Apache-2.0", "16.1")
    assert (record.release, record.lost) == (1, ("T1562",))
    by_id = {each.id: each for each in found.controls if each.catalogue == "nist-800-53-rev5"}
    accounts, logging = by_id["AC-02"], by_id["AU-02"]
    assert (accounts.name, accounts.group, logging.group) == (
        "Account Management",
        "Access Control",
        None,
    )
    own = {e.detection for e in accounts.evidence if not e.mapping}
    live = [d for d in found.detections if d.state == "live"]
    assert own == {d.id for d in live if "nist-800-53-rev5:AC-02" in d.entry.controls}
    mapped = {e for e in accounts.evidence if e.mapping}
    assert mapped == {
        ControlEvidence(id_, "nist", technique.id, technique.id)
        for each in found.techniques
        if each.id == technique.id
        for id_ in each.live
    }
    assert logging.techniques == ("T1685",)


def test_controls_that_only_authors_name_have_no_name(tmp_path: Path) -> None:
    found = told(tmp_path, b"control,technique\nAC-02,T1098\n")
    [pci] = [each for each in found.controls if each.catalogue == "pci-dss-4.0"]
    assert (pci.id, pci.name, pci.version) == ("10.2.1.5", None, "")
    assert pci.evidence


def test_a_mapping_that_cannot_be_read_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="release 3 has a mapping that cannot be read"):
        told(tmp_path, b"control\nAC-02\n")
