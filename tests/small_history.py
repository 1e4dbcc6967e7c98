"""A history made by hand: two detections, three releases, one of them with strangers' text."""

from __future__ import annotations

from tocsin.front.attack import attack_data, load_attack, parse_strategies
from tocsin.model.source import Source
from tocsin.release.entry import Action, Entry
from tocsin.site.history.model import (
    AttackRecord,
    CaseRun,
    ControlEvidence,
    ControlHistory,
    DetectionHistory,
    DriftHistory,
    EntryAttribute,
    EntryChange,
    ExceptionRecord,
    History,
    LedgerEvidence,
    LogicVersion,
    MappingRecord,
    Period,
    PersonHistory,
    RecordedTexts,
    ReleaseHistory,
    SignatureState,
    SignedApproval,
    SourceHistory,
    StateSpan,
    TechniqueHistory,
)
from tocsin.state.case_proof import CaseProof
from tocsin.state.consent import Consent
from tocsin.state.facts import ReleaseFacts
from tocsin.state.ledger_event import Attempt
from tocsin.state.release import Revision

FORMULA = '=HYPERLINK("http://evil";"x")'
STRANGE = f"{FORMULA} <script>alert(1)</script> \u202e \n second line"
PLAIN, ODD = "0c1d0f5e-7c3e-4d0a-9e0e-000000000001", "odd/../id"
MADE = ("2026-01-05T10:00:00+00:00", "2026-02-05T10:00:00+00:00", "2026-03-05T10:00:00+00:00")
PERIOD = Period(MADE[0], "2026-03-31T23:59:59+00:00")
VALID = SignatureState("valid", "ci (SHA256:abc)")
UNPROVEN = SignatureState("unproven", "no trust file was given")


def entry(id_: str, title: str, version: int = 1, *, mode: str = "live") -> Entry:
    return Entry(
        id=id_,
        key="plain" if id_ == PLAIN else "odd",
        version=version,
        logic=f"{version}" * 64,
        artifact=f"{version}a" * 32,
        meta="b" * 64,
        backend="kafka-filter",
        source="audit",
        path="audit/plain.part",
        title=title,
        level="high",
        status="stable",
        owner="team-a" if id_ == PLAIN else "@SUM(1)",
        tags=("attack.t1098.003",),
        controls=("PCI DSS 10.2.1", "nist-800-53 AC-02") if id_ == PLAIN else (),
        file=f"rules/{version}.yml",
        cases=2,
        mode=mode,  # type: ignore[arg-type]
    )


ENTRIES = (entry(PLAIN, "Key Added"), entry(PLAIN, "Key Added", 2), entry(ODD, STRANGE))


def _change(release: int, of: Entry, action: Action, weakens: str = "") -> EntryChange:
    was = ENTRIES[0] if action is Action.CHANGED else None
    said = (EntryAttribute("level", "critical", "high"),) if was else ()
    how = "narrower" if was else None
    return EntryChange(release, MADE[release - 1], action.value, of, was, how, weakens, said)


CHANGES = (
    _change(1, ENTRIES[0], Action.ADDED),
    _change(2, ENTRIES[1], Action.CHANGED, "its logic changes: narrower"),
    _change(3, ENTRIES[2], Action.ADDED),
    _change(3, ENTRIES[1], Action.REMOVED, "it is removed"),
)
APPROVAL = SignedApproval(
    *("approvals/1.dsse.json", "d" * 64, "bob", "2026-02-05T09:00:00+00:00", "77", "c" * 40),
    *("", "", True, VALID),
)


def _release(number: int) -> ReleaseHistory:
    second = number == 2
    return ReleaseHistory(
        number=number,
        commit=f"{number}" * 40,
        digest=f"{number}" * 64,
        made=MADE[number - 1],
        who="Ada <ada@example.org>",
        reason="SOC-17 quieter" if second else STRANGE,
        form=2 if second else 1,
        parent=f"{number - 1}" * 40 if number > 1 else "",
        source=Revision("e" * 40),
        plan="f" * 64,
        content="a" * 64 if second else "",
        consent=Consent(approvals=("d" * 64,), reviewers=("bob",)) if second else None,
        approvals=(APPROVAL,) if second else (),
        claimed=() if second else ("cleo",),
        wrote=("ada",) if second else None,
        reviewed=("bob",) if second else None,
        applied="ada",
        changes=tuple(each for each in CHANGES if each.release == number),
        live=1,
        shadow=0,
        muted=0,
        cases=2 if second else None,
        facts=ReleaseFacts("https://ci.example.org/1", {"total": 3.5}) if second else None,
        tools={"tocsin": "0.1.0"},
        signature=VALID if second else UNPROVEN,
        objections=None,
        later=None,
        events=(),
    )


def _run(case: str, output: str) -> CaseRun:
    proof = CaseProof(
        *(PLAIN, "plain", case, "evaluator", "0.1.0", "passed", "a" * 64, output, 0.001)
    )
    return CaseRun(2, MADE[1], proof)


TEXTS = RecordedTexts("title: Key Added\n", "- name: fires\n", b"\x00part")
_EXCEPTION = ExceptionRecord("mute", ODD, "ada", STRANGE, MADE[2], "", None, 3)
_SPANS = (
    StateSpan("live", MADE[0], MADE[2], 1, "added"),
    StateSpan("absent", MADE[2], "", 3, "removed"),
)
DETECTIONS = (
    DetectionHistory(
        *(PLAIN, "plain", ENTRIES[1], "absent", TEXTS, _SPANS),
        *(CHANGES[:2] + CHANGES[3:],),
        *((LogicVersion(1, 1, MADE[0], ENTRIES[0], RecordedTexts(None, None, b"1")),),),
        *((_run("fires", "c" * 64), _run("silent", "0" * 64)), (), ("T1098.003",)),
        "product=aws",
    ),
    DetectionHistory(
        *(ODD, "odd", ENTRIES[2], "live", RecordedTexts(None, None, None)),
        *((StateSpan("live", MADE[2], "", 3, "added"),), CHANGES[2:3], (), None, (_EXCEPTION,)),
        *(("T1098.003",), None),
    ),
)
_MAPPING = MappingRecord(
    *("nist", "NIST 800-53", "nist-800-53", "rev5", "MITRE", "Apache-2.0", "16.1", "a" * 64, 2),
    lost=("T1562.008",),
)
_MAPPED = ControlEvidence(ODD, "nist", "T1098.003", "T1098.003", "mitigates", "significant")
_CONTROLS = (
    ControlHistory(
        *("nist-800-53", "rev5", "AC-02", "Account Management", "AC", ("T1098.003",)),
        evidence=(ControlEvidence(PLAIN), _MAPPED),
    ),
    ControlHistory(*("pci-dss", "", "10.2.1", None, None, ()), evidence=(ControlEvidence(PLAIN),)),
    ControlHistory(*("nist-800-53", "rev5", "AC-03", "Access", "AC", ("T1003",)), evidence=()),
)
_ATTEMPT = Attempt(
    n=1,
    at="2026-02-04T10:00:00+00:00",
    who="Ada <ada@example.org>",
    environment="prod",
    command="apply",
    outcome="refused",
    base=1,
    counts={"changed": 1},
    code="policy",
    message=f"needs 1 approval; {FORMULA}",
)
_DRIFT = DriftHistory("2026-02-06T10:00:00+00:00", 2, 1, ("plain: bytes differ",), "", 0)


def small_history(period: Period = PERIOD) -> History:
    """The history, all of its kinds of facts in it, and what is not recorded."""
    return History(
        project="shop",
        environment="prod",
        period=period,
        attack=AttackRecord(3, "a" * 64, load_attack(), parse_strategies(attack_data())),
        releases=tuple(map(_release, (1, 2, 3))),
        detections=DETECTIONS,
        techniques=(
            TechniqueHistory(
                *("T1098.003", "Additional Cloud Roles", ("persistence",), "T1098", ""),
                *((PLAIN, ODD), (ODD,), (StateSpan("live", MADE[0], "", 1, "added"),)),
            ),
        ),
        sources=(SourceHistory("audit", Source("audit", ()), (ODD,), 1, 3, declared=True),),
        mappings=(_MAPPING,),
        controls=_CONTROLS,
        persons=(PersonHistory("ada", ("Ada <ada@example.org>",), (2,), (), (1, 2, 3), ()),),
        exceptions=(_EXCEPTION,),
        drifts=(_DRIFT,),
        events=(_ATTEMPT,),
        evidence=LedgerEvidence("9" * 40, 4, (), UNPROVEN, None),
    )
