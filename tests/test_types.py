"""Typed code stays typed: what a checker accepted before it accepts after the rewrite."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pexec.analyzer.config import check
from pexec.analyzer.engine import Analyzed, analyze_bytes
from pexec.codemods import helper
from pexec.codemods.rewrite import rewrite

SHOP = """\
from dataclasses import dataclass


@dataclass
class User:
    id: int
    name: str


async def get_user(user_id: int) -> User:
    return User(user_id, "Ada")


async def get_orders(user_id: int) -> list[int]:
    return [user_id]


async def get_rates(base: str) -> dict[str, float]:
    return {base: 1.0}
"""
PROGRAM = """\
from shop import User, get_orders, get_rates, get_user


class Page:
    def __init__(self, user_id: int) -> None:
        self.user_id = user_id

    async def load(self, base: str) -> tuple[User, list[int], float]:
        user = await get_user(user_id=self.user_id)
        orders = await get_orders(user_id=self.user_id)
        rates = await get_rates(base=base)
        return user, [order + 1 for order in orders], rates[base]


async def last(user_id: int) -> list[int]:
    user: User = await get_user(user_id=user_id)
    print(user.name)
    return await get_orders(user_id=user_id)


async def within(user_id: int) -> str:
    name = (await get_user(user_id=user_id)).name
    count = len(await get_orders(user_id=user_id))
    return name * count
"""
TOOLS = [
    {"match": f"shop.{name}", "reads": [f"{name}:*"], "returns": "fresh"}
    for name in ("get_user", "get_orders", "get_rates")
]
FORMS = {
    "ordered": {},
    "plain": {"failures": "first"},
    "taskgroup": {"style": "taskgroup"},
    "helper": {"helper": "in_order.gather_in_order"},
}


def checked(folder: Path, *command: str) -> None:
    found = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("form", FORMS)
def test_typed_code_stays_typed(form: str, tmp_path: Path) -> None:
    config = check({"tools": TOOLS, **FORMS[form]}, "test")
    result = analyze_bytes(PROGRAM.encode(), "page.py", config, rewrite, root=tmp_path)
    assert isinstance(result, Analyzed)
    assert result.fixed is not None
    assert len(result.findings) == 3
    assert form in {finding.form for finding in result.findings}
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "page.py").write_text(result.fixed)
    (tmp_path / "in_order.py").write_text(Path(helper.__file__).read_text())
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checked(tmp_path, "mypy", "--strict", "--no-error-summary", "--cache-dir", "none", ".")
    checked(tmp_path, "pyright")


@pytest.mark.parametrize("waiting", [False, True], ids=["blocking", "awaited"])
def test_typed_code_stays_typed_in_threads(waiting: bool, tmp_path: Path) -> None:
    shop = SHOP.replace("async def", "def") + "\n\nasync def ready() -> None: ...\n"
    text = PROGRAM.replace("await ", "")
    if waiting:
        text = text.replace("import User", "import User, ready")
        # what may run anything must not come after a pause that was not there
        text = text.replace("[order + 1 for order in orders]", "orders")
        text = re.sub(r"(\n *)(async def .*:)", r"\1\2\1    await ready()", text)
    else:
        text = text.replace("async def", "def")
    tools = [{**tool, "threads": "safe"} for tool in TOOLS]
    result = analyze_bytes(text.encode(), "page.py", check({"tools": tools}, "test"), rewrite)
    assert isinstance(result, Analyzed)
    assert result.fixed is not None
    assert [finding.form for finding in result.findings] == ["threads"] * 3
    assert ("wrap_future" in result.fixed) == waiting
    (tmp_path / "shop.py").write_text(shop)
    (tmp_path / "page.py").write_text(result.fixed)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checked(tmp_path, "mypy", "--strict", "--no-error-summary", "--cache-dir", "none", ".")
    checked(tmp_path, "pyright")


TURNS = """\
from shop import User, get_orders, get_user


def users(ids: list[int]) -> dict[int, User]:
    found: dict[int, User] = {}
    for number, user_id in enumerate(ids):
        user = get_user(user_id=user_id)
        print(number, user.name)
        found[user_id] = user
    return found


def orders(ids: list[int]) -> list[list[int]]:
    every: list[list[int]] = []
    for user_id in ids:
        every.append(get_orders(user_id=user_id))
    return every


def names(ids: list[int]) -> list[str]:
    return [get_user(user_id=user_id).name for user_id in ids]
"""


def test_typed_loops_stay_typed_in_threads(tmp_path: Path) -> None:
    tools = [{**tool, "threads": "safe"} for tool in TOOLS]
    config = check({"tools": tools, "target-version": "py311"}, "test")
    result = analyze_bytes(TURNS.encode(), "page.py", config, rewrite)
    assert isinstance(result, Analyzed)
    assert result.fixed is not None
    assert [finding.form for finding in result.findings] == ["threads"] * 3
    (tmp_path / "shop.py").write_text(SHOP.replace("async def", "def"))
    (tmp_path / "page.py").write_text(result.fixed)
    # A target stays with its loop, and in the list of calls, also where it is looked at no more.
    strict = '{"typeCheckingMode": "strict", "reportUnusedVariable": false}'
    (tmp_path / "pyrightconfig.json").write_text(strict)
    checked(tmp_path, "mypy", "--strict", "--no-error-summary", "--cache-dir", "none", ".")
    checked(tmp_path, "pyright")
