"""A rule's module → its page in Markdown, and the shorter texts that reports want."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from types import ModuleType

from ..codes import RULES
from ..errors import ConfigError
from .example import Example

_FENCE = re.compile(r"^```\w*\n", re.MULTILINE)
_HEADING = re.compile(r"^#+ ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its module describes it. ``text`` is the docstring after its first paragraph."""

    code: str
    name: str
    short: str
    text: str
    fix: str
    examples: tuple[Example, ...]

    @property
    def sections(self) -> dict[str, str]:
        """The text by its headings, in order."""
        parts = re.split(r"^## (.+)\n", self.text, flags=re.MULTILINE)[1:]
        return {title: body.strip() for title, body in zip(parts[::2], parts[1::2], strict=True)}

    @property
    def full(self) -> str:
        """What the rule does, in a paragraph or two."""
        return _HEADING.sub("", self.sections.get("What it does", self.short))

    @property
    def markdown(self) -> str:
        """The whole page."""
        parts = [f"# {self.name} ({self.code})", self.short, f"Fix: {self.fix}", self.text]
        parts += ["## Examples", *(_example(example) for example in self.examples)]
        return "\n\n".join(filter(None, parts)) + "\n"

    @property
    def plain(self) -> str:
        """The page without the marks of headings and code."""
        return _HEADING.sub("", _FENCE.sub("", self.markdown))


def rule(code: str) -> Rule:
    """The rule of a registered code. Raises ConfigError for another, with the nearest one."""
    if code not in RULES:
        near = get_close_matches(code.upper(), RULES, 1, cutoff=0.3)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(f"unknown code {code!r} (codes: {', '.join(RULES)}){hint}")
    return described(code, RULES[code], import_module(f".{code.lower()}", __package__))


def described(code: str, name: str, module: ModuleType) -> Rule:
    """A rule from its module. Without docstrings (``python -OO``) its name has to do."""
    short, _, text = inspect.cleandoc(module.__doc__ or name).partition("\n\n")
    return Rule(code, name, " ".join(short.split()), text, module.FIX, module.EXAMPLES)


def index(rules: Iterable[Rule]) -> str:
    """A table of the rules, each with a link to its page."""
    rows = [f"| [{r.code}]({r.code}.md) | `{r.name}` | {r.short} |" for r in rules]
    return "\n".join(["# Rules", "", "| code | name | finds |", "|---|---|---|", *rows]) + "\n"


def _example(example: Example) -> str:
    parts = [f"### {example.title}"]
    if example.settings:
        parts += ["With these settings in `pexec.toml`:", _code("toml", example.settings)]
    parts.append(_code("python", example.before))
    if example.left_alone:
        parts.append(f"Not reported: {example.left_alone}")
    elif example.reported:
        parts.append(f"Reported: {example.reported}")
    else:
        parts += ["becomes", _code("python", example.after)]
    return "\n\n".join(parts)


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text}```"
