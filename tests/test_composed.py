"""Settings that come from other files: `extend`, and vocabularies of installed packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import fix, lint
from pexec.analyzer.codes import DEFAULT
from pexec.analyzer.config import ConfigError, read

VOCABULARY = """\
[vocabulary]
name = "acme"
distribution = "acme-sdk"
versions = ">=1,<2"
checked = "1.4"

[[types]]
name = "acme.Client"
concurrency = "safe"
manager = "handle"
source = "acme/client.py:Client keeps nothing between calls"

[[calls]]
match = ["acme.Client.users.get", "acme.Client.orders.get"]
params = ["key"]
async = true
reads = ["acme:{key}"]
returns = "fresh"
source = "acme/client.py: asks the service"
"""
AGENT = """\
from acme import Client

async def both(client: Client, key: str) -> list[object]:
    user = await client.users.get(key)
    orders = await client.orders.get(key)
    return [user, orders]
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a vocabulary, whose import fails."""
    folder = tmp_path / "site" / "acme_pexec"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / "acme.toml").write_text(VOCABULARY)
    (folder / "data" / "inner.toml").write_text(VOCABULARY)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    return folder


def agent(folder: Path, settings: str) -> Path:
    (folder / "pexec.toml").write_text(settings)
    path = folder / "agent.py"
    path.write_text(AGENT)
    return path


@pytest.mark.parametrize("name", ["acme_pexec:acme.toml", "acme_pexec.data:inner.toml"])
def test_a_vocabulary_of_a_package_that_is_not_imported(
    tmp_path: Path, package: Path, name: str
) -> None:
    path = agent(tmp_path, f'vocabularies = ["{name}"]\n')
    shown = lint("--show-effects", f"{path}:4").output
    assert "read acme:" in shown
    assert f"catalog {name}" in shown
    fix(str(path))
    assert "gather" in path.read_text()
    assert "acme_pexec" not in sys.modules
    assert package.is_dir()


def test_a_vocabulary_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(VOCABULARY)
    path = agent(tmp_path, 'vocabularies = ["acme.toml"]\n')
    fix(str(path))
    assert "gather" in path.read_text()


def test_a_declaration_is_stronger_than_a_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text(VOCABULARY)
    local = '[[tools]]\nmatch = "acme.Client.orders.get"\nwrites = ["acme"]\n'
    path = agent(tmp_path, 'vocabularies = ["acme.toml"]\n' + local)
    fix(str(path))
    assert "gather" not in path.read_text()


def test_a_vocabulary_of_the_project_is_stronger_than_the_one_that_ships(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[[calls]]\nmatch = "httpx.AsyncClient.get"\nwrites = ["http"]\nsource = "x"\n'
    )
    path = agent(tmp_path, 'vocabularies = ["own.toml"]\n')
    path.write_text(
        "import httpx\n\nasync def both(client: httpx.AsyncClient) -> list[object]:\n"
        '    one = await client.get("https://a.example.com")\n'
        '    two = await client.get("https://a.example.com")\n    return [one, two]\n'
    )
    fix(str(path))
    assert "gather" not in path.read_text()


WRONG = {
    '"nowhere_pexec:a.toml"': r"no package 'nowhere_pexec' is installed.*additional_dependencies",
    '"acme_pexec:none.toml"': r"the package 'acme_pexec' has no file 'none.toml'",
    '"none.toml"': r"none\.toml: No such file",
    "3": "must be a list of files",
}


@pytest.mark.parametrize("word", WRONG)
@pytest.mark.usefixtures("package")
def test_a_vocabulary_that_is_none(tmp_path: Path, word: str) -> None:
    (tmp_path / "pexec.toml").write_text(f"vocabularies = [{word}]\n")
    with pytest.raises(ConfigError, match=WRONG[word]):
        read(tmp_path / "pexec.toml")


# -- extend --------------------------------------------------------------------------------------

COMMON = """\
max-concurrency = 4
min-gain-ms = 7
benign = ["memory:shop.hits"]
ignore = ["PX001"]

[[tools]]
match = "load"
reads = ["store"]

[[tools]]
match = "find"
reads = ["store"]
"""


def test_what_is_given_here_wins_and_lists_add_up(tmp_path: Path) -> None:
    (tmp_path / "common.toml").write_text(COMMON)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pexec.toml").write_text(
        'extend = "../common.toml"\nmin-gain-ms = 1\nbenign = ["memory:app.seen"]\n'
        '[[tools]]\nmatch = "load"\nwrites = ["store"]\n'
    )
    found = read(tmp_path / "app" / "pexec.toml")
    assert (found.max_concurrency, found.min_gain_ms) == (4, 1)
    assert found.benign == {"memory:shop.hits", "memory:app.seen"}
    assert found.select == DEFAULT - {"PX001"}
    assert found.root == tmp_path / "app"
    (first,), (second,) = (catalog.find("load") for catalog in found.sources[:2])
    assert first.writes
    assert first.origin.startswith(str(tmp_path / "app" / "pexec.toml"))
    assert second.origin.startswith(str(tmp_path / "common.toml"))


def test_a_declaration_here_wins_over_one_of_the_other_file(tmp_path: Path) -> None:
    """The two differ, and still neither is in dispute: the nearer one is the project's word."""
    (tmp_path / "common.toml").write_text(COMMON)
    settings = 'extend = "common.toml"\n[[tools]]\nmatch = "load"\nreads = ["other"]\n'
    (tmp_path / "pexec.toml").write_text(settings)
    path = tmp_path / "agent.py"
    path.write_text(
        "async def f():\n    a = await load(1)\n    b = await find(2)\n    return a, b\n"
    )
    assert "read other" in lint("--show-effects", f"{path}:2").output
    fix(str(path))
    assert "gather" in path.read_text()


def test_manifests_and_vocabularies_of_the_other_file_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "acme.toml").write_text(VOCABULARY)
    (tmp_path / "common" / "pexec.toml").write_text('vocabularies = ["acme.toml"]\n')
    path = agent(tmp_path, 'extend = "common/pexec.toml"\n')
    fix(str(path))
    assert "gather" in path.read_text()


def test_two_files_cannot_extend_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('extend = "b.toml"\n')
    (tmp_path / "b.toml").write_text('extend = "a.toml"\n')
    with pytest.raises(ConfigError, match=r"extends this file in turn"):
        read(tmp_path / "a.toml")


def test_a_file_that_is_not_there_and_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "pexec.toml").write_text('extend = "none.toml"\n')
    with pytest.raises(ConfigError, match=r"`extend`: there is no file none\.toml"):
        read(tmp_path / "pexec.toml")
    result = lint("--config", 'extend = "a.toml"', str(tmp_path))
    assert result.exit_code == 2
    assert "belongs into a configuration file" in result.output
