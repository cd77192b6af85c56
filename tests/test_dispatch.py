"""Which methods a call may run: that of the static class, overrides, implementations."""

from __future__ import annotations

from pathlib import Path

import pytest
from pexec.analyzer.effects.selector import Attr, Memory
from receivers import called, inferred

SHOP = """\
    from abc import ABC, abstractmethod
    from typing import Protocol

    class Shop:
        def load(self): return 1
        def save(self): return 2

    class Reader(Protocol):
        def read(self): ...
        def close(self): ...

    class Store(ABC):
        @abstractmethod
        def put(self): ...

    class Loose:
        @abstractmethod
        def put(self): ...
"""


def runs(folder: Path, main: str, **modules: str) -> str:
    """The functions that the last call of ``x.…`` in ``main`` may run, or why that is not known."""
    text = "from shop import Loose, Reader, Shop, Store\n" + main
    folder = folder / str(len(list(folder.iterdir())))  # what is known of a folder is kept
    folder.mkdir()
    found = inferred(folder, main=text, shop=SHOP, **modules)
    call = [c for c in found.module.calls.values() if c.callee.startswith("x.")][-1]
    targets = found.callees.targets(call)
    if not targets:
        return found.callees.reason(call) or "?"
    return ", ".join(sorted(t.function.qualname for t in targets if t.function))


SUB = "from shop import Shop\nclass Sub(Shop):\n    def load(self): return 3"
USE = "def f(x: Shop):\n    x.load()"


def test_no_subclass(tmp_path: Path) -> None:
    assert runs(tmp_path, USE) == "Shop.load"


def test_override_in_another_file(tmp_path: Path) -> None:
    assert runs(tmp_path, USE, sub=SUB) == "Shop.load, Sub.load"
    assert runs(tmp_path, USE.replace("load", "save"), sub=SUB) == "Shop.save"


def test_override_in_the_same_file(tmp_path: Path) -> None:
    main = "class Sub(Shop):\n    def load(self): return 3\n" + USE
    assert runs(tmp_path, main) == "Shop.load, Sub.load"


def test_exact_class(tmp_path: Path) -> None:
    main = "class Own:\n    def load(self): return 1\n"
    sub = "from main import Own\nclass Sub(Own):\n    def load(self): return 3"
    made = "def f():\n    x = Own()\n    x.load()"
    assert runs(tmp_path, main + made, sub=sub) == "Own.load"
    given = "def f(x: Own):\n    x = x or Own()\n    x.load()"
    assert runs(tmp_path, main + given, sub=sub) != "Own.load"
    itself = "    def again(x):\n        x.load()\n"
    assert runs(tmp_path, main + itself.replace("x.", "self.").replace("(x)", "(self)")
                + "def f(x: Own):\n    x.load()", sub=sub) == "Own.load, Sub.load"  # fmt: skip


def test_override_through_a_base_beside_it(tmp_path: Path) -> None:
    sub = "from shop import Shop\nclass Mixin:\n    def load(self): return 3\n"
    assert runs(tmp_path, USE, sub=sub + "class Sub(Mixin, Shop): ...") == "Mixin.load, Shop.load"
    assert runs(tmp_path, USE, sub=sub + "class Sub(Shop, Mixin): ...") == "Shop.load"


UNKNOWN = {
    "unknown base before it": "from shop import Shop\nimport lib\nclass Sub(lib.A, Shop): ...",
    "assigned in the body": "from shop import Shop\nclass Sub(Shop):\n    load = other",
    "unknown decorator": "from shop import Shop\nclass Sub(Shop):\n"
                         "    @lib.wrap\n    def load(self): ...",
    "unknown class decorator": "from shop import Shop\nimport lib\n@lib.wrap\nclass Sub(Shop):\n"
                               "    def load(self): ...",
    "metaclass": "from shop import Shop\nimport lib\nclass Sub(Shop, metaclass=lib.M):\n"
                 "    def load(self): ...",
    "made by type": "from shop import Shop\nSub = type('Sub', (Shop,), {})",
    "any base": "def make(base):\n    class Sub(base):\n        def load(self): ...",
    "intercepted": "from shop import Shop\nclass Sub(Shop):\n    def load(self): ...\n"
                   "    def __getattribute__(self, name): ...",
    "not parsed": "print 'x'\nclass Sub(Shop):\n    def load(self): ...",
}  # fmt: skip


@pytest.mark.parametrize("sub", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_override_that_is_not_known(sub: str, tmp_path: Path) -> None:
    assert "load" in runs(tmp_path, USE, sub=sub)
    assert runs(tmp_path, USE, sub=sub) != "Shop.load"
    assert "," not in runs(tmp_path, USE, sub=sub)


def test_more_overrides_than_are_followed(tmp_path: Path) -> None:
    many = "from shop import Shop\n" + "".join(
        f"class Sub{i}(Shop):\n    def load(self): return {i}\n" for i in range(13)
    )
    assert "more than" in runs(tmp_path, USE, sub=many)


def test_abstract_methods(tmp_path: Path) -> None:
    use = "def f(x: Store):\n    x.put()"
    assert "implements" in runs(tmp_path, use)
    sub = "from shop import Store, Loose\nclass A(Store):\n    def put(self): return 1\n"
    assert runs(tmp_path, use, sub=sub) == "A.put"
    # Without ABCMeta Python makes objects of it all the same.
    sub += "class B(Loose):\n    def put(self): return 1\n"
    assert runs(tmp_path, use.replace("Store", "Loose"), sub=sub) == "B.put, Loose.put"


READ = "def f(x: Reader):\n    x.read()"


def test_protocols(tmp_path: Path) -> None:
    assert "implements" in runs(tmp_path, READ)
    one = "class One:\n    def read(self): return 1\n    def close(self): ...\n"
    assert runs(tmp_path, READ, sub=one) == "One.read"
    half = "class Half:\n    def read(self): return 1\n"
    assert runs(tmp_path, READ, sub=one + half) == "One.read"
    whole = "class Whole(Half):\n    def close(self): ...\n"
    assert runs(tmp_path, READ, sub=one + half + whole) == "Half.read, One.read"
    named = "from shop import Reader\nclass Named(Reader):\n    def read(self): return 1\n"
    assert runs(tmp_path, READ, sub=one, more=named) == "Named.read, One.read"
    open_ended = "import lib\nclass Open(lib.Base):\n    def read(self): return 1\n"
    assert runs(tmp_path, READ, sub=open_ended) == "Open.read"


def test_patched_override(tmp_path: Path) -> None:
    patch = "import sub\nsub.Sub.load = other"
    assert "patch.py:2" in runs(tmp_path, USE, sub=SUB, patch=patch)


def test_effects_of_all_are_joined(tmp_path: Path) -> None:
    main = "async def f(x: Base):\n    await x.load()"
    shop = """\
        import asyncio
        class Base:
            async def load(self):
                await asyncio.sleep(1)
                return self.a
        class Sub(Base):
            async def load(self):
                self.b = 1
                return {}
    """
    found = inferred(tmp_path, main="from base import Base\n" + main, base=shop)
    facts = found.facts(called(found, "x.load"))
    assert not facts.everything
    slots = {
        (e.mode.value, step.name)
        for e in facts.effects
        if isinstance(e.resource.selector, Memory)
        for step in e.resource.selector.steps
        if isinstance(step, Attr)
    }
    assert slots >= {("write", "b"), ("read", "a")}
    assert not facts.pure
    assert facts.latency_ms == 0


LIBRARY = (
    "import httpx\nasync def f(client: httpx.AsyncClient):\n    await client.get('https://x.y')"
)
DISPLACED = {
    "subclass": "import httpx\nclass A(httpx.AsyncClient):\n    async def get(self, url): ...",
    "subclass with a base before it": "import httpx, lib\nclass A(lib.B, httpx.AsyncClient): ...",
    "subclass of a subclass": "from httpx import AsyncClient as C\nclass A(C): ...\n"
                              "class B(A):\n    get = other",
    "patched": "import httpx\nhttpx.AsyncClient.get = other",
    "patched by name": "from unittest.mock import patch\npatch('httpx.AsyncClient.get', other)",
    "patched on an object": "import httpx\nx = httpx.AsyncClient()\nx.get = other",
    "patched on any object": "def f(x):\n    x.get = other",
}  # fmt: skip
LEFT = {
    "nothing": "",
    "another class": "import httpx\nclass A(httpx.Client):\n    def get(self, url): ...",
    "another method": "import httpx\nclass A(httpx.AsyncClient):\n    async def got(self, u): ...",
    "another library": "import lib\nlib.Client.get = other",
    "a class of the project": "class A:\n    pass\nA.get = other",
}


@pytest.mark.parametrize("other", DISPLACED.values(), ids=DISPLACED.keys())
def test_methods_of_a_library_that_the_project_displaces(other: str, tmp_path: Path) -> None:
    found = inferred(tmp_path, main=LIBRARY, other=other)
    assert "get`" in found.facts(called(found, "client.get")).everything


@pytest.mark.parametrize("other", LEFT.values(), ids=LEFT.keys())
def test_methods_of_a_library_that_are_left_alone(other: str, tmp_path: Path) -> None:
    found = inferred(tmp_path, main=LIBRARY, other=other)
    assert found.facts(called(found, "client.get")).everything == ""


def test_functions_of_a_library(tmp_path: Path) -> None:
    main = "import json\ndef f(x: str):\n    return json.loads(x)"
    other = "import json\njson.loads = other"
    for text, word in ((other, "other.py:2"), (other.replace("loads =", "dumps ="), "")):
        folder = tmp_path / (word or "left")
        found = inferred(folder, main=main, other=text)
        assert word in (found.facts(called(found, "json.loads")).everything or "")
        assert bool(found.facts(called(found, "json.loads")).everything) == bool(word)


def test_an_object_of_a_library_that_is_made_in_sight(tmp_path: Path) -> None:
    main = "import httpx\nasync def f():\n    async with httpx.AsyncClient() as client:\n" \
        "        await client.get('https://x.y')"  # fmt: skip
    found = inferred(tmp_path, main=main, other=DISPLACED["subclass"])
    assert found.facts(called(found, "client.get")).everything == ""
