"""Attribute accesses, operators and builtins that run code of a class of another file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from textwrap import indent

import pytest
from bodies import Case, rewritten

TABLE = tomllib.loads(
    (Path(__file__).parent / "data" / "special_methods.toml").read_text(encoding="utf-8")
)

MAIN = """\
import make
import use
from shop import Shop

async def main():
    return await go(make.make())

async def go(shop: Shop):
    await use.work(shop)
    y = await use.read()
    return y
"""
USE = """\
from shop import Shop
from world import state

async def work(shop: Shop):
    await hop("work")
{use}
async def read():
    await hop("read")
    return state["n"]
"""
PARTS = """\
from functools import cached_property
from world import state

class Desc:
    def __get__(self, owner, kind=None):
        state["n"] = 1
        return 1

    def __set__(self, owner, value):
        state["n"] = 1

"""
CLASS = """\
class Shop{bases}:
    m = 1

    def __init__(self):
        self.k = 1

    async def fetch(self):
        await hop("fetch")
        return self.k

{body}
"""
WHERE = {
    "own": {"shop": PARTS + CLASS.format(bases="", body="BODY"), "make": "from shop import Shop"},
    "inherited": {
        "shop": "from base import *\nimport base\n" + CLASS.format(bases="(base.Base)", body=""),
        "base": PARTS + "class Base:\n    pass\n\nBODY\n",
        "make": "from shop import Shop",
    },
    "of a subclass": {
        "shop": CLASS.format(bases="", body=""),
        "make": PARTS + "import shop\n\nclass Shop(shop.Shop):\n    pass\n\nBODY\n",
    },
}


def case(name: str, body: str, use: str, where: str) -> Case:
    files = {
        "main": MAIN,
        "use": USE.format(use=indent(use, "    ")),
        "world": "state = {'n': 0}\n",
    }
    for file, text in WHERE[where].items():
        files[file] = text.replace("BODY", indent(body, "    "))
    files["make"] += "\n\ndef make():\n    return Shop()\n"
    return Case("own_code", name, "refused", "", tuple((f"{n}.py", t) for n, t in files.items()))


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", TABLE)
def test_code_that_no_call_shows(name: str, where: str, tmp_path: Path) -> None:
    entry = TABLE[name]
    body = entry["body"].replace("STORE", 'state["n"] = 1')
    found = rewritten(case(name, body, entry["use"], where), tmp_path, unsafe=True)
    assert found.changed == ("open" in entry), found.notes


HARMLESS = {
    "attribute": ("", "x = shop.k"),
    "class attribute": ("", "x = shop.m"),
    "store": ("", "shop.k = 2"),
    "method": ("", "x = await shop.fetch()"),
    "static method": ("@staticmethod\ndef one():\n    return 1", "x = shop.one()"),
    "class method": ("@classmethod\ndef one(cls):\n    return 1", "x = shop.one()"),
    "truth": ("def __eq__(self, other):\n    return True", "if shop:\n    pass"),
    "text": ("def __len__(self):\n    return 1", 'x = f"{shop.k}"'),
    "iteration": ("def __len__(self):\n    return 1", "x = [shop, shop]"),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("name", HARMLESS)
def test_what_runs_no_code_of_a_class(name: str, where: str, tmp_path: Path) -> None:
    body, use = HARMLESS[name]
    found = rewritten(case(name, body, use, where), tmp_path, unsafe=True)
    assert "of the project" not in found.notes
