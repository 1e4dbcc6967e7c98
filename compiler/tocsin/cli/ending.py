"""The last words of a command that could not do what it was asked: for people, or as JSON."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, NoReturn

import click

from tocsin import __version__
from tocsin.cli.groups import styled
from tocsin.diagnostics import near
from tocsin.errors import DeclinedError, TocsinError
from tocsin.escape import json_text, printable
from tocsin.secrets import scrub

_JSON = ("json", "jsonl")
_CHOICE = re.compile(r"'(.*)' is not one of (.*)")
_QUOTED = re.compile(r"'([^']+)'")


def json_wanted(args: Sequence[str] | None = None) -> bool:
    """Whether these words, else those of this process, ask for JSON.

    Click would tell only where all other options are right.
    """
    words = sys.argv[1:] if args is None else args
    pairs = zip_longest(words, words[1:], fillvalue="")
    return any(
        (word == "--format" and value in _JSON)
        or (word.startswith("--format=") and word.partition("=")[2] in _JSON)
        for word, value in pairs
    )


def end(error: BaseException) -> NoReturn:
    """Say what ended the command, and end with the exit code that it has."""
    if isinstance(error, click.exceptions.Abort):
        _leave(130, {"code": "interrupted", "message": "interrupted"})
    if isinstance(error, click.ClickException):
        _usage(error)
    if isinstance(error, TocsinError):
        said = error.message if isinstance(error, DeclinedError) else _styled(error.message)
        _leave(error.exit_code, error.as_json(), said)
    if isinstance(error, OSError):
        # Without a name it is a stream: the output, where a disk is full.
        name = f"cannot use {error.filename}: " if error.filename else "cannot write the output: "
        told = {"code": "system", "message": f"{name}{error.strerror or error}"}
        _leave(2, told, _styled(told["message"]))
    said = f"a bug in Tocsin; details in {_crash_report()}"
    _leave(3, {"code": "bug", "message": said, "hint": "please report it"}, _styled(said))


def _usage(error: click.ClickException) -> NoReturn:
    code = error.exit_code if error.exit_code != 1 else 2
    if meant := _meant(error):
        error = click.UsageError(error.format_message() + meant, getattr(error, "ctx", None))
    if not json_wanted():
        error.show()
        sys.exit(code)
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"`{context.command_path} --help` shows all options" if context else ""
    _leave(code, {"code": "usage", "message": error.format_message(), "hint": hint})


def _meant(error: click.ClickException) -> str:
    """What was probably meant by a choice, or by a long option with one dash."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        known = {name for param in error.ctx.command.params for name in param.opts}
        meant = [word for word in sys.argv if not word.startswith("--") and f"-{word}" in known]
        return f" Did you mean -{meant[0]}?" if meant else ""
    found = _CHOICE.match(error.message)
    if found and isinstance(error, click.BadParameter):
        close = near(found[1], _QUOTED.findall(found[2]))
        return f" Did you mean {close!r}?" if close else ""
    return ""


def _styled(message: str) -> str:
    return styled("error: ", fg="red", bold=True) + printable(message)


def _leave(code: int, told: dict[str, Any], message: str = "") -> NoReturn:
    """Say it on stderr, in JSON as its last line, and end."""
    hint = printable(told.get("hint", ""))
    if json_wanted():
        error = {"exit_code": code, "hint": "", **told}
        click.echo(json_text(json.dumps({"error": error}, ensure_ascii=False)), err=True)
        sys.exit(code)
    click.echo(message or told["message"], err=True)
    if hint:
        click.echo(styled("hint: ", fg="cyan") + hint, err=True)
    sys.exit(code)


def _crash_report() -> Path:
    """A file of its own in a private folder: nobody else knows its name, or may read it."""
    # Needed once, at the end.
    import traceback  # noqa: PLC0415
    from tempfile import mkdtemp, mkstemp  # noqa: PLC0415

    from platformdirs import user_state_path  # noqa: PLC0415 - needed once, at the end

    override = os.environ.get("TOCSIN_STATE")
    folder = Path(override or user_state_path("tocsin")).expanduser() / "crashes"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        folder = Path(mkdtemp(prefix="tocsin-crash-"))
    handle, name = mkstemp(".txt", f"{datetime.now(UTC):%Y%m%d-%H%M%S}-", folder)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(scrub(f"tocsin {__version__}\n{sys.argv}\n{traceback.format_exc()}"))
    return Path(name)
