"""What type a value has: from what is written, assigned, annotated and put in."""

from __future__ import annotations

from pathlib import Path

import pytest
from receivers import inferred, kind

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
    "item of a slice": ("def f(y: list[Item]):\n    x = y[1:][0]", ITEM),
    "attribute of a slice": ("def f(y: list[Item]):\n    x = y[1:].size", ""),
    "item of a dict that is displayed": ("def f(y: Item):\n    x = {'a': y}['a']", ITEM),
    "item of a choice": ("def f(y: list[Item], z: list[Item]):\n    x = (y or z)[0]", ITEM),
    "sorted": ("def f(y: list[Item]):\n    for x in sorted(y): pass", ITEM),
    "enumerate": ("def f(y: list[Item]):\n    for i, x in enumerate(y): pass", ITEM),
    "zip": ("def f(y: list[Item], z: list[int]):\n    for x, i in zip(y, z): pass", ITEM),
    "next": ("def f(y: list[Item]):\n    x = next((i for i in y if i.name), None)", ITEM),
    "min": ("def f(y: list[Item]):\n    x = min(y, key=len)", ITEM),
    "tuple": ("def f(y: tuple[Item, int]):\n    x = y[0]", ITEM),
    "tuple unpacked": ("def f(y: tuple[int, Item]):\n    n, x = y", ITEM),
    "tuple of one type": ("def f(y: tuple[Item, ...]):\n    x = y[3]", ITEM),
    "comprehension": ("def f(y: list[Item]):\n    x = [i for i in y if i.name][0]", ITEM),
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
        "@contextmanager\ndef g() -> Iterator[Item]: yield Item('a')\nwith g() as x: pass", ITEM),
    "context manager that yields something else": (
        "@contextmanager\ndef opened() -> Iterator[Item]: yield 1\nwith opened() as x: pass", ""),
    "context manager without an annotation": (
        "@contextmanager\ndef opened():\n    yield Item('a')\nwith opened() as x: pass", ITEM),
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
