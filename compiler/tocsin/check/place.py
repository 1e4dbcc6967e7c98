"""Where in its file an attribute of a detection stands."""

from __future__ import annotations

from pathlib import Path

from tocsin.diagnostics import Span
from tocsin.front.yaml import Path_, read_file
from tocsin.model.detection import Detection


def place(detection: Detection, *path: str | int, key: bool = False) -> Span:
    """The place of the value at a path of the detection's document, or of its nearest parent.

    The file is read again: documents are not kept, and findings are few.
    """
    return Places(detection).of(path, key=key)


class Places:
    """Places of several attributes of one detection, its file read once."""

    def __init__(self, detection: Detection) -> None:
        self._start = detection.span
        documents, _ = read_file(Path(detection.span.file))
        self._document = next((d for d in documents if d.span() == detection.span), None)

    def of(self, path: Path_, *, key: bool = False) -> Span:
        """The place of the value at a path; of its key with `key`."""
        return self._document.span(path, key=key) if self._document else self._start
