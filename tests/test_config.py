"""Settings: what is accepted, what is an error and what the error says, and the page about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pexec.analyzer.config import KEYS, Config, ConfigError, check, key_table, read
from pexec.analyzer.settings import Request, Settings

PAGE = Path(__file__).parent.parent / "docs" / "configuration.md"


def test_the_page_is_what_the_table_says(regenerate: bool) -> None:
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(" -->\n")
    written, _, after = rest.partition("\n<!-- end of keys -->")
    if regenerate:
        new = f"{before} -->\n{key_table()}\n<!-- end of keys -->{after}"
        PAGE.write_text(new, encoding="utf-8", newline="\n")
        written = key_table()
    assert written == key_table()
    assert all(f"`{key.name}`" in written for key in KEYS)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"max-concurency": 4}, ["max-concurency", "max-concurrency"]),
        ({"max-concurrency": 1}, ["max-concurrency", "2 or more"]),
        ({"max-concurrency": True}, ["whole number"]),
        ({"style": "gathr"}, ["style", "'gather'"]),
        ({"select": ["PX999"]}, ["PX999", "PX101"]),
        ({"select": "PX101"}, ["list of strings"]),
        ({"helper": "nodots"}, ["helper", "dotted name"]),
        ({"target-version": "3.11"}, ["py311"]),
        ({"benign": ["cache"]}, ["memory:module.name"]),
        ({"same-world": [["http:a", 3]]}, ["list of strings"]),
        ({"tools": [{"match": "f"}]}, ["reads", "writes", "pure"]),
        ({"tools": [{"match": "f", "read": ["a"]}]}, ["`read`", "`reads`"]),
        ({"tools": [{"match": "f", "reads": "a"}]}, ["list of strings"]),
        ({"tools": [{"match": "f", "reads": ["a b:c"]}]}, ["domain:selector"]),
        ({"tools": [{"match": "f", "pure": True, "writes": ["a"]}]}, ["pure"]),
        ({"tools": [{"match": "f", "pure": True, "latency-ms": -1}]}, ["latency-ms"]),
        ({"tools": [{"reads": ["a"]}]}, ["match"]),
        ({"limits": [{"match": "f"}]}, ["max-concurrency"]),
        ({"plain-values": "no"}, ["plain-values", "true or false"]),
    ],
)
def test_a_wrong_setting_names_place_and_way_out(table: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigError) as error:
        check(table, "pexec.toml")
    message = str(error.value)
    assert message.startswith("pexec.toml")
    assert all(word in message for word in words), message


def test_every_default_is_what_no_file_gives() -> None:
    assert check({}, "nothing") == Config()


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nrequires-python = ">=3.12"\n[tool.pexec]\nline-length = 90\n'
    )
    found = Settings(Request(())).of_folder(str(inner))
    assert (found.line_length, found.target_version) == (90, "py312")
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert Settings(Request(())).of_folder(str(inner)).path == tmp_path / "pyproject.toml"
    (tmp_path / "a" / "pexec.toml").write_text("line-length = 70\n")
    assert Settings(Request(())).of_folder(str(inner)).line_length == 70


def test_broken_toml_is_said(tmp_path: Path) -> None:
    file = tmp_path / "pexec.toml"
    file.write_text("line-length = \n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read(file)
