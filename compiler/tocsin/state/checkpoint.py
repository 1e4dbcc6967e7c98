"""Where a ledger was at a time, kept elsewhere: shows a branch that was rewritten or cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from tocsin import files, gate
from tocsin.errors import ConfigError
from tocsin.parse_errors import first_line
from tocsin.release.entry import FORBID_UNKNOWN, Whole
from tocsin.release.moment import Moment
from tocsin.trust.dsse import MAX_BYTES, Envelope
from tocsin.trust.keys import SigningKey
from tocsin.trust.trust_file import Trust, UntrustedError, Use

KIND = "application/vnd.tocsin.checkpoint+json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`commits` led to `head`, the last of them, at this time."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID_UNKNOWN

    environment: str
    project: str
    head: str
    commits: Whole
    at: Moment

    def against(self, commits: list[str]) -> Iterator[str]:
        """Why a branch with these commits, newest first, does not go on from here."""
        known = f"{self.head[:12]}, its last at {self.at}"
        if not commits:
            yield f"the branch is gone: it had {self.commits} commits, up to {known}"
        elif self.head not in commits:
            yield f"the branch was rewritten or cut off: it no longer holds {known}"
        elif len(commits) - commits.index(self.head) != self.commits:
            yield f"the branch was rewritten: {self.commits} commits led to {known}"


@dataclass(frozen=True, slots=True)
class SavedCheckpoint:
    """One as it lies in a file: its line, and below it the signature, if it has one."""

    checkpoint: Checkpoint
    line: bytes
    signature: bytes

    def unproven(self, trust: Trust) -> str:
        """Why its signature does not count, empty if it does, or if no key is for checkpoints."""
        if not any("checkpoint" in key.roles for key in trust.keys):
            return ""
        if not self.signature:
            return "it has no signature"
        found = self.checkpoint
        use = Use("checkpoint", found.environment, datetime.fromisoformat(found.at))
        try:
            trust.signer(Envelope.decode(self.signature, self.line), KIND, use)
        except UntrustedError as error:
            return error.message
        except ValueError as error:
            return f"its signature cannot be read: {error}"
        return ""


def read(path: Path) -> SavedCheckpoint | None:
    """The checkpoint in a file, None where there is no file. Raises ConfigError for damage."""
    try:
        line, _, signature = gate.read(path, MAX_BYTES).partition(b"\n")
        found = _CHECKPOINT.validate_python(gate.loads(line))
    except gate.MissingError:
        return None
    except (ValueError, ValidationError) as error:
        hint = "without it nothing shows that the branch was rewritten: look for a copy"
        message = f"{path} is not a checkpoint: {first_line(error)}"
        raise ConfigError(message, hint=hint, file=path) from None
    return SavedCheckpoint(found, line, signature)


def write(path: Path, found: Checkpoint, key: SigningKey | None) -> None:
    """Write it down, signed with the key if there is one."""
    line = _CHECKPOINT.dump_json(found)
    signature = Envelope(KIND, line).by(key).encode(detached=True) if key else b""
    files.put(path, line + b"\n" + signature)


_CHECKPOINT = TypeAdapter(Checkpoint)
