"""What is known of the objects that methods are called on, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pexec.analyzer.own_code import own_code
from receivers import UNKNOWN, inferred, kind, runs

# -- lines of inheritance ------------------------------------------------------------------------

BASES = """\
    import abc
    from typing import Generic, Protocol, TypeVar

    T = TypeVar("T")

    class Root:
        def load(self): return 1
        def save(self): return 2

    class Left(Root):
        def load(self): return 3

    class Right(Root):
        def load(self): return 4
        def save(self): return 5

    class Reader(Protocol):
        def read(self): ...

    class Store(abc.ABC, Generic[T]):
        @abc.abstractmethod
        def put(self): ...
        def size(self): return 6
"""

LINES = {
    "own method": ("class A(Root):\n    def load(self): return 0", "load", "A.load"),
    "inherited": ("class A(Root): pass", "load", "Root.load"),
    "nearest base": ("class A(Left): pass", "load", "Left.load"),
    "two bases, left first": ("class A(Left, Right): pass", "load", "Left.load"),
    "two bases, right one is nearer than the root": (
        "class A(Left, Right): pass", "save", "Right.save"),
    "two bases, other order": ("class A(Right, Left): pass", "load", "Right.load"),
    "bases that Python refuses": ("class A(Root, Left): pass", "load", UNKNOWN),
    "generic base": ("class A(Store[int]): pass", "size", "Store.size"),
    "generic and protocol": (
        "class A(Reader, Store[int]):\n    def read(self): return 1", "read", "A.read"),
    "method of a protocol": ("class A(Reader): pass", "read", UNKNOWN),
    "abstract method": ("class A(Store[int]): pass", "put", UNKNOWN),
    "metaclass ABCMeta": ("class A(Root, metaclass=abc.ABCMeta): pass", "load", "Root.load"),
    "another metaclass": ("class A(Root, metaclass=Meta): pass", "load", UNKNOWN),
    "metaclass in keywords that are not seen": ("class A(Root, **more): pass", "load", UNKNOWN),
    "unknown base": ("class A(Root, elsewhere.Base): pass", "load", UNKNOWN),
    "unknown base behind an own one": ("class A(Mixed): pass", "load", UNKNOWN),
    "computed base": ("class A(make_base()): pass", "load", UNKNOWN),
    "exception": ("class A(ValueError, Root): pass", "load", "Root.load"),
    "attribute of an exception": ("class A(ValueError, Root): pass", "add_note", UNKNOWN),
    "unknown class decorator": ("@elsewhere.wrap\nclass A(Root): pass", "load", UNKNOWN),
    "known class decorator": (
        "import dataclasses\n@dataclasses.dataclass\nclass A(Root):\n    x: int = 0",
        "load", "Root.load"),
    "method bound twice": (
        "class A(Root):\n    def load(self): return 0\n    def load(self): return 1",
        "load", UNKNOWN),
    "method that is deleted": (
        "class A(Root):\n    def load(self): return 0\n    del load", "load", UNKNOWN),
    "method under a condition": (
        "class A(Root):\n    if flag:\n        def load(self): return 0", "load", UNKNOWN),
    "attribute in place of a method": ("class A(Root):\n    load = other", "load", UNKNOWN),
    "all attributes are computed": (
        "class A(Root):\n    def __getattribute__(self, name): return print",
        "load", UNKNOWN),
    "decorated by what is not known": (
        "class A(Root):\n    @elsewhere.wrap\n    def load(self): return 0", "load", UNKNOWN),
    "set on the object by the class": (
        "class A(Root):\n    def fill(self): self.load = print", "load", UNKNOWN),
    "set on the object by a base": (
        "class B(Root):\n    def fill(self): self.load = print\nclass A(B): pass",
        "load", UNKNOWN),
    "set on the class": ("class A(Root): pass\nA.load = print", "load", UNKNOWN),
    "set from outside": (
        "class A(Root): pass\ndef patch(a): a.load = print", "load", UNKNOWN),
    "set by another class on its own objects": (
        "class A(Root): pass\nclass Other:\n    def fill(self): self.load = print",
        "load", "Root.load"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "name", "expected"), LINES.values(), ids=LINES)
def test_which_method_runs(tmp_path: Path, text: str, name: str, expected: str) -> None:
    main = f"import abc, elsewhere\nfrom bases import *\n{text}\na = A()\na.{name}()\n"
    own = "import abc, elsewhere\n" + "\n".join(line[4:] for line in BASES.splitlines())
    mixed = "class Mixed(elsewhere.Base): pass\n"
    found = inferred(tmp_path, main=own + "\n" + mixed + main.replace("from bases import *\n", ""))
    assert runs(found, f"a.{name}") == expected


@pytest.mark.parametrize(
    ("name", "expected"), [("load", "Left.load"), ("save", "Right.save"), ("put", UNKNOWN)]
)
def test_lines_go_over_files(tmp_path: Path, name: str, expected: str) -> None:
    found = inferred(
        tmp_path,
        bases=BASES,
        middle="from bases import Left as First, Right\nimport bases as b\n"
               "class Both(First, Right, b.Store[str]): pass\n",
        main=f"import middle\nclass A(middle.Both): pass\na = A()\na.{name}()\n",
    )  # fmt: skip
    assert runs(found, f"a.{name}") == expected


SUBCLASSES = {
    "nothing overrides": ("class B(A): pass", "A.load"),
    "a subclass overrides": ("class B(A):\n    def load(self): return 2", UNKNOWN),
    "an attribute overrides": ("class B(A):\n    load = print", UNKNOWN),
    "a subclass of more than is known overrides": (
        "class B(elsewhere.X, A):\n    def load(self): return 2", UNKNOWN),
    "another class has the name": ("class B:\n    def load(self): return 2", "A.load"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SUBCLASSES.values(), ids=SUBCLASSES)
def test_an_object_of_a_subclass_may_be_handed_in(tmp_path: Path, text: str, expected: str) -> None:
    main = f"import elsewhere\nclass A:\n    def load(self): return 1\n{text}\n"
    found = inferred(tmp_path, main=main + "def use(a: A): a.load()\n")
    assert runs(found, "a.load") == expected


# -- making objects ------------------------------------------------------------------------------

MADE = {
    "no code": ("class A: pass", "nothing"),
    "init": ("class A:\n    def __init__(self): self.x = 1", "A.__init__"),
    "inherited init": (
        "class B:\n    def __init__(self): self.x = 1\nclass A(B): pass", "B.__init__"),
    "new": ("class A:\n    def __new__(cls): return 1", UNKNOWN),
    "new of a base": ("class B:\n    def __new__(cls): return 1\nclass A(B): pass", UNKNOWN),
    "init_subclass": (
        "class B:\n    def __init_subclass__(cls): pass\nclass A(B): pass", UNKNOWN),
    "exception": ("class A(Exception): pass", "nothing"),
    "exception with init": (
        "class A(Exception):\n    def __init__(self): self.x = 1", "A.__init__"),
    "data class": ("@dataclass\nclass A:\n    x: int = 0", "nothing"),
    "data class of a data class": (
        "@dataclass\nclass B:\n    y: int = 0\n@dataclass\nclass A(B):\n    x: int = 0", "nothing"),
    "data class does not call the init of its base": (
        "class B:\n    def __init__(self): print()\n@dataclass\nclass A(B):\n    x: int = 0",
        "nothing"),
    "data class with its own init": (
        "@dataclass\nclass A:\n    x: int = 0\n    def __init__(self): self.x = 1", "A.__init__"),
    "post_init": (
        "@dataclass\nclass A:\n    x: int = 0\n    def __post_init__(self): print()", UNKNOWN),
    "post_init of a base": (
        "class B:\n    def __post_init__(self): print()\n@dataclass\nclass A(B):\n    x: int = 0",
        UNKNOWN),
    "default of a list": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=list)", "nothing"),
    "default of constants": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=lambda: [1, 'a'])", "nothing"),
    "default by own code": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=make)", UNKNOWN),
    "default by a lambda that calls": (
        "@dataclass\nclass A:\n    x: list = field(default_factory=lambda: make())", UNKNOWN),
    "default by own code in a base": (
        "@dataclass\nclass B:\n    x: list = field(default_factory=make)\n"
        "@dataclass\nclass A(B):\n    y: int = 0", UNKNOWN),
    "named tuple": ("class A(NamedTuple):\n    x: int = 0", "nothing"),
    "enumeration": ("class A(Enum):\n    X = 0", "nothing"),
    "text enumeration": ("class A(str, Enum):\n    X = ''", "nothing"),
    "enumeration that looks values up": (
        "class A(Enum):\n    X = 0\n    @classmethod\n    def _missing_(cls, v): print()", UNKNOWN),
    "text": ("class A(str): pass", UNKNOWN),
    "init that is set": ("class A: pass\nA.__init__ = print", UNKNOWN),
    "model": ("class A(BaseModel):\n    x: list[str] = Field(default_factory=list)", "nothing"),
    "model with fields of models": (
        "class B(BaseModel):\n    y: int\nclass A(BaseModel):\n    x: Optional[B] = None",
        "nothing"),
    "model that holds others like it": (
        "class B(BaseModel):\n    a: 'A | None'\nclass A(BaseModel):\n    b: list[B]", "nothing"),
    "model with a validator": (
        "class A(BaseModel):\n    x: int\n    @field_validator('x')\n"
        "    @classmethod\n    def f(cls, v): return v", UNKNOWN),
    "model with a field of a model with a validator": (
        "class B(BaseModel):\n    x: int\n    @field_validator('x')\n"
        "    def f(cls, v): return v\nclass A(BaseModel):\n    x: list[B]", UNKNOWN),
    "model with an init": (
        "class A(BaseModel):\n    x: int\n    def __init__(self, **k): print()", UNKNOWN),
    "model that goes on after it is made": (
        "class A(BaseModel):\n    x: int\n    def model_post_init(self, c): print()", UNKNOWN),
    "model with a default by own code": (
        "class A(BaseModel):\n    x: int = Field(default_factory=make)", UNKNOWN),
    "model with an unknown type": ("class A(BaseModel):\n    x: elsewhere.T", UNKNOWN),
    "model with an annotated validator": (
        "from pydantic import AfterValidator\n"
        "class A(BaseModel):\n    x: Annotated[int, AfterValidator(make)]", UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MADE.values(), ids=MADE)
def test_what_makes_an_object(tmp_path: Path, text: str, expected: str) -> None:
    main = (
        "from dataclasses import dataclass, field\nfrom enum import Enum\n"
        "from pydantic import BaseModel, Field, field_validator\nimport elsewhere\n"
        f"from typing import Annotated, NamedTuple, Optional\ndef make(): return []\n{text}\nA()\n"
    )
    assert runs(inferred(tmp_path, main=main), "A") == expected


# -- types of values -----------------------------------------------------------------------------

SHOP = """\
    from __future__ import annotations
    from dataclasses import dataclass, field
    from typing import TYPE_CHECKING, Any, NewType, Optional, Union
    if TYPE_CHECKING:
        from elsewhere import Thing

    @dataclass
    class Item:
        name: str
        tags: list[str] = field(default_factory=list)
        def show(self): return self.name

    class Shop:
        default = Item("a")
        def __init__(self, first: Item, *more):
            self.first = first
            self.second = Item("b")
            self.either = Item("c") if more else None
            self.items: dict[str, Item] = {}
            self.loose = {}
            self.last = None
            self.count = 0
            self.taken = Item("d")
        def take(self):
            self.last = Item("x")
            self.taken = 3
            self.count += 1
            return self
        def best(self) -> Item: ...
        def any(self): return self.first if self.count else None
        def mixed(self, x): return self.first if x else 3
        async def fetch(self) -> Optional[Item]: ...
        def stock(self) -> list[Item]: ...
        def pairs(self) -> dict[str, tuple[Item, int]]: ...
        @property
        def top(self) -> Item: return self.first
        def __enter__(self): return self
        def __exit__(self, *a): ...
        async def __aenter__(self) -> Item: ...
        async def __aexit__(self, *a): ...

    Stock = dict[str, Item]
    Maybe = Optional[Item]
    Name = NewType("Name", str)
    SHOP = Shop(Item("z"))
    rebound = Item("r")
    rebound = 3
    late = None
    def fill():
        global late
        late = Item("l")
    def shop() -> Shop: return SHOP
    def lazily():
        global _made
        if _made is None:
            _made = Shop(Item("m"))
        return _made
    _made = None
"""
ITEM, DICT, PLAIN, STR = "shop.Item", "builtins.dict", "plain", "builtins.str"

TYPES = {
    "constructor": ("x = Item('a')", ITEM),
    "parameter": ("def f(x: Item):", ITEM),
    "parameter in quotes": ("def f(x: 'Item'):", ITEM),
    "optional": ("def f(x: Optional[Item]):", ITEM),
    "union with None": ("def f(x: Item | None):", ITEM),
    "union of two": ("def f(x: Item | Shop):", ""),
    "union of plain ones": ("def f(x: str | int):", PLAIN),
    "annotated": ("def f(x: Annotated[Item, 'note']):", ITEM),
    "final": ("x: Final[Item] = make()", ITEM),
    "literal": ("def f(x: Literal['a', 'b']):", STR),
    "alias": ("def f(x: Maybe):", ITEM),
    "alias of this file": ("Mine = Item | None\ndef f(x: Mine):", ITEM),
    "new type": ("def f(x: Name):", STR),
    "unknown annotation": ("def f(x: elsewhere.Thing):", "elsewhere.Thing"),
    "type variable": ("T = TypeVar('T')\ndef f(x: T):", ""),
    "any": ("def f(x: Any):", ""),
    "annotated but rebound": ("def f(x: Item):\n    x = 3", ""),
    "annotated, and None": ("def f(x: Item = None):", ITEM),
    "annotated, and a subclass": ("class Sub(Item): pass\nx: Item = Sub('a')", ITEM),
    "annotated, and another class": ("x: Item = Shop(1)", ""),
    "assigned twice alike": ("x = Item('a')\nx = Item('b')", ITEM),
    "assigned twice": ("x = Item('a')\nx = 3", ""),
    "assigned once more by what is not known": ("x = Item('a')\nx = make()", ""),
    "branches": ("x = Item('a') if flag else Item('b')", ITEM),
    "branches that disagree": ("x = Item('a') if flag else 3", ""),
    "or": ("def f(y: Item | None):\n    x = y or Item('b')", ITEM),
    "loop variable rebinds": ("x = Item('a')\nfor x in others: pass", ""),
    "import rebinds": ("x = Item('a')\nimport x", ""),
    "walrus": ("if (x := Item('a')): pass", ITEM),
    "alias of a name": ("y = Item('a')\nx = y", ITEM),
    "unpacked": ("x, y = Item('a'), 3", ITEM),
    "starred": ("x, *y = Item('a'), 3", ""),
    "a class is no object": ("x = Item", ""),
    "bare dict": ("def f(x: dict):", DICT),
    "bare list item": ("def f(y: list):\n    x = y[0]", PLAIN),
    "dict of any": ("def f(y: dict[str, Any]):\n    x = y['a']['b']", PLAIN),
    "dict of items": ("def f(y: dict[str, Item]):\n    x = y['a']", ITEM),
    "get": ("def f(y: dict[str, Item]):\n    x = y.get('a')", ITEM),
    "get with another default": ("def f(y: dict[str, Item]):\n    x = y.get('a', 3)", ""),
    "get with an empty default": ("def f(y: dict[str, dict]):\n    x = y.get('a', {})", DICT),
    "values": ("def f(y: dict[str, Item]):\n    for x in y.values(): pass", ITEM),
    "items": ("def f(y: dict[str, Item]):\n    for k, x in y.items(): pass", ITEM),
    "keys of items": ("def f(y: dict[str, Item]):\n    for x, v in y.items(): pass", STR),
    "iterated dict": ("def f(y: dict[str, Item]):\n    for x in y: pass", STR),
    "list": ("def f(y: list[Item]):\n    for x in y: pass", ITEM),
    "slice": ("def f(y: list[Item]):\n    x = y[1:]", "builtins.list"),
    "item of a slice": ("def f(y: list[Item]):\n    x = y[1:][0]", ""),
    "sorted": ("def f(y: list[Item]):\n    for x in sorted(y): pass", ITEM),
    "enumerate": ("def f(y: list[Item]):\n    for i, x in enumerate(y): pass", ITEM),
    "zip": ("def f(y: list[Item], z: list[int]):\n    for x, i in zip(y, z): pass", ITEM),
    "next": ("def f(y: list[Item]):\n    x = next((i for i in y if i.name), None)", ITEM),
    "min": ("def f(y: list[Item]):\n    x = min(y, key=len)", ITEM),
    "tuple": ("def f(y: tuple[Item, int]):\n    x = y[0]", ITEM),
    "tuple unpacked": ("def f(y: tuple[int, Item]):\n    n, x = y", ITEM),
    "tuple of one type": ("def f(y: tuple[Item, ...]):\n    x = y[3]", ITEM),
    "comprehension": ("def f(y: list[Item]):\n    x = [i for i in y if i.name][0]", ""),
    "filtered": ("def f(y: list[Item]):\n    z = [i for i in y]\n    x = z[0]", ITEM),
    "filtered and added to": (
        "def f(y: list[Item]):\n    z = [i for i in y]\n    z.append(3)\n    x = z[0]", ""),
    "filtered and handed out": (
        "def f(y: list[Item]):\n    z = [i for i in y]\n    fill(z)\n    x = z[0]", ""),
    "display that is added to": (
        "def f():\n    z = [Item('a')]\n    z.append(3)\n    x = z[0]", ""),
    "starred display": ("def f(y: list[Item]):\n    z = [*y]\n    x = z[0]", ITEM),
    "field from a parameter": ("x = SHOP.first", ITEM),
    "field from a constructor": ("x = SHOP.second", ITEM),
    "field, or None": ("x = SHOP.either", ITEM),
    "field filled later": ("x = SHOP.last", ITEM),
    "field of disagreeing types": ("x = SHOP.taken", ""),
    "counter": ("x = SHOP.count", "builtins.int"),
    "class attribute": ("x = SHOP.default", ITEM),
    "class attribute by the class": ("x = Shop.default", ITEM),
    "field annotated in a method": ("x = SHOP.items['a']", ITEM),
    "what an unannotated container holds": ("x = SHOP.loose['a']", ""),
    "field of a data class": ("x = SHOP.first.tags[0]", STR),
    "field that is set from outside": ("SHOP.second = make()\nx = SHOP.second", ""),
    "field that is set by somebody": ("def g(s): s.second = Shop(1)\nx = SHOP.second", ""),
    "a like-named field of another class": (
        "class Other:\n    def f(self): self.second = 3\nx = SHOP.second", ITEM),
    "a field that a subclass sets": (
        "class Sub(Shop):\n    def f(self): self.second = 3\nx = Sub(1).second", ""),
    "property": ("x = SHOP.top", ITEM),
    "method": ("x = SHOP.best", ""),
    "result by annotation": ("x = SHOP.best()", ITEM),
    "result by return": ("x = SHOP.any()", ITEM),
    "results that disagree": ("x = SHOP.mixed(1)", ""),
    "self": ("x = SHOP.take()", "shop.Shop"),
    "result of what a subclass overrides": (
        "class Sub(Shop):\n    def any(self): return 3\ndef f(y: Shop):\n    x = y.any()", ""),
    "annotated result of what a subclass overrides": (
        "class Sub(Shop):\n    def best(self) -> Item: return 3\ndef f(y: Shop):\n"
        "    x = y.best()", ITEM),
    "result of an object of its very class": (
        "class Sub(Shop):\n    def any(self): return 3\nx = Shop(Item('a')).any()", ITEM),
    "awaited": ("async def f():\n    x = await SHOP.fetch()", ITEM),
    "not awaited": ("x = SHOP.fetch()", ""),
    "item of a result": ("x = SHOP.stock()[0]", ITEM),
    "values of a result": ("for x, n in SHOP.pairs().values(): pass", ITEM),
    "result of a function": ("x = shop()", "shop.Shop"),
    "chain": ("x = shop().take().first", ITEM),
    "lazily made": ("x = lazily().first", ITEM),
    "global of another module": ("import shop as s\nx = s.SHOP.first", ITEM),
    "global filled later": ("import shop as s\nx = s.late", ITEM),
    "global that is rebound": ("import shop as s\nx = s.rebound", ""),
    "global that this file sets": ("import shop as s\ns.SHOP = 3\nx = s.SHOP", ""),
    "with": ("with shop() as x: pass", "shop.Shop"),
    "async with": ("async def f():\n    async with shop() as x: pass", ITEM),
    "context manager": (
        "@contextmanager\ndef opened() -> Iterator[Item]: yield 1\nwith opened() as x: pass", ITEM),
    "class parameter": ("def f(y: type[Item]):\n    x = y('a')", ITEM),
    "method of a class": (
        "class A:\n    @classmethod\n    def make(cls) -> Self: ...\nx = A.make()", "main.A"),
    "unknown decorator": ("@elsewhere.wrap\ndef g() -> Item: ...\nx = g()", ""),
    "annotation that is not kept to": ("def g() -> Item: return 3\nx = g()", ""),
    "typed dict": ("class D(TypedDict):\n    a: int\ndef f(x: D):", DICT),
    "what a typed dict holds": ("class D(TypedDict):\n    a: int\ndef f(y: D):\n    x = y['a']",
                                "builtins.int"),
    "enumeration": ("class E(Enum):\n    A = 1\nx = E.A", "main.E"),
    "table of constants": ("T = {'a': {'b': 1}}\nx = T['a']", PLAIN),
    "table that something is put into": ("T = {'a': {'b': 1}}\nT['z'] = Item('a')\nx = T['a']", ""),
    "empty table": ("T = {}\nx = T['a']", ""),
    "awaited item of plain data": ("async def f(y: dict):\n    x = await y.get('a')", ""),
    "attribute of a value without a name": ("def f(y: Item, z: Item):\n    x = (y or z).name", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TYPES.values(), ids=TYPES)
def test_types(tmp_path: Path, text: str, expected: str) -> None:
    indent = "    " if text.lstrip().startswith(("def f", "async def f")) or "\ndef f" in text \
        or "\nasync def f" in text else ""  # fmt: skip
    main = (
        "import elsewhere\nfrom contextlib import contextmanager\nfrom enum import Enum\n"
        "from shop import SHOP, Item, Maybe, Name, Shop, Stock, fill, lazily, shop\n"
        "from typing import *\n".replace("*", ", ".join((
            "Annotated", "Any", "Final", "Iterator", "Literal", "Optional", "Self", "TypedDict",
            "TypeVar")))
        + f"{text}\n{indent}x.get()\n"
    )  # fmt: skip
    assert kind(inferred(tmp_path, shop=SHOP, main=main), "x.get") == expected


ELSEWHERE = {
    "nobody": ("", ITEM),
    "to such an object": ("import shop\nshop.SHOP.second = shop.Item('q')", ITEM),
    "to something else": ("import shop\nshop.SHOP.second = shop.Shop(1)", ""),
    "to what is not known": ("import shop\nshop.SHOP.second = make()", ""),
    "through a parameter": ("def patch(s): s.second = make()", ""),
    "of a class that is unrelated": ("class C:\n    def f(self): self.second = make()", ITEM),
    "by a subclass": (
        "import shop\nclass C(shop.Shop):\n    def f(self): self.second = make()", ""),
    "by a computed name": (
        "import shop\ndef patch(s: shop.Shop, n): setattr(s, n, make())", ""),
    "by its name": ("import shop\nsetattr(shop.SHOP, 'second', make())", ""),
    "the whole object": ("import shop\nshop.SHOP = make()", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_fields_are_set_by_other_files(tmp_path: Path, text: str, expected: str) -> None:
    main = "from shop import SHOP\nSHOP.second.marker()\n"
    found = inferred(tmp_path, shop=SHOP, other=text, main=main)
    assert kind(found, "SHOP.second.marker") == expected


CYCLES = {
    "a field that follows itself": (
        "class N:\n    def __init__(self, up: 'N'):\n        self.at = Item('a')\n"
        "    def f(self): self.at = self.at.me()\n", "N(None).at", ""),
    "a field that answers with itself": (
        "class N:\n    def __init__(self):\n        self.here = M()\n"
        "    def f(self): self.here = self.here.child()\n"
        "class M:\n    def child(self): return self\n", "N().here", "main.M"),
    "a field whose method answers with another": (
        "class N:\n    def __init__(self):\n        self.here = M()\n"
        "    def f(self): self.here = self.here.child()\n"
        "class M:\n    def child(self): return K()\nclass K:\n    def child(self): return 1\n",
        "N().here", ""),
    "a name from itself": ("x = x", "x", ""),
    "two names from each other": ("y = z\nz = y", "y", ""),
    "a loop": ("n = Item('a')\nwhile n:\n    n = n", "n", ITEM),
    "a function that calls itself": (
        "def f(n):\n    if n: return f(n - 1)\n    return Item('a')\n", "f(1)", ITEM),
    "functions that call each other": (
        "def f(n):\n    return g(n)\ndef g(n):\n    if n: return f(n)\n    return Item('a')\n",
        "f(1)", ITEM),
    "functions that call each other and disagree": (
        "def f(n):\n    if n: return 3\n    return g(n)\n"
        "def g(n):\n    if n: return f(n)\n    return Item('a')\n", "f(1)", ""),
    "a function that only calls itself": ("def f(n): return f(n)\n", "f(1)", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "value", "expected"), CYCLES.values(), ids=CYCLES)
def test_types_that_depend_on_themselves(
    tmp_path: Path, text: str, value: str, expected: str
) -> None:
    main = f"from shop import Item\n{text}\nresult = {value}\nresult.marker()\n"
    assert kind(inferred(tmp_path, shop=SHOP, main=main), "result.marker") == expected


NOT_PLAIN = {
    "only read": ("y = c['a']['b']", PLAIN),
    "methods of plain data": ("c['a'].get('b').lower()", PLAIN),
    "another method of an item": ("c['a'].execute()", ""),
    "an attribute of an item": ("print(c['a'].name)", ""),
    "an attribute of an item is set": ("c['a'].items = 3", ""),
    "another method of what get answers": ("c.get('a').execute()", ""),
    "another method of a name": ("y = c['a']\n    y.execute()", ""),
    "another method of a value": ("for y in c.values():\n        y.execute()", ""),
    "another method of a nested item": ("y = c['a']['b']\n    y.execute()", ""),
    "an item is awaited": ("await c['a'].get('b')", ""),
    "an item is called and awaited": ("await c['a']('b')", ""),
    "an item is entered": ("async with c['a']: pass", ""),
    "another container": ("def g(c: dict): c['a'].execute()", PLAIN),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_the_code_shows_that_data_is_not_plain(tmp_path: Path, text: str, expected: str) -> None:
    body = f"    {text}\n    x = c['q']\n    x.get()\n"
    main = f"from typing import Any\nasync def f(c: dict[str, Any]):\n{body}"
    assert kind(inferred(tmp_path, main=main), "x.get") == expected


def test_the_code_shows_that_a_field_is_not_plain(tmp_path: Path) -> None:
    main = (
        "class A:\n    def __init__(self):\n        self.c: dict = {}\n        self.d: dict = {}\n"
        "    def f(self):\n        self.c['a'].execute()\n"
        "        x = self.c['b']\n        x.get()\n        z = self.d['b']\n        z.get()\n"
    )
    found = inferred(tmp_path, main=main)
    assert kind(found, "x.get") == ""
    assert kind(found, "z.get") == PLAIN


# -- super ---------------------------------------------------------------------------------------

SUPERS = {
    "init of the base": ("class B(A):\n    def __init__(self): super().__init__()", "A.__init__"),
    "method of the base": ("class B(A):\n    def load(self): super().load()", "A.load"),
    "of the nearest base": (
        "class M(A):\n    def load(self): return 2\n"
        "class B(M):\n    def load(self): super().load()", "M.load"),
    "init of object": ("class B:\n    def __init__(self): super().__init__()", "nothing"),
    "init of an exception": (
        "class B(ValueError):\n    def __init__(self, x): super().__init__(f'no {x}')", "nothing"),
    "init outside": (
        "class B(elsewhere.X):\n    def __init__(self): super().__init__()", UNKNOWN),
    "another method of an exception": (
        "class B(ValueError):\n    def load(self): super().add_note('x')", UNKNOWN),
    "something between in a class below": (
        "class B(A):\n    def load(self): super().load()\n"
        "class M(A):\n    def load(self): return 2\nclass C(B, M): pass", UNKNOWN),
    "something unknown between in a class below": (
        "class B(A):\n    def load(self): super().load()\nclass C(B, elsewhere.X): pass", UNKNOWN),
    "a plain class below": (
        "class B(A):\n    def load(self): super().load()\nclass C(B): pass", "A.load"),
    "with arguments": ("class B(A):\n    def load(self): super(A, self).load()", UNKNOWN),
    "in a function within": (
        "class B(A):\n    def load(self):\n        def f(x): super().load()", UNKNOWN),
    "class method": (
        "class B(A):\n    @classmethod\n    def make(cls): super().make()", "A.make"),
    "base that is patched": ("class B(A):\n    def load(self): super().load()\nA.load = print",
                             UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SUPERS.values(), ids=SUPERS)
def test_super(tmp_path: Path, text: str, expected: str) -> None:
    main = (
        "import elsewhere\nclass A:\n    def __init__(self): self.x = 1\n"
        f"    def load(self): return 1\n    @classmethod\n    def make(cls): return 1\n{text}\n"
    )
    found = inferred(tmp_path, main=main)
    callee = next(c.callee for c in found.module.calls.values() if c.callee.startswith("super")
                  and "." in c.callee)  # fmt: skip
    assert runs(found, callee) == expected


COMPARED = {
    "a key of text": ("d[k]", False),
    "a key that is such an object": ("d[m]", True),
    "a key of unknown type": ("d[u]", True),
    "a key that cannot be hashed": ("e[m]", False),
    "a key that may not be hashed": ("e[u]", False),
    "containers of numbers": ("d == d", False),
    "containers of such objects": ("e == e", True),
    "with what is not known": ("u == d", True),
    "a container of which nothing is said": ("w == w", True),
}  # fmt: skip


#: Where the class has no ``__hash__``, so that its objects are no keys.
UNHASHED = ("e[m]", "e[u]")


@pytest.mark.parametrize(("text", "runs_code"), COMPARED.values(), ids=COMPARED)
def test_whose_comparison_runs(tmp_path: Path, text: str, runs_code: bool) -> None:
    hashed = "" if text in UNHASHED else "    def __hash__(self): return 1\n"
    main = (
        f"class Money:\n    def __eq__(self, other): return print('eq')\n{hashed}"
        "def f(d: dict[str, int], e: dict[str, Money], k: str, m: Money, u):\n"
        f"    w = {{}}\n    w.update(u)\n    return {text}\n"
    )
    found = inferred(tmp_path, main=main)
    function = next(f for f in found.module.functions if f.name == "f")
    events = function.block.statements[-1].events
    assert any(own_code(found, event) for event in events) == runs_code
