"""Lines of loops whose calls run together: headers, comprehensions, and what plain forms are."""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass
from textwrap import dedent

from ..analyzer.edits import Edit
from ..analyzer.loop_forms import Fold, LoopForm
from ..analyzer.sieves import Sieve
from ..analyzer.turn_plans import LoopPlan
from .arguments import Names
from .edit import Writer
from .gather import end_line


@dataclass(frozen=True, slots=True)
class Words:
    """What the lines of one loop are made of: texts of its target and iterable, and of one call."""

    target: str
    iterable: str
    made: str
    asyncio: str
    version: str
    filtered: str = ""  # the clause of the comprehension, if it leaves turns out

    @property
    def turns(self) -> str:
        return self.filtered or f"for {self.target} in {self.iterable}"


def plural(target: str) -> str:
    """A name for many of what one is called."""
    if not target.isidentifier() or not target.strip("_"):
        return "items"
    if target.endswith("s"):
        return f"{target}_list"
    if re.search(r"[^aeiou]y$", target):
        return f"{target[:-1]}ies"
    return f"{target}es" if target.endswith(("x", "ch", "sh")) else f"{target}s"


def many_of(target: str, names: Names, otherwise: str) -> str:
    """A new name for what is gone through; ``otherwise`` where the telling one is in use."""
    wanted = plural(target)
    taken = wanted in names.taken or wanted in names.given
    return names.new(otherwise if taken else wanted)


def listed(
    opening: str, element: str, turns: str, closing: str, indent: str, writer: Writer
) -> list[str]:
    """A comprehension on one line, or on as many as it needs."""
    one = f"{indent}{opening}{element} {turns}{closing}"
    if "\n" not in one and "\r" not in one and writer.fits(one):
        return [one]
    inner = indent + writer.style.unit
    if "\n" not in one and "\r" not in one and writer.fits(f"{inner}{element} {turns}"):
        return [f"{indent}{opening}", f"{inner}{element} {turns}", f"{indent}{closing}"]
    return [f"{indent}{opening}", f"{inner}{element}", f"{inner}{turns}", f"{indent}{closing}"]


def last_line(plan: LoopPlan, writer: Writer) -> int:
    """The last line of a loop, comments at the end of its body included."""
    return end_line(plan.statement, plan.site.block.indent, writer)


def loop_header(
    plan: LoopPlan, words: Words, many: str, one: str, indent: str, writer: Writer
) -> Edit:
    """The loop goes through ``many`` beside what it went through; each of them is ``one``."""
    turns = plan.statement.turns
    assert turns is not None
    version = words.version
    strict = ", strict=True" if version and int(version[3:]) >= 10 else ""
    target = f"({words.target})" if isinstance(turns.names, tuple) else words.target
    after = re.match(r"[\s)]*", writer.source.text[turns.iterable.end :])
    end = turns.iterable.end + (after.end() if after else 0)
    header = [f"for {target}, {one} in zip({words.iterable}, {many}{strict})"]
    if not writer.fits(f"{indent}{header[0]}:"):
        inner = f"{indent}{writer.style.unit}"
        header = [f"for {target}, {one} in zip(", f"{inner}{words.iterable}, {many}{strict}",
                  f"{indent})"]  # fmt: skip
    return Edit(plan.statement.span.start, end, writer.style.newline.join(header))


def plain(plan: LoopPlan, form: LoopForm, words: Words, writer: Writer, names: Names) -> list[str]:
    """All calls are awaited at once; what is left of the loop goes through their results."""
    indent = plan.site.block.indent
    first = plan.statements[0]
    opening = f"await {words.asyncio}.gather(*("
    statement = plan.statement
    above = [line for _, line in writer.lines(statement.lines.line, statement.span.line)[:-1]]
    if plan.sieve is not None:
        above += remarks(plan.sieve, writer, indent)
    if form.fold is Fold.BARE:
        return [*above, *gathered(opening, words, indent, writer)]
    if form.fold is Fold.EXTEND:
        name = writer.text(first.span).partition(".")[0]
        extending = f"{name}.extend({opening}"
        return [*above, *_extended(extending, words, indent, writer)]
    assert form.fold is Fold.BIND
    result = first.target_name
    many = many_of(result, names, "results")
    lines = gathered(f"{many} = {opening}", words, indent, writer)
    header = loop_header(plan, words, many, result, indent, writer)
    second = plan.body.block.statements[1]
    gone = Edit(first.lines.start, second.lines.start, "")
    start, end = statement.lines.line, last_line(plan, writer)
    return lines + writer.edited(start, end, [header, gone])


def remarks(sieve: Sieve, writer: Writer, indent: str) -> list[str]:
    """The comments of a condition that becomes a filter."""
    statement = sieve.statement
    end = statement.lines.end if sieve.skips else statement.blocks[0].statements[0].lines.start
    lines = writer.source.text[statement.lines.start : end]
    if "#" not in lines:
        return []
    text = f"{dedent(lines.rstrip())}\n" + ("" if sieve.skips else "    pass\n")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [f"{indent}{token.string}" for token in tokens if token.type == tokenize.COMMENT]


def _extended(opening: str, words: Words, indent: str, writer: Writer) -> list[str]:
    """Two brackets deep: the outer one is broken first, as black does."""
    one = f"{indent}{opening}{words.made} {words.turns})))"
    if "\n" not in one and "\r" not in one and writer.fits(one):
        return [one]
    outer, _, inner = opening.partition("(")
    lines = gathered(inner, words, indent + writer.style.unit, writer)
    return [f"{indent}{outer}(", *lines, f"{indent})"]


def gathered(opening: str, words: Words, indent: str, writer: Writer) -> list[str]:
    """``opening`` ends with ``gather(*(``, of which each bracket is broken if it must be."""
    one = f"{indent}{opening}{words.made} {words.turns}))"
    if "\n" not in one and "\r" not in one and writer.fits(one):
        return [one]
    inner = indent + writer.style.unit
    lines = listed("*(", words.made, words.turns, ")", inner, writer)
    return [f"{indent}{opening.removesuffix('*(')}", *lines, f"{indent})"]
