"""`[policy]` of tocsin.toml: who must agree before something is deployed, and when nothing is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from tocsin.model.detection import LevelName

_STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


MUTE_HOURS = 24
"""The longest that a detection is muted, where no policy says otherwise."""


class Approvers(BaseModel):
    """So many of these people must approve; none named: whoever has a key for it."""

    model_config = _STRICT

    approvals: int = Field(default=1, ge=0, le=10)
    approvers: tuple[str, ...] = ()


class Freeze(BaseModel):
    """A time in which nothing changes."""

    model_config = _STRICT

    since: AwareDatetime = Field(alias="from")
    until: AwareDatetime
    reason: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether it is frozen then."""
        return self.since <= at < self.until

    @model_validator(mode="after")
    def _ordered(self) -> Freeze:
        if self.until <= self.since:
            raise ValueError("`until` must be after `from`")
        return self


class EnvironmentPolicy(Approvers):
    """What one environment asks for.

    `levels`: in place of `approvals` and `approvers`, for detections of these levels. `weakening`:
    how many more must approve what may find less. `freezes`: nothing is deployed then.
    `break_glass`: who may let a plan through alone in an emergency, for at most so many hours.
    `review_hours`: by when others must have reviewed that, 0 for never. `mute_hours`: for how long
    a detection may be muted at most, even then.
    """

    levels: Mapping[LevelName, Approvers] = Field(default_factory=dict)
    weakening: int = Field(default=1, ge=0, le=10)
    freezes: tuple[Freeze, ...] = ()
    break_glass: tuple[str, ...] = ()
    break_glass_hours: int = Field(default=4, ge=1, le=72)
    review_hours: int = Field(default=72, ge=0, le=720)
    mute_hours: int = Field(default=MUTE_HOURS, ge=1, le=168)

    def of_level(self, level: str) -> Approvers:
        """Who must approve a change of a detection of this level."""
        return next((each for name, each in self.levels.items() if name == level), self)


class Policy(BaseModel):
    """The table. `branch`: the protected one, whose word counts; `trust`: the trust file on it."""

    model_config = _STRICT

    trust: str
    branch: str = Field(default="main", pattern=r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}")
    environments: Mapping[str, EnvironmentPolicy] = Field(default_factory=dict)

    @field_validator("trust")
    @classmethod
    def _below(cls, path: str) -> str:
        parts = PurePosixPath(path).parts
        if not path.isprintable() or not parts or path.startswith("/") or ".." in parts:
            raise ValueError("must be a file of the project, such as trust.toml")
        return path
