"""Where each thing has its page: names that any file system takes, and that never collide."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tocsin.canonical import digest_bytes
from tocsin.model.attack import is_technique_id

_LONGEST = 60
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9]|index)")


def slug(name: str, unique: str = "") -> str:
    """A name as part of a path: `unique`, or a name that is changed by it, adds a digest.

    Names that differ in case only, or in what is left out, get different ones.
    """
    plain = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[:_LONGEST].strip("-")
    if plain and plain == name and not unique and not _DEVICES.fullmatch(plain):
        return plain
    exact = digest_bytes((unique or name).encode("utf-8", "surrogatepass"))
    return f"{plain}-{exact[:10]}".lstrip("-")


def web(address: str) -> str:
    """An address that may be a link: of the web, and nothing else; otherwise empty."""
    try:
        found = urlsplit(address)
    except ValueError:
        return ""
    plain = address.isprintable() and " " not in address
    return address if plain and found.scheme in {"http", "https"} and found.netloc else ""


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Links from a page at a path to others, relative, so that the site works from any folder."""

    path: str

    @property
    def root(self) -> str:
        """The way to the site's top folder: empty, or `../` so many times."""
        return "../" * self.path.count("/")

    def to(self, path: str) -> str:
        """The way to another page."""
        return self.root + path


def detection_path(key: str, id_: str) -> str:
    """Of a detection. Keys may pass on to another detection; ids do not."""
    return f"detections/{slug(key, id_)}.html"


def technique_path(id_: str) -> str:
    """Of a technique, `techniques/T1098.003.html`."""
    return f"techniques/{id_ if is_technique_id(id_) and id_.isupper() else slug(id_)}.html"


def source_path(name: str) -> str:
    """Of a source."""
    return f"sources/{slug(name)}.html"


def control_path(catalogue: str, id_: str) -> str:
    """Of a control."""
    return f"controls/{slug(catalogue)}/{slug(id_)}.html"


def release_path(number: int) -> str:
    """Of a release."""
    return f"releases/{number}.html"


def person_path(name: str) -> str:
    """Of a person."""
    return f"persons/{slug(name)}.html"


def paged(path: str, number: int) -> str:
    """The path of a further page of a long list; the first is the path itself."""
    return path if number == 1 else f"{path.removesuffix('.html')}.p{number}.html"
