"""Where in its file an attribute of a detection stands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from tocsin.diagnostics import Span
from tocsin.front.yaml import Path_, YamlDocument, read_file
from tocsin.model.detection import Detection


def place(detection: Detection, *path: str | int, key: bool = False) -> Span:
    """The place of the value at a path of the detection's document, or of its nearest parent.

    The file is read again: few documents are kept, and findings are few.
    """
    return Places(detection).of(path, key=key)


class Places:
    """Places of several attributes of one detection, its file read once."""

    def __init__(self, detection: Detection) -> None:
        self._start = detection.span
        file = Path(detection.span.file)
        state = file.stat()
        self._document = _documents(file, state.st_mtime_ns, state.st_size).get(detection.span)

    def of(self, path: Path_, *, key: bool = False) -> Span:
        """The place of the value at a path; of its key with `key`."""
        return self._document.span(path, key=key) if self._document else self._start


@lru_cache(maxsize=4)
def _documents(file: Path, *state: int) -> Mapping[Span, YamlDocument]:
    """The documents of a file in some state: many detections may stand in one."""
    del state
    documents, _ = read_file(file)
    return {document.span(): document for document in documents}
