"""Arguments that may raise get names before anything is started (contract §4)."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..analyzer.blocks import Plan
from ..analyzer.edges import Member
from ..analyzer.edits import Edit
from ..analyzer.ir import Argument, Call, Invoke, Place, Use
from ..analyzer.members import awaited_in, risk_key
from ..analyzer.schedule import Region
from .edit import Writer

#: Words before the name of what a call answers with: `get_user` gives a user.
_ASKING = re.compile(r"^a?(get|fetch|load|read|list|find|query)_")


@dataclass(slots=True)
class Names:
    """New identifiers within one function; none equals an identifier of the file."""

    taken: set[str]
    given: set[str] = field(default_factory=set[str])

    def new(self, wanted: str) -> str:
        name, number = wanted, 2
        while (
            name in self.taken
            or name in self.given
            or keyword.iskeyword(name)
            or hasattr(builtins, name)
        ):
            name, number = f"{wanted}_{number}", number + 1
        self.given.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Start:
    """A member with the text that makes its awaitable, and lines that go before."""

    member: Member
    lines: tuple[str, ...]  # assignments of arguments that may raise
    text: str | None  # the call's text if arguments were named, else as it is
    pieces: tuple[str, Sequence[str]] | None = None  # its callee and arguments, if it has a text


def base_name(member: Member, *, several: bool | None = None) -> str:
    """A telling name for what the call returns: the target's, else the callee's.

    ``several``: its statement holds more such calls (by default, more that are awaited).
    """
    several = len(awaited_in(member.statement)) > 1 if several is None else several
    words = "" if several else member.statement.target_name
    if not re.fullmatch(r"\w+", words) or not words.strip("_"):
        words = re.split(r"[.:/]", member.facts.name)[-1]
    words = re.sub(r"\W+", "_", words).strip("_").lower()
    if several:  # nothing is called after what it gives but the call itself
        words = _ASKING.sub("", words) or words
    return words if words.isidentifier() else "call"


def starting(
    plan: Plan, region: Region, members: Sequence[Member], writer: Writer, names: Names
) -> list[Start]:
    """How each member is started; arguments that may raise once something runs get names first.

    What the region's first statement, or an earlier member, evaluates before cannot raise again.
    """
    ordered = members is region.moved  # else the first call's arguments come after the names
    known = set(plan.shown[region.first][0 if ordered else 1])
    starts: list[Start] = []
    risks: list[list[object]] = []
    for member in members:
        risks.append([e for e in member.risks if risk_key(e) not in known])
        known.update(risk_key(e) for e in member.risks)
    alone = plan.around.ends or not any(
        risks[1:]
    )  # the first one's need no names, unless others' are evaluated ahead
    for i, (member, risky) in enumerate(zip(members, risks, strict=True)):
        if not risky or (i == 0 and alone):
            starts.append(Start(member, (), None))
        else:
            starts.append(_named(member, risky, plan.site.block.indent, writer, names))
    return starts


def _named(
    member: Member, risky: Sequence[object], indent: str, writer: Writer, names: Names
) -> Start:
    lines, edits = naming(member, risky, indent, writer, names)
    call = member.call
    new = {e.start: e.text for e in edits}
    spans = [a.span for a in call.arguments if a.span is not None]
    words = [
        new.get(span.start, text) for span, text in zip(spans, writer.arguments(call), strict=True)
    ]
    callee = new.get(call.span.start, call.callee)
    text = f"{callee}({', '.join(words)})"
    return Start(member, tuple(lines), text, (callee, words))


def naming(
    member: Member, risky: Sequence[object], indent: str, writer: Writer, names: Names
) -> tuple[list[str], list[Edit]]:
    """Assignments of what may raise to new names, and the edits that use the names instead."""
    call = member.call
    base = base_name(member)
    lines: list[str] = []
    edits: list[Edit] = []
    callee_span_end = call.span.start + len(call.callee)
    if any(_in_callee(e, call, callee_span_end) for e in risky):
        name = names.new(f"{base}_call")
        lines.append(f"{indent}{name} = {call.callee}")
        edits.append(Edit(call.span.start, callee_span_end, name))
    for i, argument in enumerate(call.arguments):
        unsure = any(isinstance(e, Use) and e.place == argument.value.place for e in risky)
        if argument.value.is_literal or (_bound_name(argument) and not unsure):
            continue
        assert argument.span is not None
        text = writer.text(argument.span).rstrip(", ")
        value = text.partition("=")[2].lstrip() if argument.keyword else text
        parameter = _parameter(member, i, argument)
        telling = parameter.startswith(f"{base}_")
        name = names.new(parameter if telling else f"{base}_{parameter}")
        lines += _assigned(name, value, indent, writer)
        new = f"{argument.keyword}={name}" if argument.keyword else name
        edits.append(Edit(argument.span.start, argument.span.start + len(text), new))
    return lines, edits


def _assigned(name: str, value: str, indent: str, writer: Writer) -> list[str]:
    if "\n" not in value and "\r" not in value:
        return [f"{indent}{name} = {value}"]
    first, *rest = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    opened = value.rstrip()[-1:] in ")]}" and first.rstrip()[-1:] in "([{"
    if opened:
        return [f"{indent}{name} = {first}", *rest]
    return [f"{indent}{name} = (", f"{indent}{writer.style.unit}{first}", *rest, f"{indent})"]


def _in_callee(event: object, call: Call, end: int) -> bool:
    """Is it part of evaluating what is called (``end``: where its text ends)?"""
    if isinstance(event, Invoke):  # `table(client).find(…)`
        return call.span.start <= event.call.span.start < end
    return isinstance(event, Use) and _callee_place(call, event.place)


def _callee_place(call: Call, place: Place) -> bool:
    own = call.function.place
    return own is not None and own.symbol == place.symbol and \
        own.steps[: len(place.steps)] == place.steps  # fmt: skip


def _bound_name(argument: Argument) -> bool:
    place = argument.value.place
    return place is not None and not place.steps and not place.symbol.startswith("call#")


def _parameter(member: Member, position: int, argument: Argument) -> str:
    if argument.keyword:
        return argument.keyword
    entry = member.facts.entry
    params = entry.params if entry is not None else ()
    return params[position] if position < len(params) else "argument"
