"""Coroutines that run at once already: the members of `gather`, of task groups, of started tasks.

Only what can be followed is a member: a call that makes a coroutine, handed on the spot or by a
local name that is bound once. In a fan-out one call stands for all turns of a loop or a
comprehension.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .effects.inference import Inference
from .gathering import GATHERING
from .ir import (
    AwaitValue,
    Block,
    Call,
    Control,
    Define,
    Event,
    Function,
    Invoke,
    Iterate,
    Mutate,
    Place,
    Span,
    Statement,
    Store,
    SymbolInfo,
    Use,
    Value,
)
from .turns import header_end, varying

#: Wait for all the awaitables that they are handed, one by one or in one collection.
_EACH = frozenset({"asyncio.gather"})
_ONE = frozenset({"asyncio.wait", "asyncio.as_completed"})
#: Make a task of one coroutine.
STARTING = GATHERING - _EACH - _ONE - {"asyncio.TaskGroup"}
_GROUP = "asyncio.TaskGroup"
#: Statements whose first block is run where they stand.
_STRAIGHT = frozenset({"Try", "With"})


@dataclass(frozen=True, slots=True)
class Fan:
    """The turns for which one call is made: what is gone through, and what differs between two of
    them. ``through`` is empty if it is not known."""

    through: tuple[Value, ...]
    varies: frozenset[str]


@dataclass(frozen=True, slots=True)
class Member:
    """A call that makes a coroutine, and for which turns it does."""

    call: Call
    fan: Fan | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Members in the order in which they start. ``name``: of the call that runs them together;
    ``lines``: where a comment speaks of the batch; ``around``: the loops that it stands in."""

    function: Function
    name: str
    span: Span
    members: tuple[Member, ...]
    around: tuple[Statement, ...] = ()
    unseen: int = 0  # members that cannot be followed
    unsure: tuple[str, ...] = ()  # names in a notebook of which it is not known what they hold

    @property
    def lines(self) -> frozenset[int]:
        spans = [self.span, *(m.call.span for m in self.members)]
        return frozenset(line for span in spans for line in (span.line, span.end_line))


def batches(inference: Inference) -> Iterator[Batch]:
    """All batches of a module, those of each function in order."""
    for function in inference.module.functions:
        if function.is_async or not function.name:
            yield from _Batches(inference, function).find()


def _cells(function: Function, text: str) -> list[list[Statement]]:
    """The cells of a notebook, of which the last expression stands alone; none of other code."""
    found: list[list[Statement]] = []
    if function.block.part != "frame":
        return found
    for part in function.block.statements[0].blocks[0].statements:
        between = text[found[-1][-1].span.end : part.span.start].splitlines()[1:] if found else []
        inside = found and part.blocks[0].part == "shown" and not any(
            line.strip() and not line.strip().startswith("#") for line in between
        )  # fmt: skip
        if inside:
            found[-1].append(part)
        else:
            found.append([part])
    return found


def _speaks(statement: Statement, symbol: str) -> bool:
    return any(
        event.symbol == symbol if isinstance(event, Define)
        else isinstance(event, (Use, Store, Mutate)) and event.place.symbol == symbol
        for event in statement.events
    )  # fmt: skip


class _Batches:
    """The batches of one function."""

    def __init__(self, inference: Inference, function: Function) -> None:
        self.inference = inference
        self.function = function
        self.module = inference.module
        self.found: list[Batch] = []
        self.around: dict[int, tuple[Statement, ...]] = {}  # call → compound statements around it
        self.joined: set[str] = set()  # names of tasks that are waited for
        self.wave: list[Call] = []  # calls that started a task since something was awaited
        self.loops: tuple[Statement, ...] = ()
        self.cells = _cells(function, inference.text)
        self.unsure: dict[str, None] = {}

    def find(self) -> list[Batch]:
        self._place(self.function.block, ())
        for statement in self.function.block.statements:
            for event in statement.events:
                self._join(event)
        self._block(self.function.block)
        self._close(None)
        return self.found

    def _place(self, block: Block, around: tuple[Statement, ...]) -> None:
        for statement in block.statements:
            for event in statement.events:
                if isinstance(event, Invoke):
                    self.around[event.call.id] = (*around, statement)
            for inner in statement.blocks:
                if statement.kind not in ("FunctionDef", "ClassDef"):
                    self._place(inner, (*around, statement))

    def _join(self, event: Event) -> None:
        if isinstance(event, AwaitValue) and event.value.place is not None:
            self.joined.add(event.value.place.symbol)
        if isinstance(event, Invoke) and self._name(event.call) in _EACH | _ONE:
            for argument in event.call.arguments:
                for value in (argument.value, *argument.value.held):
                    if value.place is not None:
                        self.joined.add(value.place.symbol)

    def _name(self, call: Call) -> str:
        return self.inference.resolver.call_name(call)

    # -- walking -------------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        for statement in block.statements:
            if statement.kind in ("FunctionDef", "ClassDef"):
                continue
            straight = statement.kind in _STRAIGHT
            if statement.kind == "With":
                self._group(statement)
            if not statement.blocks:
                self._events(statement.events)
                continue
            at = 0
            for number, inner in enumerate(statement.blocks):
                self._events(statement.events[at : inner.at])
                at = inner.at + sum(len(s.events) for s in inner.statements)
                if not straight or number:
                    self._close(None)
                loops = self.loops
                if inner.role == "loop":
                    self.loops = (*loops, statement)
                self._block(inner)
                self.loops = loops
            self._events(statement.events[at:])
            if not straight:
                self._close(None)

    def _events(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, AwaitValue):
                self._close(None)
            elif isinstance(event, Define):
                made = self._made(event.value)
                if made is not None and self._name(made) in STARTING - {f"{_GROUP}.create_task"} \
                        and event.symbol in self.joined:  # fmt: skip
                    self.wave.append(made)
            elif isinstance(event, Invoke):
                name = self._name(event.call)
                if name in _EACH | _ONE:
                    self._gathered(event.call, name)
                if event.call.awaited:
                    self._close(None if name in _EACH | _ONE else event.call)
            elif isinstance(event, Control) and event.word == "yield":
                self._close(None)

    def _close(self, call: Call | None) -> None:
        """Something is awaited: by then the tasks that were started run, and it runs with them."""
        wave, self.wave = self.wave, []
        members = [self._started(task) for task in wave]
        if not wave or (len(wave) < 2 and call is None):
            return
        first = [] if call is None else [Member(call)]  # it begins before any task does
        known = [m for m in members if m is not None]
        if len(known) + len(first) > 1:
            self.found.append(
                Batch(self.function, self._name(wave[0]), wave[0].span, (*first, *known),
                      self.loops, len(members) - len(known))
            )  # fmt: skip

    def _started(self, task: Call) -> Member | None:
        """The coroutine of which a call makes a task."""
        made = self._made(task.arguments[0].value) if task.arguments else None
        return Member(made) if made is not None and not made.awaited else None

    def _made(self, value: Value) -> Call | None:
        place = value.place
        return self.module.calls.get(place.symbol) if place is not None and not place.steps \
            else None  # fmt: skip

    # -- a task group --------------------------------------------------------------------------

    def _group(self, statement: Statement) -> None:
        calls = {e.call.id: e.call for e in statement.events if isinstance(e, Invoke)}
        if not any(self._name(c) == _GROUP for c in calls.values()):
            return
        if any(isinstance(e, AwaitValue) or (isinstance(e, Invoke) and e.call.awaited)
               for e in statement.events):  # fmt: skip
            return  # what runs when, cannot be told from the text alone
        members: list[Member] = []
        unseen = 0
        span: Span | None = None
        for call in calls.values():
            if self._name(call) == f"{_GROUP}.create_task" and call.arguments:
                span = span or call.span
                member = self._of(call.arguments[0].value)
                if member is None:
                    unseen += 1
                else:
                    members.append(member)
        if span is not None and members:
            self.found.append(
                Batch(self.function, _GROUP, span, tuple(members), self.loops, unseen)
            )

    # -- gather --------------------------------------------------------------------------------

    def _gathered(self, call: Call, name: str) -> None:
        members: list[Member] = []
        unseen = 0
        self.unsure = {}
        for argument in call.arguments:
            if argument.keyword is not None:
                continue
            several = bool(argument.star) or name in _ONE
            found = self._all_of(argument.value) if several else [self._of(argument.value)]
            for member in found if found is not None else [None]:
                if member is None:
                    unseen += 1
                else:
                    members.append(member)
            if name in _ONE:
                break
        if members or self.unsure:
            span = call.await_span or call.span
            self.found.append(
                Batch(self.function, name, span, tuple(members), self.loops, unseen,
                      tuple(self.unsure))
            )  # fmt: skip

    def _all_of(self, value: Value) -> list[Member | None] | None:
        """The members that a collection holds, None if that is not known."""
        if value.fresh and value.held:
            return [self._of(held, many=value.many) for held in value.held]
        if value.place is None or value.place.steps:
            return None
        info = self._bound_once(value.place.symbol)
        if info is None or info.unbound or not info.values[0].fresh:
            return None
        if self.cells and not self._in_one_cell(value.place.symbol):
            self.unsure[info.name] = None
            return None
        made = info.values[0]
        first = [self._of(held, many=made.many) for held in made.held]
        return [*first, *self._put(value.place)]

    def _put(self, place: Place) -> Iterator[Member | None]:
        """What is put into a list by its name; None for what cannot be followed."""
        for statement in self.function.block.statements:
            for event in statement.events:
                call = event.call if isinstance(event, Invoke) else None
                if call is None or call.receiver is None or call.receiver.place != place:
                    continue
                if call.method == "append" and len(call.arguments) == 1:
                    yield self._of(call.arguments[0].value)
                elif call.method == "extend" and len(call.arguments) == 1 \
                        and call.arguments[0].value.fresh:  # fmt: skip
                    put = call.arguments[0].value
                    for held in put.held:
                        yield self._of(held, many=put.many)
                else:
                    yield None

    def _of(self, value: Value, *, many: bool = False) -> Member | None:
        """The member that a value is: a coroutine, or a task that is made of one.

        ``many``: it is the element of a comprehension.
        """
        made = self._made(value)
        if made is None and value.place is not None and not value.place.steps:
            info = self._bound_once(value.place.symbol)
            made = self._made(info.values[0]) if info is not None else None
        if made is None or made.awaited:
            return None
        begin = made
        if self._name(made) in STARTING:
            made = self._made(made.arguments[0].value) if made.arguments else None
            if made is None or made.awaited:
                return None
        if self._name(made) in GATHERING or self._name(made) in ("asyncio.wait_for",):
            return None
        return Member(made, self._fan(begin, made, many=many))

    def _bound_once(self, symbol: str) -> SymbolInfo | None:
        """A name of which all that it is bound to is one value: of a function, or a notebook."""
        info = self.module.symbols.get(symbol)
        if info is None or info.kind != ("global" if self.cells else "local"):
            return None
        if len(info.values) == info.bindings == 1:
            return info
        if self.cells and any(self._coroutine(v) for value in info.values
                              for v in (value, *value.held)):  # fmt: skip
            self.unsure[info.name] = None
        return None

    def _coroutine(self, value: Value) -> bool:
        made = self._made(value)
        return made is not None and not made.awaited

    def _in_one_cell(self, symbol: str) -> bool:
        """Is a name of a notebook looked up in the cell that binds it alone?

        Others may be run before that one, or after it, and put something in what it holds.
        """
        elsewhere = (s for f in self.module.functions if f.name for s in f.block.statements)
        return not any(_speaks(s, symbol) for s in elsewhere) and (
            sum(any(_speaks(part, symbol) for part in cell) for cell in self.cells) == 1
        )

    # -- turns ---------------------------------------------------------------------------------

    def _fan(self, begin: Call, made: Call, *, many: bool) -> Fan | None:
        """The turns of the comprehension, or of the loop, in which a member is made."""
        around = self.around.get(begin.id, ())
        fan = self._comprehension(made, around) if many else None
        within = set(map(id, self.loops))
        for statement in around:
            inside = any(
                b.role == "loop" and any(
                    isinstance(e, Invoke) and e.call.id == begin.id
                    for s in b.statements for e in s.events
                ) for b in statement.blocks
            )  # fmt: skip
            if not inside or id(statement) in within:
                continue
            through = (statement.turns.value,) if statement.turns is not None else ()
            varies = varying(statement.events[header_end(statement) :])
            if fan is not None:
                through, varies = (*through, *fan.through), varies | fan.varies
            fan = Fan(through, varies)
        return fan

    def _comprehension(self, made: Call, around: tuple[Statement, ...]) -> Fan | None:
        events = around[-1].events if around else ()
        at = next((i for i, e in enumerate(events)
                   if isinstance(e, Invoke) and e.call.id == made.id), 0)  # fmt: skip
        scopes = [
            (i, e.symbol.rpartition(":")[0])
            for i, e in enumerate(events[:at])
            if isinstance(e, Define) and "<comp>" in e.symbol
        ]
        if not scopes:
            return None
        scope = scopes[-1][1]
        for _, other in scopes:  # arguments may hold comprehensions of their own
            if scope.startswith(f"{other}."):
                scope = other
        first = next(i for i, s in scopes if s == scope)
        begin = max((i for i, e in enumerate(events[:first]) if isinstance(e, Iterate)),
                    default=first)  # fmt: skip
        through = tuple(e.value for e in events[begin:at] if isinstance(e, Iterate))
        return Fan(through, varying(events[begin : at + 1]))
