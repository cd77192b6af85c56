"""Abstract strings: text of which parts are unknown, and whether two of them may name the same
thing.

A part of `selector`, which is where to import from. Every answer is on the safe side.
"""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass


class Overlap(enum.Enum):
    """May two selectors mean the same thing? A conflict is whatever is not NEVER."""

    NEVER = "never"
    MAYBE = "maybe"
    ALWAYS = "always"


# --------------------------------------------------------------------------------- abstract strings


@dataclass(frozen=True, slots=True)
class Literal:
    """These characters."""

    text: str


@dataclass(frozen=True, slots=True)
class Symbol:
    """An unknown string, the same wherever the same name stands."""

    name: str


@dataclass(frozen=True, slots=True)
class Wild:
    """Any string, another one at each place."""


@dataclass(frozen=True, slots=True)
class Star:
    """Any string without "/"; as a whole path segment it is a name, so not empty, "." or ".."."""


Part = Literal | Symbol | Wild | Star


@dataclass(frozen=True, slots=True)
class Text:
    """The concatenation of its parts, kept in one form: no empty or adjacent literals, no gap
    beside a gap it covers."""

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        merged: list[Part] = []
        for part in self.parts:
            last = merged[-1] if merged else None
            if isinstance(part, Literal) and isinstance(last, Literal):
                merged[-1] = Literal(last.text + part.text)
            elif isinstance(part, (Wild, Star)) and isinstance(last, (Wild, Star)):
                merged[-1] = part if part == last else Wild()
            elif part != Literal(""):
                merged.append(part)
        object.__setattr__(self, "parts", tuple(merged))


ANY = Text((Wild(),))


def text(*parts: Part | str) -> Text:
    """The abstract string that is the concatenation of `parts`; a `str` stands for itself."""
    return Text(tuple(Literal(part) if isinstance(part, str) else part for part in parts))


_GLOB = re.compile(r"\*\*+/?|\*|\?|\[[!^]?\]?[^\]]*\]|\{.*\}", re.DOTALL)


def glob(pattern: str) -> Text:
    """Every path that `pattern` may match: `**` crosses "/" (and `**/` matches nothing, too), `*`
    does not.

    Over-approximated: `?` and `[…]` are any string without "/", `{…}` any string at all (some
    libraries expand braces), and a pattern with a leading `!`, a backslash or an extended group
    such as `@(a|b)` is any path.
    """
    if pattern.startswith("!") or re.search(r"\\|[?*+@!]\(", pattern):
        return ANY
    parts: list[Part] = []
    at = 0
    while found := _GLOB.search(pattern, at):
        parts.append(Literal(pattern[at : found.start()]))
        at, token = found.end(), found.group()
        if token[0] == "[" and ("/" in token or "[" in token[1:]):
            # libraries disagree on where such a class ends: cover every reading
            at = pattern.rindex("]") + 1
            parts.append(Wild())
        else:
            parts.append(Wild() if token.startswith(("**", "{")) else Star())
    return text(*parts, pattern[at:])


def declared(template_literal: str) -> Text:
    """The literal part of a declaration such as `docs/*`: `*` is any string, everything else stands
    for itself."""
    first, *others = template_literal.split("*")
    parts: list[Part | str] = [first]
    for piece in others:
        parts += [Wild(), piece]
    return text(*parts)


def format_selector(t: Text) -> str:
    """For readers: literals as they are, a symbol as `{name}`, every other unknown as `*`."""
    return "".join(map(_format_part, t.parts))


def _format_part(part: Part) -> str:
    match part:
        case Literal(characters):
            return characters
        case Symbol(name):
            return f"{{{name.rpartition(':')[2]}}}"  # without its scope
        case _:
            return "*"


# ------------------------------------------------------------ do two patterns have a common string?

_ANY, _NAME = "any", "name"  # gap tokens; every other token is one character
# pairs of positions looked at before the answer is "maybe": some tens of milliseconds
_BUDGET = 40_000


def tokens_of(parts: Sequence[Part]) -> list[str]:
    """One token for each character and gap."""
    tokens: list[str] = []
    for part in parts:
        match part:
            case Literal(characters):
                tokens.extend(characters)
            case Star():
                tokens.append(_NAME)
            case _:
                tokens.append(_ANY)
    return tokens


def meet(a: Sequence[str], b: Sequence[str], *, prefix: bool) -> bool:
    """May a string of `a` equal one of `b` (with `prefix`: may one be a prefix of the other)?

    Reachability in the product of two automata that have a state before each token; True if the
    budget ends first.
    """
    end_a, end_b = len(a), len(b)
    seen = {(0, 0)}
    todo = [(0, 0)]
    while todo:
        i, j = todo.pop()
        if (i == end_a or j == end_b) if prefix else (i == end_a and j == end_b):
            return True
        x = a[i] if i < end_a else ""
        y = b[j] if j < end_b else ""
        moves: list[tuple[int, int]] = []
        if len(x) > 1:
            moves.append((i + 1, j))
        if len(y) > 1:
            moves.append((i, j + 1))
        if len(x) == 1 and len(y) == 1 and x == y:
            moves.append((i + 1, j + 1))
        elif len(x) == 1 and (y == _ANY or (y == _NAME and x != "/")):
            moves.append((i + 1, j))
        elif len(y) == 1 and (x == _ANY or (x == _NAME and y != "/")):
            moves.append((i, j + 1))
        for move in moves:
            if move not in seen:
                seen.add(move)
                todo.append(move)
        if len(seen) > _BUDGET:
            return True
    return False


def fixed(t: Text) -> bool:
    """Is it one string only, once its symbols are known?"""
    return all(isinstance(part, (Literal, Symbol)) for part in t.parts)


def common_parts(a: Sequence[Part], b: Sequence[Part]) -> int:
    """How many leading parts are the same string in both."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y or not isinstance(x, (Literal, Symbol)):
            break
        count += 1
    return count


def overlap_text(a: Text, b: Text) -> Overlap:
    """Plain strings. What both begin or end with as the same literals and symbols is cut off first,
    as it cannot tell them apart; the rest is compared with every symbol standing for any string."""
    if a == b and fixed(a):
        return Overlap.ALWAYS
    if all(isinstance(part, Literal) for part in (*a.parts, *b.parts)):
        return Overlap.NEVER
    left = common_parts(a.parts, b.parts)
    rest_a, rest_b = a.parts[left:], b.parts[left:]
    right = common_parts(rest_a[::-1], rest_b[::-1])
    rest_a, rest_b = rest_a[: len(rest_a) - right], rest_b[: len(rest_b) - right]
    met = meet(tokens_of(rest_a), tokens_of(rest_b), prefix=False)
    return Overlap.MAYBE if met else Overlap.NEVER


# -------------------------------------------------------------------------------------------- hosts

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#\\]*)([/?#]?)")
_HOST = re.compile(r"(?:([a-z0-9._-]+)|\[([0-9a-f:.]+)\])(?::[0-9]*)?")


def host_of(url: Text) -> Text:
    """The host that `url` addresses, without user and port, in lower case; every spelling of this
    machine is `localhost`.

    ANY unless the host is constant up to the "/", "?" or "#" behind it (or the whole URL is
    constant), and for everything that clients read differently: relative URLs, backslashes, two
    "@", escapes, names outside ASCII, octal addresses.
    """
    first = url.parts[0] if url.parts else None
    if not isinstance(first, Literal) or not (found := _AUTHORITY.match(first.text)):
        return ANY
    authority, end = found.groups()
    if not end and (len(url.parts) > 1 or found.end() < len(first.text)):
        return ANY
    host = authority.rpartition("@")[2].lower()
    if authority.count("@") > 1 or not (parts := _HOST.fullmatch(host)):
        return ANY
    name = (parts[1] or parts[2]).removesuffix(".")
    if parts[2] or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2]):
        return _address(name)
    if not name:
        return ANY
    local = name in ("localhost", "localhost.localdomain", "ip6-localhost")
    return text("localhost" if local or name.endswith(".localhost") else name)


def _address(name: str) -> Text:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return ANY
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    local = address.is_loopback or address.is_unspecified
    return text("localhost" if local else str(address))
