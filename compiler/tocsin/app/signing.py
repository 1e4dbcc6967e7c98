"""Keys that sign: looked up where settings or a person say, and not before they are needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin import gate
from tocsin.errors import LedgerError
from tocsin.secrets import Secret, is_reference

if TYPE_CHECKING:
    from tocsin.trust.keys import SigningKey

_LONGEST = 64 * 1024


def not_asked(data: bytes, kind: str) -> bytes:
    """In place of a key that must not be looked up. Raises LedgerError."""
    del data, kind
    raise LedgerError("this command does not look up the signing key")


class ReleaseSigner:
    """Signs a ledger with the key that a setting refers to."""

    def __init__(self, reference: str, setting: str) -> None:
        self._reference = reference
        self._setting = setting

    def __call__(self, data: bytes, kind: str) -> bytes:
        """The envelope to lie beside a file of the ledger with these bytes."""
        from tocsin.trust.dsse import Envelope  # noqa: PLC0415 - most commands sign nothing

        return Envelope(kind, data).by(self.key).encode(detached=True)

    def of_records(self, project: str, environment: str) -> Callable[[bytes, bytes], bytes]:
        """What signs the release records of an environment."""

        def sign(record: bytes, before: bytes) -> bytes:
            from tocsin.trust.record_seal import Destination, RecordSigner  # noqa: PLC0415 - as above

            return RecordSigner(self.key, Destination(project, environment)).sign(record, before)

        return sign

    def ready(self) -> None:
        """Raises ConfigError where the key is not there: said before anything is deployed."""
        _ = self.key

    @cached_property
    def key(self) -> SigningKey:
        """The key. Raises ConfigError."""
        from tocsin.trust.keys import SigningKey  # noqa: PLC0415 - as above
        from tocsin_runtime.worker.references import resolve  # noqa: PLC0415

        return SigningKey.read(resolve(self._reference, self._setting))


def own_key(given: str) -> SigningKey:
    """The key that a person names: `env:NAME`, or a file of theirs, wherever it lies."""
    from tocsin.trust.keys import SigningKey  # noqa: PLC0415 - as above
    from tocsin_runtime.worker.references import resolve  # noqa: PLC0415

    path = given.removeprefix("file:")
    if is_reference(given) and path == given:
        return SigningKey.read(resolve(given, "the key"))
    return SigningKey.read(Secret(gate.read_text(Path(path).expanduser(), _LONGEST), path))
