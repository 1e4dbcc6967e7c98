"""The server connects nowhere but where it may: names, addresses, and what names lead to."""

import pytest

from tocsin.errors import ConfigError
from tocsin_server.sinks.egress import Egress, EgressError, resolved

LIST = ("hooks.test", "siem.test:6514", "10.1.0.0/16", "[fd00::7]:443", "192.0.2.9:25")
INSIDE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "192.0.2.1", "::", "::1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:7f00:1", "64:ff9b::7f00:1", "64:ff9b::808:808", "2002:7f00:1::", "2001:0:1::1",
    "2001:db8::1", "::127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside(address: str) -> None:
    for found in ([address], ["93.184.216.34", address]):
        egress = Egress(LIST, lambda *_, found=found: found)
        with pytest.raises(EgressError, match="not public"):
            egress.address("hooks.test", 443)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "10.1.2.3"])
def test_a_name_that_leads_out_or_where_it_may(address: str) -> None:
    egress = Egress(LIST, lambda *_: [address])
    assert egress.address("HOOKS.test.", 443) == address


def test_the_address_that_was_looked_at_is_the_one_to_connect_to() -> None:
    """A name server that gives another answer the second time is asked once."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    assert Egress(LIST, lambda *_: next(answers)).address("hooks.test", 443) == "93.184.216.34"


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("other.test", 443), ("a.hooks.test", 443), ("hooks.test.evil", 443), ("siem.test", 443),
        ("127.0.0.1", 443), ("2130706433", 443), ("0x7f000001", 443), ("0177.0.0.1", 443),
        ("127.1", 443), ("fd00::7", 80), ("192.0.2.9", 26), ("10.2.0.1", 443), ("localhost", 443),
        ("::ffff:127.0.0.1", 443), ("", 443), ("hooks.test\0.evil", 443),
    ],
)  # fmt: skip
def test_hosts_that_are_not_in_the_list(host: str, port: int) -> None:
    egress = Egress(LIST, lambda *_: ["93.184.216.34"])
    with pytest.raises(EgressError):
        egress.address(host, port)
    with pytest.raises(ConfigError):
        egress.require(host, port)


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost"])
def test_other_spellings_of_this_machine(host: str) -> None:
    """Even if the list has them, as this machine resolves them."""
    with pytest.raises(EgressError):
        Egress([host], resolved).address(host, 443)


@pytest.mark.parametrize(("host", "port"), [("10.1.9.9", 1), ("fd00::7", 443), ("192.0.2.9", 25)])
def test_addresses_that_are_in_the_list(host: str, port: int) -> None:
    assert Egress(LIST, lambda host, _: [host]).address(host, port) == host


@pytest.mark.parametrize("failure", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_has_no_address(failure: Exception) -> None:
    def resolve(*_: object) -> list[str]:
        raise failure

    with pytest.raises(EgressError, match="has no address"):
        Egress(LIST, resolve).address("hooks.test", 443)
    with pytest.raises(EgressError, match="has no address"):
        Egress(LIST, lambda *_: []).address("hooks.test", 443)


@pytest.mark.parametrize(
    "entry", ["", "*", "*.test", "http://x", "a b", "x:0", "x:99999", "10.0.0.0/99"]
)
def test_entries_that_are_none(entry: str) -> None:
    with pytest.raises(ValueError):
        Egress([entry])
