r"""A network as a regular expression, for engines without an address type.

The pattern is for the whole text and uses only what RE2 and Java read alike. It accepts just
the spellings that the evaluator's address parser accepts: IPv4 as four decimal numbers without
leading zeros; IPv6 with one `::` for one or more zero groups, one to four hex digits a group in
either case, and a dotted IPv4 tail; no zone.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from itertools import groupby

GROUPS = 8
OCTETS = 4
HEX = "[0-9a-fA-F]"
ANY_GROUP = HEX + "{1,4}"
ANY_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"


@lru_cache(maxsize=1024)
def cidr_regex(network: str) -> str:
    """The pattern of all spellings of all addresses of a network. Raises ValueError for none."""
    parsed = ipaddress.ip_network(network)
    first = parsed.network_address.packed
    return (_v4 if isinstance(parsed, ipaddress.IPv4Network) else _v6)(first, parsed.prefixlen)


def _v4(first: bytes, prefix: int) -> str:
    octets = [_octet(first[i], _bits(prefix, i, 8)) for i in range(OCTETS)]
    return _run(octets[:3], r"\.") + octets[3]


def _bits(prefix: int, index: int, width: int) -> int:
    """How many leading bits of the part at this index the prefix fixes."""
    return min(max(prefix - index * width, 0), width)


def _octet(low: int, fixed: int) -> str:
    """The numbers whose leading bits are these, by tens."""
    if fixed == 0:
        return ANY_OCTET
    tens: dict[str, str] = {}
    for text in map(str, range(low, low + (1 << (8 - fixed)))):
        tens[text[:-1]] = tens.get(text[:-1], "") + text[-1]
    parts = [head + _digits(tails) for head, tails in tens.items()]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _digits(run: str) -> str:
    return run if len(run) == 1 else f"[{run[0]}-{run[-1]}]"


# --- IPv6 -----------------------------------------------------------------------------------------


def _v6(first: bytes, prefix: int) -> str:
    lows = [int.from_bytes(first[i : i + 2]) for i in range(0, 16, 2)]
    fixed = [_bits(prefix, i, 16) for i in range(GROUPS)]
    groups = [_group(low, bits) for low, bits in zip(lows, fixed, strict=True)]
    tail = _v4(first[12:], max(prefix - 96, 0))
    closed = sum(bits > 0 for bits in fixed)
    spellings = [_ending(groups, tail)]
    for before in range(GROUPS):
        start = _run(groups[:before]) + (":" if before else "::")
        ends = _elided(groups, tail, lows, before, closed)
        if ends:
            spellings.append(start + (ends[0] if len(ends) == 1 else f"(?:{'|'.join(ends)})"))
    return "|".join(spellings)


def _elided(groups: list[str], tail: str, lows: list[int], before: int, closed: int) -> list[str]:
    """What may follow `::` after so many groups, where the groups left out may be zero.

    `closed`: how many groups the prefix touches. Endings of open groups only share one pattern.
    """
    room = GROUPS - 1 - before
    possible = [n for n in range(room + 1) if not any(lows[before : GROUPS - n])]
    open_ = max((n for n in possible if n <= GROUPS - closed), default=-1)
    ends = [] if open_ < 0 else [_open_ending(open_, tail)]
    return ends + [_ending(groups[GROUPS - n :], tail) for n in possible if n > open_]


def _open_ending(most: int, tail: str) -> str:
    """No group at all up to so many, whatever they are."""
    if most < 2:  # noqa: PLR2004 - the dotted tail takes two groups
        return f"(?:{ANY_GROUP})?" if most else ""
    many = f"(?:{ANY_GROUP}:){{0,{most - 2}}}"
    return f"(?:{ANY_GROUP}|{many}(?:{ANY_GROUP}:{ANY_GROUP}|{tail}))?"


def _ending(groups: list[str], tail: str) -> str:
    """Just these last groups of an address, where two are left perhaps as IPv4."""
    if len(groups) < 2:  # noqa: PLR2004 - the dotted tail takes two groups
        return "".join(groups)
    *head, last, end = groups
    return f"{_run(head)}(?:{last}:{end}|{tail})"


def _run(parts: list[str], mark: str = ":") -> str:
    """The parts, each with its mark; equal neighbours are counted."""
    runs = [(part, len(list(same))) for part, same in groupby(parts)]
    return "".join(f"(?:{p}{mark}){{{n}}}" if n > 1 else p + mark for p, n in runs)


def _group(low: int, fixed: int) -> str:
    """One to four hex digits whose value begins with these bits; leading zeros may be left out."""
    if fixed == 0:
        return ANY_GROUP
    digits = f"{low:04x}"
    nibbles = [_nibble(digits[i], _bits(fixed, i, 4)) for i in range(4)]
    pattern = ""
    optional = True
    for digit, nibble in zip(digits[:3], nibbles[:3], strict=True):
        pattern += nibble
        optional = optional and digit == "0"
        if optional:
            pattern = f"(?:{pattern})?"
    return pattern + nibbles[3]


def _nibble(digit: str, fixed: int) -> str:
    if fixed == 0:
        return HEX
    values = range(int(digit, 16), int(digit, 16) + (1 << (4 - fixed)))
    chars = "".join(dict.fromkeys(c for v in values for c in (f"{v:x}", f"{v:X}")))
    return chars if len(chars) == 1 else f"[{chars}]"
