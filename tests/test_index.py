"""What the index says of the rest of a project: subclasses, and what stands for something else."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest
from pexec.analyzer import index as module
from pexec.analyzer.config import check
from pexec.analyzer.index import Index, index_of

CONFIG = check({}, "pexec.toml")
SHOP = """\
    from typing import Protocol

    class Base:
        def close(self): ...

    class Shop(Base):
        def fetch(self): ...
        def touch(self): ...

    class Unrelated:
        def fetch(self): ...

    def load(): ...
    def save(): ...
"""


def index(folder: Path, *, tests: bool = False, **files: str) -> Index:
    files = {"app__shop": SHOP, **files}
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent != folder and path.parent.name == "app":
            (path.parent / "__init__.py").touch()
        path.write_text(dedent(text), encoding="utf-8")
    return index_of([folder], CONFIG, tests=tests)


@pytest.fixture(autouse=True)
def _always_looks_for_changes(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore
    monkeypatch.setattr(module, "_QUICK", 60)


def names(found: Index, name: str) -> set[str]:
    return {cls.qualname for cls in found.subclasses(name)}


# -- subclasses ----------------------------------------------------------------------------------

SUBCLASSES = {
    "imported": "from app.shop import Shop\nclass Sub(Shop): ...",
    "of a module": "import app.shop\nclass Sub(app.shop.Shop): ...",
    "renamed module": "import app.shop as s\nclass Sub(s.Shop): ...",
    "relative": "from .shop import Shop\nclass Sub(Shop): ...",
    "renamed": "from app.shop import Shop as Parent\nclass Sub(Parent): ...",
    "renamed in small letters": "from app.shop import Shop as parent\nclass Sub(parent): ...",
    "assigned": "from app.shop import Shop\nParent = Shop\nclass Sub(Parent): ...",
    "generic": "from app.shop import Shop\nclass Sub(Shop[int]): ...",
    "beside others": "from app.shop import Shop\nclass Sub(dict, Shop, metaclass=M): ...",
    "over several lines": "from app.shop import Shop\nclass Sub(\n  dict,\n  Shop,\n):\n  ...",
    "with a comment": "from app.shop import Shop\nclass Sub(\n  dict,  # (\n  Shop,\n): ...",
    "continued": "from app.shop import Shop\nclass \\\n  Sub(Shop): ...",
    "in a function": "def f():\n    from app.shop import Shop\n    class Sub(Shop): ...",
    "on a condition": "try:\n    from fast import Shop\nexcept ImportError:\n"
                      "    from app.shop import Shop\nclass Sub(Shop): ...",
    "star import": "from app.shop import *\nclass Sub(Shop): ...",
    "of a type parameter": "from app.shop import Shop\nclass Sub[T: (int, str)](Shop): ...",
    "made by a library": "from app.shop import Shop\nclass Sub(with_metaclass(M, Shop)): ...",
    "tabs": "from app.shop import Shop\nif True:\n\tclass\tSub\t(Shop): ...",
    "carriage returns": "from app.shop import Shop\rclass Sub(Shop): ...\r",
}  # fmt: skip


@pytest.mark.parametrize("text", SUBCLASSES.values(), ids=SUBCLASSES.keys())
def test_subclasses(text: str, tmp_path: Path) -> None:
    found = index(tmp_path, app__sub=text)
    kinds = {name.rpartition(".")[2] for name in names(found, "app.shop.Shop")}
    # What this Python cannot parse counts as well.
    assert kinds & {"Sub", "<unread>"}
    assert not names(found, "app.shop.Unrelated") - {"<unread>"}


def test_subclasses_of_subclasses(tmp_path: Path) -> None:
    found = index(
        tmp_path,
        app__one="from .shop import Shop\nclass One(Shop): ...",
        app__two="from app import one\nclass Two(one.One):\n    def fetch(self): ...",
    )
    assert names(found, "app.shop.Base") == {"Shop", "One", "Two"}
    assert [c.qualname for c in found.overriding("app.shop.Shop", "fetch")] == ["Two"]
    assert not found.overriding("app.shop.Shop", "touch")


def test_another_class_of_that_name(tmp_path: Path) -> None:
    found = index(
        tmp_path,
        app__other="class Shop: ...",
        app__sub="from app.other import Shop\nclass Sub(Shop):\n    def fetch(self): ...",
        sub="from library import Shop\nclass Sub(Shop):\n    def fetch(self): ...",
    )
    assert not names(found, "app.shop.Shop")
    assert names(found, "app.other.Shop") == {"Sub"}
    assert names(found, "library.Shop") == {"Sub"}


def test_re_exported(tmp_path: Path) -> None:
    found = index(
        tmp_path,
        api="from app.shop import Shop as Parent",
        sub="from api import Parent\nclass Sub(Parent): ...",
    )
    assert names(found, "app.shop.Shop") == {"Sub"}


def test_a_folder_that_is_no_package_may_be_looked_up_in(tmp_path: Path) -> None:
    found = index(
        tmp_path,
        backend__shop="class Shop:\n    def fetch(self): ...",
        backend__sub="from shop import Shop\nclass Sub(Shop): ...",
        app__sub="from shop import Shop\nclass Other(Shop): ...",
    )
    assert names(found, "backend.shop.Shop") == {"Sub", "Other"}
    assert names(found, "shop.Shop") == {"Sub", "Other"}
    assert not names(found, "app.shop.Shop")  # nobody imports it as `shop`


LOOSE = {
    "parameter": "def make(base):\n    class Sub(base):\n        def fetch(self): ...",
    "parameter in capitals": "def make(Base):\n    class Sub(Base):\n        def fetch(self): ...",
    "made by the project": "def made(): ...\nclass Sub(made()):\n    def fetch(self): ...",
    "spread": "bases = ()\nclass Sub(*bases):\n    def fetch(self): ...",
    "made by type": "from app.shop import Shop\nSub = type('Sub', (Shop,), {'fetch': 1})",
    "made by type of anything": "import app.shop\nSub = type('Sub', bases(app.shop.Shop), body)",
}


@pytest.mark.parametrize("text", LOOSE.values(), ids=LOOSE.keys())
def test_bases_that_are_not_known(text: str, tmp_path: Path) -> None:
    found = index(tmp_path, app__sub=text)
    assert found.overriding("app.shop.Shop", "fetch")


# -- what stands for something else --------------------------------------------------------------

FUNCTIONS = {
    "assigned": "import app.shop\napp.shop.load = other",
    "renamed module": "from app import shop as s\ns.load = other",
    "annotated": "from app import shop\nshop.load: object = other",
    "in a tuple": "from app import shop\n(shop.load, x) = other, 1",
    "as a loop's target": "from app import shop\nfor shop.load in others: ...",
    "as a manager": "from app import shop\nwith f() as shop.load: ...",
    "deleted": "from app import shop\ndel shop.load",
    "added to": "from app import shop\nshop.load += 1",
    "setattr": "from app import shop\nsetattr(shop, 'load', other)",
    "delattr": "from app import shop\ndelattr(shop, 'load')",
    "setattr of a computed name": "from app import shop\nsetattr(shop, name, other)",
    "setattr in a loop": "from app import shop\nfor n in ('a', 'load'):\n    setattr(shop, n, f)",
    "setattr in a loop over a list": "from app import shop\nNAMES = ['load']\n"
                                     "for n in NAMES:\n    setattr(shop, n, f)",
    "setattr in a loop over a list that grows": "from app import shop\nNAMES = ['save']\n"
                                                "NAMES.append(x)\nfor n in NAMES:\n"
                                                "    setattr(shop, n, f)",
    "setattr in a loop over pairs": "from app import shop\nfor n, v in [('load', 1)]:\n"
                                    "    setattr(shop, n, v)",
    "setattr in a loop over what is handed in": "from app import shop\ndef f(names):\n"
                                                "    for n in names:\n        setattr(shop, n, f)",
    "setattr of a loop's name that is bound again": "from app import shop\nfor n in ['save']:\n"
                                                    "    n = x\n    setattr(shop, n, f)",
    "setattr of a constant": "from app import shop\nNAME = 'load'\nsetattr(shop, NAME, other)",
    "through a name": "from app import shop\nhere = shop\nhere.load = other",
    "in a function": "def f():\n    from app import shop\n    shop.load = other",
    "dict": "from app import shop\nshop.__dict__['load'] = other",
    "dict with a computed key": "from app import shop\nshop.__dict__[key] = other",
    "dict updated": "from app import shop\nshop.__dict__.update(load=other)",
    "vars": "from app import shop\nvars(shop)['load'] = other",
    "sys.modules": "import sys\nsys.modules['app.shop'].load = other",
    "another module": "import sys\nsys.modules['app.shop'] = other",
    "import_module": "from importlib import import_module\nimport_module('app.shop').load = other",
    "import_module of a name": "m = import_module('app.' + x + 'shop')\nm.load = other",
    "a module that is handed over": "def f(m):\n    m.load = other\nimport app.shop\nf(app.shop)",
    "mock.patch": "from unittest import mock\nwith mock.patch('app.shop.load'): ...",
    "patch decorator": "from unittest.mock import patch\n@patch('app.shop.load')\ndef f(): ...",
    "patch.object": "from unittest.mock import patch\nimport app.shop\n"
                    "patch.object(app.shop, 'load')",
    "patch.multiple": "from unittest.mock import patch\npatch.multiple('app.shop', load=other)",
    "monkeypatch": "def f(monkeypatch):\n    monkeypatch.setattr('app.shop.load', other)",
    "monkeypatch of a module": "from app import shop\ndef f(monkeypatch):\n"
                               "    monkeypatch.setattr(shop, 'load', other)",
    "in the module that imported it": "import user\nuser.load = other",
    "the code": "x = 1\nfrom app.shop import load\nload.__code__ = other.__code__",
}  # fmt: skip


@pytest.mark.parametrize("text", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_function_may_be_replaced(text: str, tmp_path: Path) -> None:
    found = index(tmp_path, patches=text, user="from app.shop import load")
    assert found.function_replaced("app.shop", "load").startswith("patches.py:")


LEFT_ALONE = {
    "another module": "import other\nother.load = 1",
    "another name": "from app import shop\nshop.loads = other",
    "an object of a library": "import library\nx = library.Client()\nx.load = other",
    "read": "from app import shop\nx = shop.load\nf(shop.load, y)",
    "compared": "from app import shop\nx = shop.load == other",
    "a name of one's own": "load = other\ndef f():\n    load = 1",
    "another object's names": "def f(self, name):\n    setattr(self, name, 1)",
    "keyword": "f(load=other)",
    "setattr in a loop": "from app import shop\nfor n in ['a', 'b']:\n    setattr(shop, n, f)",
    "setattr in a loop over pairs": "from app import shop\nPAIRS = [('save', 'x'), ('size', 'y')]\n"
    "for n, v in PAIRS:\n    setattr(shop, n, v)",
    "lazy exports": "def __getattr__(name):\n    globals()[name] = 1\n    return 1",
}


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_a_function_is_left_alone(text: str, tmp_path: Path) -> None:
    found = index(tmp_path, patches=text)
    assert found.function_replaced("app.shop", "load") == ""


def test_names_of_the_own_module(tmp_path: Path) -> None:
    text = SHOP + "    globals()['load'] = save\n"
    found = index(tmp_path, app__shop=text)
    assert found.function_replaced("app.shop", "load") == "app/shop.py:15"
    assert found.function_replaced("app.shop", "save") == ""


METHODS = {
    "of the class": "from app.shop import Shop\nShop.fetch = other",
    "of its base": "from app import shop\nshop.Base.fetch = other",
    "of a subclass": "from app.shop import Shop\nclass Sub(Shop): ...\nSub.fetch = other",
    "of an object": "from app.shop import Shop\nx = Shop()\nx.fetch = other",
    "of an annotated object": "from app.shop import Shop\ndef f(x: Shop | None):\n    x.fetch = y",
    "of an object in quotes": "from app.shop import Shop\ndef f(x: 'Shop'):\n    x.fetch = y",
    "of any object": "def f(x):\n    x.fetch = other",
    "of an attribute": "class A:\n    def f(self):\n        self.shop.fetch = other",
    "of the object itself": "from app.shop import Shop\nclass Sub(Shop):\n"
                            "    def f(self):\n        self.fetch = other",
    "of a class beside it": "from app.shop import Shop\nclass Mixin:\n    def f(me):\n"
                            "        me.fetch = x\nclass Sub(Mixin, Shop): ...",
    "computed on the object itself": "from app.shop import Shop\nclass Sub(Shop):\n"
                                     "    def f(self, **k):\n        self.__dict__.update(k)",
    "computed on the class": "from app.shop import Shop\nfor n in dir(Shop):\n"
                             "    setattr(Shop, n, other)",
    "computed on an object": "import app.shop\ndef f(x, n):\n    setattr(x, n, app.shop.Shop)",
    "another class for it": "from app.shop import Shop\ndef f(x):\n    x.__class__ = other(Shop)",
    "other bases": "from app.shop import Shop\nShop.__bases__ = (A,)",
    "patch.object": "from unittest.mock import patch\nfrom app.shop import Shop\n"
                    "patch.object(Shop, 'fetch', other)",
    "patched by its name": "from unittest.mock import patch\npatch('app.shop.Shop.fetch', other)",
    "of a copy": "import copy\ndef f(x):\n    y = copy.copy(x)\n    y.fetch = other",
    "a loop's target": "from app.shop import Shop\nfor Shop.fetch in others: ...",
    "object.__setattr__": "def f(x):\n    object.__setattr__(x, 'fetch', other)",
    "type.__setattr__": "from app.shop import Shop\ntype.__setattr__(Shop, 'fetch', other)",
}  # fmt: skip


@pytest.mark.parametrize("text", METHODS.values(), ids=METHODS.keys())
def test_a_method_may_be_replaced(text: str, tmp_path: Path) -> None:
    found = index(tmp_path, patches=text)
    assert found.method_replaced("app.shop.Shop", "fetch").startswith("patches.py:")


STILL = {
    "another class": "from app.shop import Unrelated\nUnrelated.fetch = other",
    "an object of another class": "from app.shop import Unrelated\nx = Unrelated()\nx.fetch = y",
    "itself in another class": "class A:\n    def f(self):\n        self.fetch = other",
    "another attribute": "from app.shop import Shop\nShop.fetched = other",
    "a value that cannot be called": "def f(x):\n    x.fetch = True",
    "computed in another class": "class A:\n    def f(self, n):\n        setattr(self, n, 1)",
    "passed on": "from app.shop import Shop\nclass Sub(Shop):\n    def __setattr__(self, n, v):\n"
                 "        super().__setattr__(n, v)\n        self.__dict__[n] = v",
    "a module": "from app import other\nother.fetch = x",
}  # fmt: skip


@pytest.mark.parametrize("text", STILL.values(), ids=STILL.keys())
def test_a_method_is_left_alone(text: str, tmp_path: Path) -> None:
    found = index(tmp_path, patches=text, app__other="")
    assert found.method_replaced("app.shop.Shop", "fetch") == ""


# -- files ---------------------------------------------------------------------------------------


def test_files_of_tests_are_left_out_unless_a_test_is_looked_at(tmp_path: Path) -> None:
    text = (
        "from app import shop\nshop.load = other\nclass Fake(shop.Shop):\n    def fetch(self): ..."
    )
    files = {"tests__test_it": text, "app__test_more": text, "conftest": text}
    found = index(tmp_path, **files)
    assert found.function_replaced("app.shop", "load") == ""
    assert not found.overriding("app.shop.Shop", "fetch")
    found = index(tmp_path, tests=True, **files)
    assert found.function_replaced("app.shop", "load")
    assert len(found.overriding("app.shop.Shop", "fetch")) == 3


def test_a_file_that_cannot_be_parsed_may_do_anything_to_what_it_speaks_of(tmp_path: Path) -> None:
    found = index(tmp_path, old="print 'x'\nshop.load = 1\nclass Sub(Shop): pass\nX.fetch = 2")
    assert found.function_replaced("app.shop", "load") == "old.py:1"
    assert found.function_replaced("app.shop", "save") == ""
    assert found.method_replaced("app.shop.Shop", "fetch") == "old.py:1"
    assert found.overriding("app.shop.Shop", "fetch")
    assert not found.overriding("app.shop.Unrelated", "fetch")


def test_a_file_that_changes(tmp_path: Path) -> None:
    assert index(tmp_path, patches="").function_replaced("app.shop", "load") == ""
    found = index(tmp_path, patches="from app import shop\nshop.load = other")
    assert found.function_replaced("app.shop", "load") == "patches.py:2"
    assert index_of([tmp_path], CONFIG, tests=False) is found
    (tmp_path / "patches.py").unlink()
    os.utime(tmp_path)
    assert index(tmp_path).function_replaced("app.shop", "load") == ""


def test_a_text_that_is_not_saved(tmp_path: Path) -> None:
    found = index(tmp_path, patches="")
    text = "from app import shop\nshop.load = other"
    assert found.with_text("", "patches", package=False) is found
    assert found.with_text(text, "patches", package=False).function_replaced("app.shop", "load")


def test_folders_that_are_left_out(tmp_path: Path) -> None:
    text = "from app import shop\nshop.load = other"
    found = index(tmp_path, node_modules__x=text, venv__lib__x=text)
    assert found.function_replaced("app.shop", "load")  # any folder may be called `venv`
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    os.utime(tmp_path / "venv")
    assert index(tmp_path).function_replaced("app.shop", "load") == ""


def test_a_name_that_grows_with_every_step_ends(tmp_path: Path) -> None:
    """Each look at `a.b` leads to a longer name: `a.b.b`, `a.b.b.b`, …"""
    found = index(tmp_path, a="from a.b import b\n")
    assert {f.kind for f in found.resolve("a.b.c")} == {""}
