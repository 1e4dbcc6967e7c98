"""What a site is made of: `History` and its parts."""

from tocsin.site.history.model.control import (
    AttackRecord,
    ControlEvidence,
    ControlHistory,
    MappingRecord,
    SourceHistory,
)
from tocsin.site.history.model.detection import (
    CaseRun,
    DetectionHistory,
    EntryAttribute,
    EntryChange,
    ExceptionRecord,
    LogicVersion,
    RecordedTexts,
    TechniqueHistory,
)
from tocsin.site.history.model.history import History, LedgerEvidence
from tocsin.site.history.model.period import UNRECORDED, Period, SignatureState, State, StateSpan
from tocsin.site.history.model.release import (
    DriftHistory,
    LaterReview,
    PersonHistory,
    ReleaseHistory,
    SignedApproval,
)

__all__ = [
    "UNRECORDED",
    "AttackRecord",
    "CaseRun",
    "ControlEvidence",
    "ControlHistory",
    "DetectionHistory",
    "DriftHistory",
    "EntryAttribute",
    "EntryChange",
    "ExceptionRecord",
    "History",
    "LaterReview",
    "LedgerEvidence",
    "LogicVersion",
    "MappingRecord",
    "Period",
    "PersonHistory",
    "RecordedTexts",
    "ReleaseHistory",
    "SignatureState",
    "SignedApproval",
    "SourceHistory",
    "State",
    "StateSpan",
    "TechniqueHistory",
]
