"""`tocsin review approve`, `approvals` and `break-glass`: the approvals of pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin import files, gate
from tocsin.app.environment import OpenEnvironment
from tocsin.cli.forge_options import forge_options, run_option
from tocsin.cli.options import env_option, record_options
from tocsin.cli.output import echo_json, format_option, say, shown
from tocsin.cli.paths import GivenPath, WrittenPath
from tocsin.errors import ConfigError
from tocsin.escape import printable
from tocsin.plural import plural
from tocsin.review import document
from tocsin.state.ledger_event import MOST_APPROVAL

if TYPE_CHECKING:
    from tocsin.app.forge_place import ForgePlace

_FILE, _FOLDER = GivenPath(folder=False), WrittenPath(file=False)
_key_option = click.option(
    "--key", required=True, metavar="KEY", help="The service's key: env:NAME, or a file."
)
_review_option = click.option(
    "--file", type=_FILE, required=True, help="What `review make` wrote for this, and nobody else."
)


@click.command()
@run_option
@forge_options
@_review_option
@click.option("--branch", required=True, help="The branch whose pull requests count.")
@_key_option
@click.option("--out", type=_FOLDER, required=True, help="Folder for the approvals.")
@format_option("text", "json")
def approve(  # noqa: PLR0913 - one parameter an option
    place: ForgePlace, *, run: int, file: Path, branch: str, key: str, out: Path, fmt: str
) -> None:
    """Sign what reviewers on GitHub approved: a statement for each reviewer and environment.

    Of the run, which a review started, its number alone is believed. Reviews that were dismissed,
    are of another commit, or by an author of the change do not count.
    """
    from tocsin.app.review_approve import ApproveRequest, approved  # noqa: PLC0415 - a client is slow
    from tocsin.app.signing import own_key  # noqa: PLC0415 - as above

    request = ApproveRequest(run, branch, place.page, read_review(file))
    with place.open() as forge:
        found = approved(forge, request, own_key(key))
    for name, data in found.items():
        files.put(out / name, data)
    if fmt == "json":
        echo_json({"files": [str(out / name) for name in found]})
    say(f"{plural(len(found), 'approval')} signed" if found else "no approval stands")


@click.command()
@record_options
@forge_options
@click.option("--plan", "plan_file", type=_FILE, required=True, help="The saved plan.")
@click.option("--policy-from", default="", metavar="REV", help="As of `apply`.")
@click.option("--out", type=_FOLDER, required=True, help="Folder for the approvals.")
@format_option("text", "json")
def approvals(  # noqa: PLR0913 - one parameter an option
    opened: OpenEnvironment,
    place: ForgePlace,
    *,
    plan_file: Path,
    policy_from: str,
    out: Path,
    fmt: str,
) -> None:
    """Fetch the approvals of a plan, for `apply --approval`, as far as they still stand.

    They lie on the branch tocsin-approvals, as the checkout brought it. GitHub is asked about each
    review: one that was dismissed since, or is not of the commit that was merged, is left out.
    """
    from tocsin.app.kept_approvals import collected  # noqa: PLC0415 - a client is slow
    from tocsin.app.plan import saved_plan  # noqa: PLC0415 - as above

    plan = saved_plan(opened, plan_file).plan
    found = collected(opened, plan, policy_from, place)
    written = [out / f"{number}.dsse.json" for number in range(1, len(found) + 1)]
    for path, data in zip(written, found, strict=True):
        files.put(path, data)
    if fmt == "json":
        echo_json({"plan": plan.intended, "files": [str(path) for path in written]})
    say(f"{plural(len(found), 'approval')} of plan {plan.intended[:16]}")


@click.command("record")
@record_options
@click.option(
    "--approval",
    "approval_files",
    type=_FILE,
    multiple=True,
    help="What somebody signed with `approve --release`; repeatable.",
)
@click.option("--policy-from", default="", metavar="REV", help="As of `apply`.")
@format_option("text", "json")
def record(
    opened: OpenEnvironment, *, approval_files: tuple[Path, ...], policy_from: str, fmt: str
) -> None:
    """Record in the ledger who agreed afterwards with what was let through alone.

    Whatever still awaits a review is told.
    """
    from tocsin.app.afterwards import record_reviews  # noqa: PLC0415 - as above

    given = [(str(path), gate.read(path, MOST_APPROVAL)) for path in approval_files]
    waiting = record_reviews(opened, given, policy_from)
    if fmt == "json":
        echo_json({"recorded": len(given), "waiting": [each.as_json() for each in waiting]})
        return
    for each in waiting:
        say(printable(each.words))
    say(f"{plural(len(given), 'review')} recorded; {len(waiting) or 'none'} awaited")


@click.command("break-glass")
@env_option
@_review_option
@click.option("--reviewer", required=True, metavar="NAME", help="Who does so: github:LOGIN.")
@click.option("--reason", required=True, help="Why: the release records it.")
@click.option(
    "--hours", type=click.IntRange(1, 72), default=1, show_default=True, help="How long it holds."
)
@click.option("--run", "review", default="", metavar="ADDRESS", help="The run that does it.")
@_key_option
@click.option(
    "--out", type=WrittenPath(folder=False), required=True, help="Write the approval to this file."
)
@format_option("text", "json")
def break_glass(  # noqa: PLR0913 - one parameter an option
    *,
    env: str,
    file: Path,
    reviewer: str,
    reason: str,
    hours: int,
    review: str,
    key: str,
    out: Path,
    fmt: str,
) -> None:
    """Sign that somebody lets a plan through alone in an emergency, if the policy lets them."""
    from tocsin.app.approve import Reviewed  # noqa: PLC0415 - as above
    from tocsin.app.review_approve import break_glass as use_case  # noqa: PLC0415
    from tocsin.app.signing import own_key  # noqa: PLC0415

    told = Reviewed(reviewer, review, reason=reason, hours=hours)
    files.put(out, use_case(read_review(file), env, told, own_key(key)))
    if fmt == "json":
        echo_json({"environment": env, "reviewer": reviewer, "hours": hours, "file": str(out)})
    say(f"{reviewer} breaks the glass of {env}: {shown(out)}")


def read_review(file: Path) -> document.ChangeReview:
    """The review in a file. Raises ConfigError if it is none."""
    try:
        return document.parse(gate.read(file, document.MOST_BYTES), str(file))
    except gate.MissingError:
        raise
    except gate.UnreadError as bad:
        hint = "make one with `tocsin review make`"
        raise ConfigError(f"{file} is not a review: {bad.reason}", hint=hint, file=file) from None
