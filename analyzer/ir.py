"""The intermediate representation: what lowering makes of a file and every later step reads.

A module is a set of :class:`Function` units (the module's own body is one of them). A unit holds a
:class:`Block` of :class:`Statement`; a statement is the sequence of :data:`Event` that Python
performs when it runs it, *in evaluation order* (Python reference, 6.16), with nested blocks folded
in. Nothing here knows LibCST, types or effects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from .effects.selector import Step
from .spans import Span

if TYPE_CHECKING:
    from .comprehensions import Comprehension
    from .headers import Header


@dataclass(frozen=True, slots=True)
class Place:
    """An access path: a symbol (``scope:name``, or ``call#n`` for a result) and steps from it."""

    symbol: str
    steps: tuple[Step, ...] = ()

    def then(self, step: Step) -> Place:
        return Place(self.symbol, (*self.steps, step))


class Risk(StrEnum):
    """Why evaluating something may raise; the resolver knows which of these do not."""

    NONE = ""
    NAME = "name"  # the name may be unbound
    ATTRIBUTE = "attribute"
    ITEM = "item"
    OPERATOR = "operator"
    FORMAT = "format"
    TRUTH = "truth"
    INDEX = "index"  # what is computed between brackets


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression evaluates to, as far as its syntax shows.

    ``place`` is set when it is exactly an access path; ``held`` are the values a new container
    holds, or the alternatives of a conditional; ``parts`` the pieces of a concatenated string.
    """

    place: Place | None = None
    literal: object = None
    is_literal: bool = False
    parts: tuple[Value, ...] = ()
    held: tuple[Value, ...] = ()
    fresh: bool = False
    immutable: bool = False
    type: str = ""
    entries: tuple[tuple[str, Value], ...] | None = None
    keys: tuple[Value, ...] | None = None  # of a new dictionary, if all of them are written
    function: str = ""  # "lambda" or the symbol of a function that is named
    path_join: bool = False  # parts were joined with the `/` operator
    element: bool = False  # one of the things that `held` holds, not the container
    index: int | None = None  # which one of them, if it is known
    anything: bool = False  # may be any object there is
    operator: str = ""  # `held` are its operands; "+" and the like, "+=" if it may be in place
    many: bool = False  # what it holds is evaluated, or put into it, many times


OPAQUE = Value(anything=True)
#: Words that stand for the type of a value: what entering a manager gives, what `except` catches,
#: a part of a sequence, what a subscript finds in a value without a name, and what has another type
#: than what it is made of.
ENTER = "<enter>"
AENTER = "<aenter>"
CAUGHT = "<caught>"
SLICE = "<slice>"
ITEM = "<item>"
UNTYPED = "?"


@dataclass(frozen=True, slots=True)
class Use:
    """A value is read. ``deep``: its content too, not only the binding or slot.

    ``member``: it is asked whether it holds that key; ``truth``: whether it is true, or empty.
    """

    place: Place
    deep: bool = True
    risk: Risk = Risk.NONE
    guarded: bool = False
    member: Step | None = None
    truth: bool = False


@dataclass(frozen=True, slots=True)
class Operate:
    """An operator, a formatting or a truth test on values that were read already; may raise."""

    values: tuple[Value, ...]
    risk: Risk
    guarded: bool = False
    member: bool = False  # `in`: does the second hold the first?
    sign: str = ""  # of arithmetic: "+", "-" and the like; of look-ups: what is looked up


@dataclass(frozen=True, slots=True)
class Define:
    """A name is bound to a value."""

    symbol: str
    value: Value
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """The slot at the end of a path is set to a value. May raise."""

    place: Place
    value: Value
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Mutate:
    """The object at a path may be changed in place (`+=`, `del x[k]`). May raise.

    ``operator`` is the sign of an assignment that computes, ``operand`` what stands behind it.
    """

    place: Place
    guarded: bool = False
    operator: str = ""
    operand: Value | None = None
    removes: bool = False  # `del`: what stands behind it in a list moves up


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: ``keyword`` or positional (``None``); ``star`` is "", "*" or "**"."""

    value: Value
    keyword: str | None = None
    star: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call site. ``setup`` are the events of evaluating its callee expression and arguments."""

    id: int
    callee: str
    span: Span
    function: Value
    receiver: Value | None
    method: str
    arguments: tuple[Argument, ...]
    setup: tuple[Event, ...]
    awaited: bool = False
    await_span: Span | None = None
    commented: bool = False  # a comment stands between `await` and the call
    guarded: bool = False

    @property
    def symbol(self) -> str:
        return f"call#{self.id}"


@dataclass(frozen=True, slots=True)
class Invoke:
    """A call is performed (for an awaited one: run until its result is there)."""

    call: Call
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Iterate:
    """A value is iterated, which drives a generator; ``asynchronous`` for `async for`."""

    value: Value
    asynchronous: bool = False
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Enter:
    """A context manager is entered here and left at the end of its statement."""

    value: Value
    asynchronous: bool
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class AwaitValue:
    """An ``await`` on something that is not a call."""

    value: Value
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """Control flow or a scope statement that nothing is moved across; ``word`` is its keyword.

    ``value`` is what leaves the function by it (yielded, raised).
    """

    word: str
    guarded: bool = False
    value: Value = Value()


Event = Use | Operate | Define | Store | Mutate | Invoke | Iterate | Enter | AwaitValue | Control


class Shape(StrEnum):
    """How a member call sits in its statement."""

    BARE = "bare"  # `await f()`
    ASSIGN = "assign"  # `target = await f()`: one target, the whole value
    RETURN = "return"  # `return await f()`
    WITHIN = "within"  # anywhere else where it is evaluated exactly once


#: A target's names as they are unpacked: a symbol, or the targets of a tuple; "" is anything else.
Target = str | tuple["Target", ...]


@dataclass(frozen=True, slots=True)
class Turns:
    """What a `for` goes through: the texts of its target and iterable, and what they mean."""

    target: Span
    iterable: Span
    names: Target
    value: Value
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a block with everything it evaluates, nested blocks included."""

    kind: str
    span: Span  # from its first character to the last one of its code
    lines: Span  # whole lines, its leading comments and trailing comment included
    events: tuple[Event, ...]
    blocks: tuple[Block, ...] = ()
    managers: tuple[Enter, ...] = ()  # of a `with`
    shape: Shape = Shape.WITHIN
    target: Span | None = None  # text of the single assignment target
    target_name: str = ""
    annotated: bool = False
    solo: bool = True  # alone on its lines
    handlers: bool = False  # a `try` that can catch what its body raises
    final: bool = False  # a `try` with a `finally`
    turns: Turns | None = None  # of a `for`
    headers: tuple[Header, ...] = ()  # that await twice or more


#: What a block is in a notebook: what stands around all cells, a cell's top level, its last
#: expression, whose value is shown, or a top level that must not change. "": any other block.
Part = Literal["", "frame", "cell", "shown", "fixed"]


@dataclass(frozen=True, slots=True)
class Block:
    """Statements run in order. ``indent``: their indentation; ``inline``: on the header's line.

    ``at``: where its events begin among those of its statement. ``binds``: what the target of a
    loop or the pattern of a case has bound when it begins; ``always``: a case that fits whatever
    there is.
    """

    statements: tuple[Statement, ...]
    indent: str = ""
    inline: bool = False
    role: str = "body"  # which part of its statement: body, orelse, finalbody, handler, case
    part: Part = ""
    at: int = 0
    binds: frozenset[str] = frozenset()
    always: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a function by name, the first of a method included.

    ``star`` and ``stars`` are the names behind ``*`` and ``**``, "" if there is none.
    """

    positional: tuple[str, ...] = ()
    positional_only: int = 0  # how many of them
    keyword_only: tuple[str, ...] = ()
    star: str = ""
    stars: str = ""
    defaults: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A unit of analysis: a function at any depth, or the module's own body (``name == ""``)."""

    name: str
    qualname: str
    symbol: str
    block: Block
    span: Span
    scope: str
    is_async: bool = False
    is_generator: bool = False
    parameters: tuple[str, ...] = ()
    signature: Signature = field(default_factory=lambda: Signature())
    decorators: tuple[Value, ...] = ()
    class_scope: str = ""  # qualname of the class it is a method of
    class_decorators: tuple[Value, ...] = ()
    locals: frozenset[str] = frozenset()  # every name bound in its scope
    exposed: frozenset[str] = frozenset()  # own symbols that nested functions or globals() can see
    returns: str = ""  # what is annotated, as in `SymbolInfo.annotations`


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """What a class in this file shows: bases, attributes computed by code, annotated fields."""

    qualname: str
    bases: tuple[Value, ...]
    computed: frozenset[str]  # properties, descriptors, and dunders such as __getattr__
    methods: frozenset[str]
    decorators: tuple[Value, ...] = ()
    keywords: bool = False  # `metaclass=…` other than ABCMeta, or `**` that may hold one


@dataclass(frozen=True, slots=True)
class SymbolInfo:
    """All that one file says about a symbol."""

    name: str
    kind: str  # local | parameter | global | import | builtin | undefined | call
    bindings: int = 0
    target: str = ""  # dotted name of an import
    member: bool = False  # imported by `from`: perhaps no module, but an object of one
    annotations: tuple[str, ...] = ()  # texts of types (see `typetext`), resolved through imports
    function: str = ""  # qualname if bound once by `def`
    cls: str = ""  # qualname if bound once by `class`
    values: tuple[Value, ...] = ()  # everything assigned to it
    opaque_bindings: int = 0  # bindings whose value is not in `values`
    unbound: bool = False  # some `del`, or the end of an `except … as`, takes the name away


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that speaks to pexec. ``alone``: nothing else stands on its line."""

    text: str
    span: Span
    alone: bool


#: Attributes of frames that hand out the names of a scope.
FRAMES = frozenset({"f_locals", "f_globals", "f_back"})


@dataclass(frozen=True, slots=True)
class Module:
    """A lowered file."""

    name: str
    functions: tuple[Function, ...]
    symbols: dict[str, SymbolInfo]
    calls: dict[str, Call]  # by their symbol
    classes: dict[str, ClassInfo]
    signatures: dict[str, tuple[str, ...]]  # qualname → parameters (self excluded), "*": and more
    names: frozenset[str]  # every identifier in the file: new ones must differ
    imports: frozenset[str]  # top-level packages that are imported
    star_import: bool
    stars: tuple[str, ...]  # the modules that `from … import *` names
    directives: dict[int, Comment] = field(default_factory=dict[int, Comment])  # by line
    strings: tuple[tuple[int, int], ...] = ()  # (first, last line) of strings over several lines
    indent: str = "    "
    respelled: str = ""  # an identifier that Python reads as another one
    introspects: frozenset[str] = frozenset()  # scopes that look at frames or run text
    type_aliases: dict[str, str] = field(default_factory=dict[str, str])  # name → annotation
    comprehensions: tuple[Comprehension, ...] = ()  # that call something
    fixed: str = ""  # why the top level of a notebook's cells must not change
    other_loop: bool = False  # … as they may run on another event loop than asyncio's
    script: bool = True  # a file, which may be run: standard input and a notebook cell are not
