"""The `tocsin` command: finds sub-commands lazily, and catches every error in one place."""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from tocsin import __version__
from tocsin.cli import completion
from tocsin.cli.ending import end, json_wanted
from tocsin.diagnostics import FindingsError, near
from tocsin.errors import ConfigError
from tocsin.secrets import guard

COMMANDS = {
    "init": "create a new detection project in a folder",
    "source": "sources that come with Tocsin, for a project to add",
    "new": "create a detection with its cases",
    "validate": "find mistakes in rules, sources and cases",
    "test": "run the cases on the evaluator or on real engines",
    "scan": "run any Sigma rules on any events",
    "explain": "show why a detection matched an event, or did not",
    "compile": "compile artifacts for every backend",
    "conformance": "check backends against the contract, on their real engines",
    "review": "find out what a change does, and tell it on a pull request",
    "lock": "update the version lock",
    "plan": "show what a deployment would change",
    "approve": "approve a saved plan with a signature",
    "apply": "deploy a plan",
    "rollback": "return to an older release, or one detection to an older version",
    "mute": "raise no alerts of a detection for a time, in an emergency",
    "unmute": "raise alerts of a muted detection again",
    "shadow": "compare the shadow version of a detection with the live one",
    "promote": "make a shadow version live, if the policy in its file allows it",
    "status": "show health and drift of an environment",
    "history": "list the releases of an environment",
    "verify": "check a ledger: digests, chain and signatures",
    "key": "make keys that sign releases, approvals and checkpoints",
    "serve": "keep alerts, and serve them to people and programs",
    "noise": "show how much each detection says, and how much of it was false",
    "replay": "raise an alert again from recorded bytes, and compare",
    "token": "make tokens for the API of the server, and revoke them",
    "worker": "run deployed detections on a stream of events",
    "manifests": "write manifests for Kubernetes and systemd",
    "coverage": "write the site that answers auditors",
    "schema": "print a JSON Schema, for editors",
    "engines": "run local engines: Kafka, Flink, a schema registry",
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
        if completion.completing():
            return completion.without_use_case(cmd_name, lambda: _load(cmd_name))
        return _load(cmd_name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names of commands, none of which is imported for that."""
        begun = ((name, said) for name, said in COMMANDS.items() if name.startswith(incomplete))
        names = [CompletionItem(name, help=said) for name, said in begun]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

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
            if json_wanted():
                raise
            from tocsin.cli.output import print_diagnostics, say  # noqa: PLC0415 - keeps `--help` quick

            if print_diagnostics(error.found, err=True):
                say("`tocsin validate --all` shows every finding")
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

    Exit codes: 0 success, 1 findings, 2 usage or configuration, 3 bug, 130 interrupted.
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
    except SystemExit:
        # click muffles stdout and ends with 1 where the reader went away (`| head`): fine with us.
        if sys.stdout is not stdout:
            sys.exit(0)
        raise
    except Exception as error:  # noqa: BLE001 - the one catch-all: a stack trace is never shown
        end(error)
    sys.exit(code if isinstance(code, int) else 0)


def _load(name: str) -> click.Command:
    command: click.Command = getattr(import_module(f"tocsin.cli.commands.{name}"), name)
    return command


def _terminated(number: int, _: object) -> NoReturn:
    """End in order where a service manager or `timeout` asks: engines that we started stop."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
