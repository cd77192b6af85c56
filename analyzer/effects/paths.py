"""File paths as abstract strings: one spelling for each, and whether two may name one place.

A part of `selector`, which is where to import from. The rules are the contract's (section 2,
"Paths").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from .texts import (
    ANY,
    Literal,
    Overlap,
    Part,
    Star,
    Symbol,
    Text,
    Wild,
    common_parts,
    fixed,
    meet,
    text,
    tokens_of,
)

# `~` stands for a home, or a short name such as PROGRA~1; both are unknown, wherever they are
_UNKNOWN_PATH = re.compile(r"[\\~$]|%.*%|\A//|\A[A-Za-z]:|\Afile:|://", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Path:
    absolute: bool
    ups: int  # leading ".."
    segments: tuple[tuple[Part, ...], ...]


def _segments(parts: Sequence[Part]) -> list[tuple[Part, ...]]:
    """The parts between slashes, without "" and "."."""
    found: list[list[Part]] = [[]]
    for part in parts:
        if isinstance(part, Literal):
            first, *others = part.text.split("/")
            found[-1] += [Literal(first)] if first else []
            found.extend(list[Part]([Literal(piece)] if piece else []) for piece in others)
        else:
            found[-1].append(part)
    return [tuple(segment) for segment in found if segment not in ([], [Literal(".")])]


def _open(segment: Sequence[Part]) -> bool:
    """Does the segment hold something that may itself contain "/"?"""
    return any(isinstance(part, (Symbol, Wild)) for part in segment)


def _parse(p: Text) -> _Path | Text:
    """A path taken apart; or a text: itself if it begins with an unknown string, ANY if nothing is
    known of it."""
    shown = "".join(part.text if isinstance(part, Literal) else "\0" for part in p.parts)
    if _UNKNOWN_PATH.search(shown):
        return ANY
    absolute = shown.startswith("/")
    segments = _segments(p.parts)
    up = (Literal(".."),)
    ups = 0
    while ups < len(segments) and segments[ups] == up:
        ups += 1
    below = segments[ups:]
    if (absolute and ups) or any(s == up or (_open(s) and Literal("..") in s) for s in below):
        return ANY
    # a star may be empty before a symbol, which may then begin with "/"
    names = [part for part in segments[0] if part != Star()] if segments else []
    if names and not absolute and isinstance(names[0], (Symbol, Wild)):
        return p
    return _Path(absolute, ups, tuple(below))


def normalise_path(p: Text) -> Text:
    """One spelling for all that name the same file: no empty or "." segment, no trailing slash; the
    current folder is ".".

    ANY for what is unknown: `..` after a name, `~`, environment variables, backslashes, drive
    letters, `//host`, `file:`. A path that begins with a symbol (also behind "./") may be absolute
    or not and is returned as it is. Case is kept: `overlap_path` folds it.
    """
    path = _parse(p)
    if isinstance(path, Text):
        return path
    segments = [(Literal(".."),)] * path.ups + list(path.segments)
    parts: list[Part] = [Literal("/")] if path.absolute else []
    for at, segment in enumerate(segments):
        parts += [Literal("/"), *segment] if at else segment
    return text(*parts) if parts else text(".")


def _fold(segment: Sequence[Part]) -> list[Part]:
    """Case and Unicode composition taken out. Marks beside a gap are left to the gap, as they may
    combine or be reordered across its edge; so is a "." that only a gap keeps from being a segment
    of its own (`{a}.{b}` with a = "x/", b = "/y")."""
    folded: list[Part] = []
    for at, part in enumerate(segment):
        if not isinstance(part, Literal) or (part.text == "." and _open(segment)):
            folded.append(part if isinstance(part, Star) else Wild())
            continue
        characters = unicodedata.normalize("NFD", part.text)
        while at and characters and unicodedata.combining(characters[0]):
            characters = characters[1:]
        while at + 1 < len(segment) and characters and unicodedata.combining(characters[-1]):
            characters = characters[:-1]
        folded.append(Literal(unicodedata.normalize("NFD", characters.casefold())))
    return list(Text(tuple(folded)).parts)


def _path_tokens(path: _Path) -> list[str]:
    """Each segment with a "/" behind it, so that an ancestor is a prefix. (That a gap may leave its
    segment empty needs no care: it may as well hold all that the other path has from there.)"""
    return [t for segment in path.segments for t in (*tokens_of(_fold(segment)), "/")]


def _below(a: Text, b: Text) -> tuple[Text, Text] | None:
    """Two paths relative to what both begin with, if that is a symbol and the rests tell enough;
    None otherwise."""
    count = common_parts(a.parts, b.parts)
    if not any(isinstance(part, Symbol) for part in a.parts[:count]):
        return None
    rests = a.parts[count:], b.parts[count:]
    heads = [rest[0].text if rest and isinstance(rest[0], Literal) else "" for rest in rests]
    if all(head.startswith("/") for head in heads):
        return text(".", *rests[0]), text(".", *rests[1])
    if all(head.partition("/")[0].strip(".") for head in heads):
        # \0: the same unknown beginning of a name
        return text("\0", *rests[0]), text("\0", *rests[1])
    return None


def overlap_path(a: Text, b: Text) -> Overlap:
    """File paths: may they be one file, or one of them a folder above the other?

    Links and what two names the file system itself takes for one are outside, as is, for a symbol
    or gap in a path, that it brings a `..` of its own (`out/{name}.txt` with name = "../x"): the
    contract takes a constant prefix for a selector, and so assumes this. That it contains "/", is
    empty or "." is not excluded. ALWAYS means the same path, before case folding.
    """
    a, b = (a, b) if a == b else (normalise_path(a), normalise_path(b))
    if a == b and fixed(a):
        return Overlap.ALWAYS
    pair = _below(a, b) or (a, b)
    left, right = map(_parse, pair)
    if isinstance(left, Text) or isinstance(right, Text):
        return Overlap.MAYBE
    if (left.absolute, left.ups) != (right.absolute, right.ups):
        return Overlap.MAYBE
    met = meet(_path_tokens(left), _path_tokens(right), prefix=True)
    return Overlap.MAYBE if met else Overlap.NEVER
