"""Roles: each may do all that those before it may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Reads; judges findings and silences; makes exceptions; reads the audit log."""

    READER = "reader"
    ANALYST = "analyst"
    ENGINEER = "engineer"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this one may do what the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks for something. `id` is a token's, or empty on the command line."""

    id: str
    name: str
    role: Role
