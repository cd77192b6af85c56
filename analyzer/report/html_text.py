"""Text of other people → text that a page shows and does not obey.

Escaping is jinja2's. What it leaves is made harmless here: characters that no reader would see, or
that would turn the text around them, are shown as Python's escapes; names that are read from right
to left are kept to themselves.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

from .clean import visible

#: What `visible` may leave: tabs, and the joiners that words and emoji need.
_KEPT = "\t\u200c\u200d"
_ISOLATE, _POP = "\u2066", "\u2069"  # code is read from left to right, whatever is in it
_PARTS = re.compile(r"[/.](?=\w)(?!py\b|ipynb\b)")
_BROKEN = 24
_CODE = re.compile(r"`([^`]+)`")
#: Longer names are cut: nobody reads them, and a page has to stay small.
LONGEST = 200


def plain(text: str) -> str:
    """The text with control characters, lone surrogates and marks of direction made visible.

    Ends of lines too: no line of the page begins with what others wrote.
    """
    return visible(text, _KEPT)


def lines(text: str) -> Markup:
    """The same of a text of several lines."""
    return escape(visible(text, f"{_KEPT}\n"))


def final(value: object) -> object:
    """What jinja2 does with every value before it escapes it. Markup is text that was through."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def clipped(text: str, most: int = LONGEST) -> str:
    """The text without its middle if it is longer than ``most``."""
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[-(most - 1 - head) :]}"


def tail(text: str, most: int) -> str:
    """The end of a name, which tells more than its start: about ``most`` letters wide at most."""
    text = plain(text)
    room = most - sum(map(_wide, text))
    if room >= 0:
        return text
    room = most - 1.0
    kept = len(text)
    while kept and room >= (wide := _wide(text[kept - 1])):
        room -= wide
        kept -= 1
    return f"…{text[kept:]}"


def _wide(char: str) -> float:
    """How many letters of usual width one takes, about."""
    if unicodedata.east_asian_width(char) in "WF":
        return 2
    return 1.4 if char in "mwMW@%" else 1.15 if char.isupper() else 1


def said(pattern: str, *values: object) -> Markup:
    """A sentence of pexec with texts of others in it, for places without elements."""
    return Markup(pattern).format(*map(final, values))


def isolated(text: str) -> Markup:
    """A name for titles, attributes and SVG, where no element can keep its direction to itself."""
    text = plain(clipped(text))
    turns = any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text)
    return escape(f"{_ISOLATE}{text}{_POP}" if turns else text)


def code(text: str) -> Markup:
    """A name of the analysed program; long ones may be broken where their parts end."""
    name = escape(plain(clipped(text)))
    if len(name) <= _BROKEN:
        return Markup("<bdi><code>{}</code></bdi>").format(name)
    parts = Markup(_PARTS.sub(r"\g<0><wbr>", str(name)))
    return Markup('<bdi class="long"><code>{}</code></bdi>').format(parts)


def prose(text: str) -> Markup:
    """A sentence of pexec: what stands between backticks is code."""
    parts = _CODE.split(clipped(text, 2000))
    return Markup("").join(
        code(part) if i % 2 else escape(plain(part)) for i, part in enumerate(parts)
    )


def bare(text: str) -> Markup:
    """The same sentence for titles and attributes."""
    parts = _CODE.split(clipped(text, 2000))
    return Markup("").join(
        isolated(part) if i % 2 else escape(plain(part)) for i, part in enumerate(parts)
    )
