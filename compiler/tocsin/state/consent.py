"""Who agreed with a release, under which policy: what the ledger records of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter

from tocsin.model.policy import EnvironmentPolicy
from tocsin.release.entry import FORBID_UNKNOWN
from tocsin.release.moment import Moment


@dataclass(frozen=True, slots=True)
class Consent:
    """`policy` in force, as it stood in the commit `policy_from` of the protected `branch`.

    `authors` of the change and `applier`, by their names. `approvals`: SHA-256 of each file
    `approvals/<n>.dsse.json`, from 1 on; `reviewers`: whose they are. `emergency`: the reason with
    which somebody let it through alone. `directions` of detections whose logic changed, by id.
    `trust`: the trust file, in that commit. `at`: when it was decided, before anything was changed.
    """

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    approvals: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    emergency: str = ""
    authors: tuple[str, ...] = ()
    applier: tuple[str, ...] = ()
    policy: EnvironmentPolicy | None = None
    branch: str = ""
    policy_from: str = ""
    trust: str = ""
    directions: dict[str, str] = field(default_factory=dict)
    at: Moment | Literal[""] = ""

    @property
    def approval_paths(self) -> tuple[str, ...]:
        """Where the approvals lie, in their order."""
        return tuple(map(approval_path, range(1, len(self.approvals) + 1)))


CONSENT: TypeAdapter[Consent | None] = TypeAdapter(Consent | None)


def approval_path(number: int) -> str:
    """Where an approval lies in the commit of the release; the first is number 1."""
    return f"approvals/{number}.dsse.json"
