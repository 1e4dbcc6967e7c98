"""What the REST APIs of forges have in common: pages of answers, files of bounded size, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tocsin.errors import ConfigError, TocsinError

PAGE, MOST_PAGES = 100, 30
_SECONDS = 30
_T = TypeVar("_T")


class ForgeError(TocsinError):
    """The server with the pull requests did not answer as it should."""

    code = "forge"


class ArtifactError(TocsinError):
    """What a run left is missing, too large, or not what it should be."""

    code = "artifact"


class ForgeAnswer(BaseModel):
    """What a forge told, as far as we ask for it."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ChangedFile(ForgeAnswer):
    """A file that a pull request changes; `previous_filename` of one that was moved."""

    filename: str
    previous_filename: str = ""


class ForgeClient:
    """Asks one forge, below one address. `name`: how errors call it."""

    def __init__(self, client: httpx.Client, name: str) -> None:
        self._client = client
        self._name = name

    def pages(self, path: str, kind: type[_T], asked: Mapping[str, str]) -> Iterator[_T]:
        """The members of a list, page after page, as many as `PAGE * MOST_PAGES`."""
        for page in range(1, MOST_PAGES + 1):
            numbered = {**asked, "per_page": str(PAGE), "page": str(page)}
            found = self.get(path, list[kind], numbered)  # type: ignore[valid-type]
            yield from found
            if len(found) < PAGE:
                return

    def get(self, path: str, kind: type[_T], asked: Mapping[str, str] | None = None) -> _T:
        """One answer. Raises ForgeError."""
        answer = self.send("GET", path, None, asked)
        try:
            return TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as bad:
            told = f"{self._name}'s answer to {path} is not understood: {bad.title}"
            raise ForgeError(told) from None

    def send(
        self, method: str, path: str, body: Any, asked: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Raises ForgeError for every answer but success."""
        try:
            answer = self._client.request(method, path, json=body, params=asked)
        except httpx.HTTPError as error:
            told = f"{self._name} cannot be reached: {type(error).__name__}: {error}"
            raise ForgeError(told) from None
        self._refuse(answer, path)
        return answer

    def download(self, path: str, what: str, limit: int) -> bytes:
        """At most so many bytes, wherever the server says that they are. Raises ArtifactError."""
        data = bytearray()
        try:
            with self._client.stream("GET", path, follow_redirects=True) as answer:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    raise ArtifactError(f"the run left no {what}")
                self._refuse(answer, path)
                for piece in answer.iter_bytes():
                    data += piece
                    if len(data) > limit:
                        raise ArtifactError(f"{what} is larger than {limit} bytes")
        except httpx.HTTPError as error:
            raise ForgeError(f"{what} cannot be fetched: {type(error).__name__}") from None
        return bytes(data)

    def _refuse(self, answer: httpx.Response, path: str) -> None:
        if not answer.is_success:
            raise ForgeError(f"{self._name} answers {answer.status_code} to {path}")


@contextmanager
def forge_client(
    name: str, api: str, below: str, headers: Mapping[str, str]
) -> Iterator[ForgeClient]:
    """Asks below this path of an API. Raises ConfigError for what is no address."""
    base = f"{api.rstrip('/')}/{below}"
    try:
        client = httpx.Client(base_url=base, headers=headers, timeout=_SECONDS, trust_env=False)
    except httpx.InvalidURL as error:
        raise ConfigError(f"{api!r} is not an address: {error}") from None
    with client:
        yield ForgeClient(client, name)
