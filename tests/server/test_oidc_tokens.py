"""Tokens of an identity provider: only genuine ones count, and only for whom they were made."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from issuing import CLIENT, Issuer, issuing
from tocsin_server.auth.oidc.claims import RefusedTokenError, actor_of, claims_of
from tocsin_server.auth.oidc.provider import Provider, ProviderAwayError
from tocsin_server.auth.role import Role


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with issuing() as found:
        yield found


@pytest.fixture
def issuer(running: Issuer) -> Issuer:
    running.keys, running.changed = running.keys[:1], {}
    running.asked.clear()
    return running


def claims(issuer: Issuer, token: str, **more: Any) -> Any:
    return claims_of(token, Provider(issuer.url), (CLIENT,), **more)


def test_a_genuine_one(issuer: Issuer) -> None:
    assert claims(issuer, issuer.token(nonce="n"), nonce="n")["sub"] == "ada"
    assert claims(issuer, issuer.token(aud=[CLIENT, "other"], azp=CLIENT))
    issuer.keys.append(ECKey.generate_key("P-256", {"kid": "two"}))
    assert claims(issuer, issuer.token(header={"alg": "ES256"}))


NOW = int(time.time())


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.test"}, {"iss": None}, {"aud": "other"}, {"aud": None}, {"aud": []},
        {"aud": [CLIENT, "other"], "azp": "other"}, {"exp": NOW - 120}, {"exp": None},
        {"exp": "soon"}, {"iat": NOW + 3600}, {"nbf": NOW + 3600}, {"sub": None}, {"sub": 7},
        {"sub": "x" * 256}, {"nonce": "another"}, {"nonce": None},
    ],
)  # fmt: skip
def test_one_that_says_something_else(issuer: Issuer, changed: dict[str, Any]) -> None:
    with pytest.raises(RefusedTokenError):
        claims(issuer, issuer.token(**{"nonce": "n", **changed}), nonce="n")


def test_clocks_that_differ_by_a_minute(issuer: Issuer) -> None:
    for seconds in (-50, 345):
        assert claims(issuer, issuer.token(), now=lambda: time.time() + seconds)  # noqa: B023
    with pytest.raises(RefusedTokenError):
        claims(issuer, issuer.token(), now=lambda: time.time() + 400)


def test_one_that_nobody_signed_or_somebody_else(issuer: Issuer) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    right = issuer.token()
    for wrong in (
        issuer.unsigned(), issuer.unsigned("None"), issuer.unsigned("RS256"), issuer.confused(),
        issuer.token(other), issuer.token(header={"kid": "../../keys"}), right[:-6] + "AAAAAA",
        f"{right}.x", right.rpartition(".")[0], "a.b.c", "", ".", "..", "\ud800", "x" * 100_000,
    ):  # fmt: skip
        with pytest.raises(RefusedTokenError):
            claims(issuer, wrong)


def test_keys_that_change(issuer: Issuer) -> None:
    clock = [0.0]
    provider = Provider(issuer.url, lambda: clock[0])
    old = issuer.token()
    assert claims_of(old, provider, (CLIENT,))
    issuer.keys = [RSAKey.generate_key(2048, {"kid": "new"})]
    with pytest.raises(RefusedTokenError):  # it was asked a moment ago
        claims_of(issuer.token(), provider, (CLIENT,))
    clock[0] = 31
    assert claims_of(issuer.token(), provider, (CLIENT,))
    with pytest.raises(RefusedTokenError):
        claims_of(old, provider, (CLIENT,))
    issuer.keys = [RSAKey.generate_key(2048, {"kid": "one"})]


def test_a_token_that_names_no_key(issuer: Issuer) -> None:
    """It is that of a provider with one key, and of no other."""
    assert claims(issuer, issuer.token(header={"kid": ""}))
    issuer.keys.append(RSAKey.generate_key(2048, {"kid": "two"}))
    with pytest.raises(RefusedTokenError):
        claims(issuer, issuer.token(header={"kid": ""}))


def test_unknown_keys_do_not_make_many_requests(issuer: Issuer) -> None:
    provider = Provider(issuer.url)
    for n in range(20):
        with pytest.raises(RefusedTokenError):
            claims_of(issuer.token(header={"kid": str(n)}), provider, (CLIENT,))
    assert issuer.asked.count("/keys") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.test"}, {"issuer": 7}, {"jwks_uri": "http://evil.test/keys"},
        {"token_endpoint": "ftp://x"}, {"authorization_endpoint": "javascript:alert(1)"},
    ],
)  # fmt: skip
def test_a_description_that_leads_elsewhere(issuer: Issuer, changed: dict[str, Any]) -> None:
    issuer.changed = changed
    with pytest.raises(ProviderAwayError):
        claims(issuer, issuer.token())


def test_a_provider_that_is_away() -> None:
    with pytest.raises(ProviderAwayError):
        Provider("http://127.0.0.1:1").metadata()


@pytest.mark.parametrize(
    ("more", "said", "role"),
    [
        ({}, {"groups": ["soc"]}, Role.ANALYST),
        ({}, {"groups": "soc"}, Role.ANALYST),
        ({}, {"groups": ["x", "lead", "soc"]}, Role.ADMIN),
        ({"claim": "realm.roles"}, {"realm": {"roles": ["soc"]}}, Role.ANALYST),
        ({"claim": "https://x.test/r"}, {"https://x.test/r": ["soc"]}, Role.ANALYST),
        ({}, {"groups": ["Soc"]}, None),
        ({}, {"groups": []}, None),
        ({}, {"groups": {"soc": 1}}, None),
        ({}, {"groups": [["soc"]]}, None),
        ({}, {"role": "admin", "groups": None}, None),
        ({"claim": "realm.roles"}, {"realm": ["soc"]}, None),
    ],
)
def test_what_groups_may_do(
    issuer: Issuer, more: dict[str, Any], said: dict[str, Any], role: Role | None
) -> None:
    settings = issuer.settings(**more, roles={"soc": "analyst", "lead": "admin"})
    told = {**issuer.claims(), "groups": None, **said}
    if role is None:
        with pytest.raises(RefusedTokenError):
            actor_of(told, settings)
    else:
        assert actor_of(told, settings).role is role


def test_how_people_are_called(issuer: Issuer) -> None:
    settings = issuer.settings()
    actor = actor_of(issuer.claims(preferred_username="A\nB\u202e"), settings)
    assert (actor.id, actor.name) == ("oidc:ada", "A B ")
    assert actor_of(issuer.claims(preferred_username=7), settings).name == "ada"


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "http://id.test"}, {"issuer": "https://id.test?x=1"}, {"issuer": "id.test"},
        {"client_secret": "in-clear"}, {"roles": {}}, {"roles": {"soc": "root"}}, {"client_id": ""},
    ],
)  # fmt: skip
def test_settings_that_are_wrong(issuer: Issuer, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        issuer.settings(**changed)
