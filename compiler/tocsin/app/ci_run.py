"""The run of CI that a command is part of, as CI tells it in variables."""

from __future__ import annotations

import os
from collections.abc import Mapping

_LONGEST = 500


def ci_run(variables: Mapping[str, str] | None = None) -> str:
    """Its address, empty where there is none: TOCSIN_RUN, else what GitHub or GitLab set."""
    given = os.environ if variables is None else variables
    run = given.get("TOCSIN_RUN") or _github(given) or given.get("CI_JOB_URL", "")
    return run if run.isprintable() and len(run) <= _LONGEST else ""


def _github(given: Mapping[str, str]) -> str:
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (given.get(name, "") for name in names)
    attempt = given.get("GITHUB_RUN_ATTEMPT", "1")
    return f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}" if run else ""
