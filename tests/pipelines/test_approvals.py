"""Reviews on the forge become approvals that a deployment under a policy asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploying import git
from pipelines.server import PROD, Server, content_server
from tocsin.trust.keys import SigningKey
from whole import WHOLE

RELEASE, APPROVE = SigningKey.new(), SigningKey.new()
SECRETS = {
    "prod": {"TOCSIN_RELEASE_KEY": RELEASE.text().decode()},
    "approvals": {"TOCSIN_APPROVE_KEY": APPROVE.text().decode()},
}
POLICY = f"""{PROD}signing_key = "env:TOCSIN_RELEASE_KEY"
[policy]
trust = "trust.toml"
[policy.environments.prod]
approvers = ["ada", "bob"]
break_glass = ["ada"]
"""
TRUST = f"""
[people]
mira = ["mira@example.org", "github:mira"]
ada = ["github:ada-gh"]
bob = ["github:bob"]
[[keys]]
public = "{RELEASE.public.line}"
roles = ["release"]
[[keys]]
public = "{APPROVE.public.line}"
roles = ["approve"]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with content_server(tmp_path, POLICY, SECRETS) as made:
        (made.work / "trust.toml").write_text(TRUST)
        made.begin()
        yield made


def test_what_was_reviewed_is_deployed_and_proven(server: Server) -> None:
    first = {"first": True, "emergency": "$(touch /tmp/x) the first one"}
    begun = server.started("deploy", server.main, "ada-gh", inputs=first)
    assert "release 1 of prod" in begun.said, begun.said

    server.edit("action: role.grant", "action: [role.grant, role.given]")
    assert server.proposed("find more").ok
    signed = server.reviewed("ada-gh")
    assert signed.ok, signed.said
    server.merged()

    second = server.started("deploy", server.main)
    assert "release 2 of prod" in second.said, second.said
    kept = server.kept()
    assert [name.split("/")[0] for name in kept] == ["local", "prod"]
    record = git(server.origin, "show", "tocsin/prod:release.json")
    assert '"github:ada-gh"' in record
    _agreed_afterwards(server)
    if WHOLE:
        _rolled_back(server)


def _agreed_afterwards(server: Server) -> None:
    """With the first deployment, which ada let through alone."""
    told = {"environment": "prod", "what": "emergency", "to": "1", "detection": "", "plan": ""}
    own = server.started("agree", server.main, "ada-gh", inputs=told)
    assert "1 review recorded; 1 awaited" in own.said, own.said
    other = server.started("agree", server.main, "bob", inputs=told)
    assert "1 review recorded; none awaited" in other.said, other.said


def _rolled_back(server: Server) -> None:
    """It finds less: two others agree with the plan of the run that was refused."""
    asked = {"environment": "prod", "detection": "", "to": "1", "emergency": ""}
    refused = server.started("rollback", server.main, inputs=asked)
    assert not refused.ok
    assert "needs 2 approvals of ada, bob, has 0" in refused.said
    [plan] = re.findall(r"0 approvals of plan ([0-9a-f]{16})", refused.said)
    told = {"environment": "prod", "what": "rollback", "detection": "", "to": "1"}
    wrong = server.started("agree", server.main, "bob", inputs=told | {"plan": "0" * 16})
    assert f"the plan is {plan}, not" in wrong.said
    for who in ("bob", "ada-gh"):
        assert server.started("agree", server.main, who, inputs=told | {"plan": plan}).ok
    back = server.started("rollback", server.main, inputs=asked)
    assert "release 3 of prod" in back.said, back.said
