"""The vocabularies against source: the standard library's, and some small distributions' newest
releases. ``make check-vocabularies`` looks at all of them, and at the oldest releases too."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from packaging.version import Version
from vocabularies.check import Outcome, Part, Release, check, releases_of
from vocabularies.entries import CATALOG, Vocabulary, vocabularies, vocabulary
from vocabularies.releases import Unreachable
from vocabularies.signatures import Signature, misfit
from vocabularies.source import World
from vocabularies.trail import Found, Lost, follow

from benchmarks.corpus import default_cache

ALL = {v.file.removesuffix(".toml"): v for v in vocabularies()}
OWN = sorted(name for name, v in ALL.items() if not v.distribution and not v.also)
SMALL = (  # a few megabytes in all
    "aiofiles", "anthropic", "anyio", "anyio-files", "asyncpg", "httpx", "mcp", "redis", "requests",
)  # fmt: skip
HEAD = {"name", "distribution", "versions", "checked", "also", "releases"}

Write = Callable[[dict[str, str]], World]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Makes a distribution of these files."""

    def make(files: dict[str, str]) -> World:
        for name, text in files.items():
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return World((tmp_path / "root",))

    return make


def problems(outcome: Outcome) -> list[str]:
    return [str(problem) for problem in outcome.problems]


def release(world: World, version: str = "1.0") -> Release:
    return Release((Part("demo", Version(version), world.roots),), world)


def written(folder: Path, text: str) -> Vocabulary:
    path = folder / "demo.toml"
    path.write_text('[vocabulary]\nname = "demo"\ndistribution = "demo"\n' + text, "utf-8")
    return vocabulary(path)


# ---- the vocabularies that ship


@pytest.mark.parametrize("path", sorted(CATALOG.glob("*.toml")), ids=lambda p: p.stem)
def test_the_head_and_the_decorators_have_no_other_keys(path: Path) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    head = data.get("vocabulary", {})
    assert set(head) <= HEAD
    assert bool(head.get("versions")) or path.stem == "latency-defaults"
    for row in data.get("decorators", ()):
        assert set(row) <= {"match", "effect", "source", "releases"}
    vocabulary(path)  # versions, requirements and releases can be read


@pytest.mark.parametrize("name", OWN)
def test_every_name_of_the_standard_library_exists(name: str, tmp_path: Path) -> None:
    assert not problems(check(ALL[name], releases_of(ALL[name], tmp_path)))


@pytest.fixture(scope="session")
def said() -> set[str]:
    """What has been printed already."""
    return set()


@pytest.mark.parametrize("name", SMALL)
def test_every_name_is_in_the_newest_release(
    name: str, said: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        releases = releases_of(ALL[name], default_cache(), newest=True)
    except Unreachable as error:
        if os.environ.get("CI"):
            raise
        if not said:
            said.add(name)
            with capsys.disabled():
                print(f"\nvocabularies are not held against releases: {error.message}")
        pytest.skip(error.message)
    assert not problems(check(ALL[name], releases))


# ---- trails

TRAILS: dict[str, tuple[dict[str, str], str]] = {
    "a function of a module": ({"a/b.py": "def f(): ..."}, "a.b.f"),
    "imported under another name": (
        {"a/__init__.py": "from .b import f as g", "a/b.py": "def f(): ..."},
        "a.g",
    ),
    "by a star": ({"a/__init__.py": "from .b import *", "a/b.py": "def f(): ..."}, "a.f"),
    "by a star with __all__": (
        {"a/__init__.py": "from .b import *", "a/b.py": "__all__ = ['_f']\ndef _f(): ..."},
        "a._f",
    ),
    "for type checkers": (
        {
            "a/__init__.py": "if TYPE_CHECKING:\n    from .b import f\nelse:\n    import z",
            "a/b.py": "def f(): ...",
        },
        "a.f",
    ),
    "in a handler": (
        {"a.py": "try:\n    from z import f\nexcept ImportError:\n    def f(): ..."},
        "a.f",
    ),
    "assigned": ({"a.py": "class A:\n    def m(self): ...\nB = A"}, "a.B.m"),
    "inherited": (
        {"a.py": "from b import B\nclass A(B[int]): ...", "b.py": "class B:\n    def m(self): ..."},
        "a.A.m",
    ),
    "by a property": (
        {
            "a.py": "class C:\n    async def create(self): ...\n"
            "class A:\n    @cached_property\n    def chat(self) -> 'C | None': ..."
        },
        "a.A.chat.create",
    ),
    "by a property without annotation": (
        {
            "a/__init__.py": "class A:\n    @property\n    def c(self):\n"
            "        from .b import C\n        return C(self)",
            "a/b.py": "class C:\n    def m(self): ...",
        },
        "a.A.c.m",
    ),
    "by an annotation of the module's name": (
        {
            "a/__init__.py": "from . import chat\nclass A:\n    chat: chat.Chat",
            "a/chat.py": "class Chat:\n    def m(self): ...",
        },
        "a.A.chat.m",
    ),
    "set in the constructor": (
        {
            "a.py": "class C:\n    def m(self): ...\n"
            "class A:\n    def __init__(self):\n        self.c = C()"
        },
        "a.A.c.m",
    ),
    "an object of a module": ({"a.py": "class A:\n    def m(self): ...\nit = A()"}, "a.it.m"),
    "lazily, by a table": (
        {
            "a/__init__.py": "_T = {'F': '.b'}\ndef __getattr__(name): ...",
            "a/b.py": "class F:\n    def m(self): ...",
        },
        "a.F.m",
    ),
    "lazily, by a table of lists": (
        {
            "a/__init__.py": "_T = {'b': ['F']}\n__getattr__ = attach(_T)",
            "a/b.py": "class F:\n    def m(self): ...",
        },
        "a.F.m",
    ),
    "lazily, by an import": (
        {
            "a/__init__.py": "def __getattr__(name):\n    if name == 'f':\n"
            "        from .b import f\n        return f",
            "a/b.py": "def f(): ...",
        },
        "a.f",
    ),
    "by a stub": ({"a.py": "", "a.pyi": "def f() -> None: ..."}, "a.f"),
    "by a bound": (
        {
            "a.py": "class C:\n    def m(self): ...\nT = TypeVar('T', bound=C)\n"
            "class A(Generic[T]):\n    c: T"
        },
        "a.A.c.m",
    ),
    "a result": ({"a.py": "class C:\n    def m(self): ...\ndef f() -> C: ..."}, "a.f().m"),
    "a dictionary with types": (
        {"a.py": "from typing_extensions import TypedDict\nclass A(TypedDict):\n    x: int"},
        "a.A.get",
    ),
    "a dictionary with types, by a call": (
        {"a.py": "from typing import TypedDict\nA = TypedDict('A', {'x': int})"},
        "a.A.get",
    ),
    "one of several types of a result": (
        {"a.py": "class C:\n    def m(self): ...\ndef f() -> C: ..."},
        "a.f(select).m",
    ),
    "a twin of `typing`": (
        {"a.py": "from typing import Mapping\nclass A(Mapping[str, int]): ..."},
        "a.A.get",
    ),
    "what entering gives": (
        {
            "a.py": "class C:\n    def m(self): ...\n"
            "@asynccontextmanager\nasync def f() -> AsyncIterator[C]: ..."
        },
        "a.f().response.m",
    ),
    "patched on": ({"a.py": "def patch(): ...\ndef f(): ...\npatch.object = f"}, "a.patch.object"),
    "modules in circles": (
        {"a.py": "from b import *\nfrom b import f", "b.py": "from a import *\ndef f(): ..."},
        "a.f",
    ),
    "made in C": ({}, "math.sin"),
}


@pytest.mark.parametrize("kind", TRAILS)
def test_a_trail_is_followed_and_a_wrong_name_ends_it(kind: str, write: Write) -> None:
    files, name = TRAILS[kind]
    world = write(files)
    found = follow(world, name)
    assert isinstance(found, Found), found
    assert found.seen
    lost = follow(world, f"{name}x")
    assert isinstance(lost, Lost)
    assert lost.nearest == name.rpartition(".")[2]


def test_a_name_handed_to_a_decorator_exists_and_no_more_is_known(write: Write) -> None:
    world = write({"a.py": "@delegate('read', 'write')\nclass A: ..."})
    found = follow(world, "a.A.read")
    assert isinstance(found, Found)
    assert found.why
    assert isinstance(follow(world, "a.A.red"), Lost)


def test_what_type_checkers_are_kept_from_does_not_answer_for_every_name(write: Write) -> None:
    body = "    def __getattr__(self, name): ..."
    world = write({
        "a.py": f"class A:\n{body}",
        "b.py": f"class B:\n  if not TYPE_CHECKING:\n{body}",
    })  # fmt: skip
    assert isinstance(follow(world, "a.A.anything"), Found)
    assert isinstance(follow(world, "b.B.anything"), Lost)


def test_a_twin_that_cannot_be_looked_into_does_not_hide_a_renamed_method(write: Write) -> None:
    world = write({"a.py": "try:\n    from z import A\nexcept ImportError:\n    class A: ..."})
    assert isinstance(follow(world, "a.A.m"), Lost)


# ---- what is said of an entry

LIBRARY = """
class Client:
    async def fetch(self, url, *, timeout=None): ...
    def close(self): ...
"""
ENTRY = """
[[calls]]
match = ["demo.Client.fetch"]
params = ["url", "timeout"]
async = true
pure = true
"""


def test_an_entry_that_fits_has_no_problem(write: Write, tmp_path: Path) -> None:
    world = write({"demo.py": LIBRARY})
    assert not problems(check(written(tmp_path, ENTRY), [release(world)]))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fetch", "fetch_url", "nothing called 'fetch' in demo.Client; nearest: fetch_url"),
        ("timeout", "deadline", "no such parameter, and none in its place: 'timeout'"),
        ("url", "address", "no parameter 'url'; in its place stands 'address'"),
        ("url,", "base, url,", "parameter 'url' is number 2, not 1"),
        ("async def", "def", "the entry has async = true, but a call of it is not awaited"),
    ],
)
def test_what_has_changed_is_said(
    old: str, new: str, message: str, write: Write, tmp_path: Path
) -> None:
    world = write({"demo.py": LIBRARY.replace(old, new, 1)})
    start = "demo.toml: calls #1: demo.Client.fetch: in demo 1.0: "
    assert problems(check(written(tmp_path, ENTRY), [release(world)])) == [start + message]


def test_a_call_that_is_awaited_says_so(write: Write, tmp_path: Path) -> None:
    world = write({"demo.py": LIBRARY})
    entry = ENTRY.replace("async = true\n", "")
    assert "it is an `async def`" in problems(check(written(tmp_path, entry), [release(world)]))[0]


@pytest.mark.parametrize("key", [
    'when = { timeout = [""] }', 'calls = ["timeout"]', 'defaults = { timeout = 1 }',
    'reads = ["http:{timeout|host}"]',
])  # fmt: skip
def test_what_a_claim_rests_on_is_looked_for_by_position(
    key: str, write: Write, tmp_path: Path
) -> None:
    whole = write({"demo.py": LIBRARY.replace("*, ", "")})
    entry = ENTRY.replace('"url", "timeout"', '"url"') + key + "\n"
    line = "'timeout' may be handed in by position, but is not in `params`"
    assert line in problems(check(written(tmp_path, entry), [release(whole)]))[0]
    bounded = entry + 'unknown_if = ["verify"]\n'
    assert not problems(check(written(tmp_path, bounded), [release(whole)]))


def test_what_makes_a_call_unknown_is_looked_for_by_position(write: Write, tmp_path: Path) -> None:
    world = write({"demo.py": LIBRARY})
    entry = ENTRY.replace('params = ["url", "timeout"]', 'unknown_if = ["url"]')
    line = "'url' may be handed in by position, but is not in `params`"
    assert line in problems(check(written(tmp_path, entry), [release(world)]))[0]


MIXIN = """
class Base:
    def run(self, *args): ...
class Commands(Base):
    def fetch(self, url, timeout) -> int:
        return self.run(url, timeout)
class Client(Commands):
    async def run(self, *args): ...
"""


def test_a_method_left_to_subclasses_may_be_awaited(write: Write, tmp_path: Path) -> None:
    outcome = check(written(tmp_path, ENTRY), [release(write({"demo.py": MIXIN}))])
    assert not problems(outcome)
    assert "not seen: whether a call of it is awaited" in str(outcome.unseen[0])
    done = MIXIN.replace("*args): ...", "*args): return 1", 1)
    assert problems(check(written(tmp_path, ENTRY), [release(write({"demo.py": done}))]))


def test_a_name_that_one_release_lacks_needs_the_releases_that_have_it(
    write: Write, tmp_path: Path
) -> None:
    world = write({"demo.py": LIBRARY})
    both = [release(World((tmp_path / "none",))), release(world, "2.0")]
    assert "in demo 1.0: no module 'demo'" in problems(check(written(tmp_path, ENTRY), both))[0]
    on_entry = written(tmp_path, ENTRY + 'releases = ">=2"\n')
    assert not problems(check(on_entry, both))
    in_head = written(tmp_path, '[vocabulary.releases]\n"demo.Client" = ">=2"\n' + ENTRY)
    assert not problems(check(in_head, both))
    assert "it is there, although" in problems(check(on_entry, [release(world, "1.0")]))[0]


def test_a_parameter_may_have_come_later(write: Write, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "demo.py").write_text(LIBRARY.replace(", *, timeout=None", ""), encoding="utf-8")
    both = [release(World((old,))), release(write({"demo.py": LIBRARY}), "2.0")]
    assert not problems(check(written(tmp_path, ENTRY), both))
    assert problems(check(written(tmp_path, ENTRY), both[::-1]))


def test_a_base_of_another_distribution_must_be_named(write: Write, tmp_path: Path) -> None:
    world = write({"demo.py": "from pydantic import BaseModel\nclass Client(BaseModel): ..."})
    line = problems(check(written(tmp_path, ENTRY), [release(world)]))[0]
    assert "leads to pydantic, whose distribution is not named in `also`" in line


def test_a_name_in_the_head_that_no_entry_is_about_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"demo\.toml: .*no entry is about demo\.Server"):
        written(tmp_path, '[vocabulary.releases]\n"demo.Server" = ">=2"\n' + ENTRY)


def test_places_of_parameters() -> None:
    signature = Signature(("a", "b"), 1, ("c",))
    assert not misfit(["other", "b", "c"], signature)
    assert "number 2, not 1" in misfit(["b"], Signature(("a", "b"), more=True))
    assert misfit(["a", "c"], signature)
    assert not misfit(["a", "b", "d"], signature, frozenset({"d"}))
    assert not misfit(["a", "x"], signature, refused=["b"])
    assert not misfit(["a", "b", "d"], Signature(("a", "b"), any_keyword=True))


def test_the_index_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from vocabularies import releases

    monkeypatch.setattr(releases, "PIP", ("false",))
    releases.versions.cache_clear()
    with pytest.raises(click.ClickException, match="cannot list the releases of demo"):
        releases_of(written(tmp_path, ENTRY), tmp_path)
