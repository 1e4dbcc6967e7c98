"""The `tocsin` command: finds sub-commands lazily, and catches every error in one place."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from datetime import UTC, datetime
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from tempfile import mkdtemp, mkstemp
from typing import Any, NoReturn

import click

from tocsin import __version__
from tocsin.diagnostics import FindingsError, near
from tocsin.errors import ConfigError, TocsinError
from tocsin.escape import printable
from tocsin.secrets import guard, scrub

COMMANDS = {
    "init": "start a content repository in a folder",
    "source": "sources that come with Tocsin, for a project to add",
    "new": "start a detection with its cases",
    "validate": "find every mistake in rules, sources and cases",
    "test": "run the cases on the evaluator or on real engines",
    "scan": "run any Sigma rules over any JSON events",
    "explain": "why a detection matched an event, or did not",
    "compile": "make the artifacts of every backend",
    "conformance": "hold backends against the contract, on their real engines",
    "lock": "bring the version lock up to date",
    "plan": "what a deployment would change",
    "apply": "deploy a plan",
    "rollback": "go back to an older release, or one detection to an older version",
    "shadow": "what a form in shadow does otherwise than the live one",
    "promote": "make a form in shadow live, by the policy in its file",
    "status": "health and drift of an environment",
    "history": "releases of an environment",
    "verify": "recompute the ledger's chain and digests",
    "worker": "run deployed detections over a stream of events",
    "manifests": "write manifests for Kubernetes and systemd",
    "coverage": "write the ATT&CK coverage page",
    "engines": "real local engines: Kafka, Flink, a schema registry",
}


class Lazy(click.Group):
    """Imports a sub-command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of their use."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"tocsin.cli.commands.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command to run; a misspelt one is answered with the one that was meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = near(args[0], COMMANDS)
            if not close:
                raise
            raise click.UsageError(f"{error.message} Did you mean {close!r}?", ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the errors in files that end a use case are printed."""
        try:
            return super().invoke(ctx)
        except FindingsError as error:
            from tocsin.cli.output import print_diagnostics  # noqa: PLC0415 - keeps `--help` quick

            print_diagnostics(error.found, err=True)
            if error.message:
                raise ConfigError(
                    error.message, hint=error.hint, exit_code=error.exit_code
                ) from None
            raise click.exceptions.Exit(error.exit_code) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line a command, without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tocsin")
def main_group() -> None:
    """The control plane for detections as code.

    Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 our bug, 130 interrupted.
    Completion: `eval "$(_TOCSIN_COMPLETE=bash_source tocsin)"` (also zsh_source, fish_source).
    """


def main() -> NoReturn:
    """Run the command line; every way it can end is decided here."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names of files need not be text in any encoding
            stream.reconfigure(errors="backslashreplace")
            guard(stream)
    stdout = sys.stdout
    gc.set_threshold(100_000, 10, 10)  # most of what a command makes, it needs until its end
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = main_group.main(prog_name="tocsin", standalone_mode=False)
    except click.exceptions.Abort:
        leave(130, "interrupted")
    except click.ClickException as error:
        error.show()
        leave(error.exit_code if error.exit_code != 1 else 2)
    except TocsinError as error:
        leave(error.exit_code, _styled(error.message), printable(error.hint))
    except SystemExit:
        # click muffles stdout and ends with 1 where the reader went away (`| head`): fine with us.
        if sys.stdout is not stdout:
            leave(0)
        raise
    except OSError as error:
        # Without a name it is a stream: the output, where a disk is full.
        name = f"{error.filename}: " if error.filename else "cannot write the output: "
        leave(2, _styled(f"{name}{error.strerror or error}"))
    except Exception:  # noqa: BLE001 - the one catch-all: a stack trace is never shown
        leave(3, _styled(f"a bug in Tocsin; details in {_crash_report()}"), "please report it")
    leave(code if isinstance(code, int) else 0)


def _terminated(number: int, _: object) -> NoReturn:
    """End in order where a service manager or `timeout` asks: engines that we started stop."""
    sys.exit(128 + number)


def _styled(message: str) -> str:
    return click.style("error: ", fg="red", bold=True) + printable(message)


def leave(code: int, message: str = "", hint: str = "") -> NoReturn:
    """Say the last words on stderr and end."""
    if message:
        click.echo(message, err=True)
    if hint:
        click.echo(click.style("hint: ", fg="cyan") + hint, err=True)
    sys.exit(code)


def _crash_report() -> Path:
    """A file of its own in a private folder: nobody else knows its name, or may read it."""
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


if __name__ == "__main__":
    main()
