"""What counts as a suppression, and what it silences."""

from __future__ import annotations

import pytest
from commands import CONFIG
from pexec.analyzer.config import Config, check
from pexec.analyzer.engine import Analyzed, Failed, analyze_bytes
from pexec.analyzer.lowering import lower
from pexec.analyzer.source import SourceError, from_text
from pexec.analyzer.suppressions import Suppression, suppressions
from pexec.codemods.rewrite import rewrite


def config(**settings: object) -> Config:
    import tomllib

    return check(tomllib.loads(CONFIG) | settings, "pexec.toml")


def result_of(source: str, **settings: object) -> Analyzed:
    found = analyze_bytes(source.encode(), "agent.py", config(**settings), rewrite)
    assert isinstance(found, Analyzed), found
    return found


def read(comment: str) -> list[Suppression]:
    return list(suppressions(lower(from_text(f"f()  {comment}\n")).directives))


#: comment → what it silences: codes, or "*" for all.
SILENCES: dict[str, tuple[str, list[str]]] = {
    "ignore": ("# pexec: ignore[PX101]", ["PX101"]),
    "several-codes": ("# pexec: ignore[PX101, PX103]", ["PX101", "PX103"]),
    "codes-without-commas": ("# pexec: ignore[PX101 PX103]", ["PX101", "PX103"]),
    "bare-ignore": ("# pexec: ignore", ["*"]),
    "capitals": ("# PEXEC: Ignore[px101]", ["PX101"]),
    "tight": ("#pexec:ignore[PX101]", ["PX101"]),
    "space-before-the-bracket": ("# pexec: ignore [PX101]", ["PX101"]),
    "behind-declarations": ("# pexec: reads=crm:{0} ignore[PX101] pure", ["PX101"]),
    "behind-another-comment": ("# the API is slow  # pexec: ignore[PX101]", ["PX101"]),
    "before-another-comment": ("# pexec: ignore[PX101]  # the API is slow", ["PX101"]),
    "two-directives": ("# pexec: reads=crm:{0}  # pexec: ignore[PX101]", ["PX101"]),
    "noqa": ("# noqa: PX101", ["PX101"]),
    "noqa-with-other-codes": ("# noqa: E501,PX101", ["E501", "PX101"]),
    "noqa-without-commas": ("# noqa: E501 PX101", ["E501", "PX101"]),
    "noqa-in-small-letters": ("# NOQA:px101", ["PX101"]),
    "noqa-space-before-the-colon": ("# noqa : PX101", ["PX101"]),
    "noqa-with-a-reason": ("# noqa: PX101 because", ["PX101"]),
    "bare-noqa": ("# noqa", ["*"]),
    "bare-noqa-with-a-reason": ("# noqa because", ["*"]),
    "bare-noqa-before-another": ("# noqa# type: ignore", ["*"]),
    "both": ("# noqa: E501  # pexec: ignore", ["E501", "*"]),
    # As in ruff, what follows is no directive at all.
    "noqa-without-its-code": ("# noqa:", []),
    "noqa-of-words": ("# noqa: everything", []),
    "noqa-code-and-colon": ("# noqa: PX101: because", []),
    "noqa-code-and-letters": ("# noqa: PX101x", []),
    "noqa-dash": ("# noqa- PX101", []),
    "noqa-comma": ("# noqa, PX101", []),
    "word-that-begins-so": ("# noqaPX101", []),
    "no-hash": ("# as noqa: PX101 says", []),
    "quoted": ("# write `# pexec: ignore[PX101]` or `# noqa: PX101`", []),
}


@pytest.mark.parametrize(("comment", "codes"), SILENCES.values(), ids=SILENCES.keys())
def test_what_a_comment_silences(comment: str, codes: list[str]) -> None:
    found = [code for s in read(comment) for code in (s.codes or ("*",))]
    assert found == codes


MISSPELT = {
    "ignroe": ("# pexec: ignroe[PX101]", "understood (did you mean `ignore`?); a line comment"),
    "ignored": ("# pexec: ignored", "did you mean `ignore`?"),
    "no-end": ("# pexec: ignore[PX101", "`# pexec: ignore[PX101` is not understood"),
    "no-code": ("# pexec: ignore[]", "`# pexec: ignore[]` is not understood"),
    "declaration": ("# pexec: ignore[PX101] reeds=a", "did you mean `reads`?"),
    "reason": ("# pexec: ignore[PX101] because", "other words go behind another #"),
    "second-directive": ("# pexec: pure  # pexec: ignroe", "did you mean `ignore`?"),
}


@pytest.mark.parametrize(("comment", "words"), MISSPELT.values(), ids=MISSPELT.keys())
def test_spelling_errors_have_a_place(comment: str, words: str) -> None:
    with pytest.raises(SourceError) as error:
        read(comment)
    assert words in error.value.message
    assert (error.value.line, error.value.column) == (1, 6)


def test_a_spelling_error_is_the_files_failure_and_nothing_is_rewritten() -> None:
    source = (
        "async def f(a):\n"
        "    x = await get_user(a)  # pexec: ignroe[PX101]\n"
        "    y = await get_orders(a)\n"
    )
    found = analyze_bytes(source.encode(), "agent.py", config(), rewrite)
    assert isinstance(found, Failed)
    assert (found.line, found.column) == (2, 28)


@pytest.mark.parametrize("comment", ["# pexec: ignore or not", "# pexec: that is we"])
def test_a_comment_on_a_line_of_its_own_is_prose(comment: str) -> None:
    module = lower(from_text(f"{comment}\nf()\n"))
    assert suppressions(module.directives) == ()


def test_strings_are_no_comments() -> None:
    text = "a = '# pexec: ignore'\nb = '''\n# noqa: PX101\n# pexec: ignroe\n'''\n"
    assert suppressions(lower(from_text(text)).directives) == ()


LINES = """\
async def f(a):
    x = await get_user({1}
        a,{2}
    ){3}
    y = await get_orders(a){4}
    return x, y{5}
"""


@pytest.mark.parametrize("comment", ["# pexec: ignore[PX101]", "# noqa: PX101", "# noqa"])
@pytest.mark.parametrize(
    ("line", "silenced"), [(1, True), (2, False), (3, True), (4, True), (5, False)],
    ids=["first-line", "middle", "last-line", "other-call", "another-statement"],
)  # fmt: skip
def test_first_and_last_lines_of_each_call(comment: str, line: int, silenced: bool) -> None:
    places = {str(n): f"  {comment}" if n == line else "" for n in range(1, 6)}
    source = LINES
    for number, text in places.items():
        source = source.replace(f"{{{number}}}", text)
    assert bool(result_of(source).findings) is not silenced


def test_another_code_silences_nothing() -> None:
    source = LINES.replace("{4}", "  # noqa: PX001, E501")
    for number in "1235":
        source = source.replace(f"{{{number}}}", "")
    assert result_of(source).findings


def test_silenced_findings_are_not_counted_as_more_with_unsafe_fixes() -> None:
    source = (
        "async def f(a):\n"
        "    x = await get_user(a){}\n"
        "    y = await get_orders(a)\n"
        "    await save(a)\n"
    )
    assert result_of(source.format("  # pexec: ignore")).unsafe_findings == 0
    only_unsafe = source.replace("    y = await get_orders(a)\n", "")
    assert result_of(only_unsafe.format("")).unsafe_findings == 1
    assert result_of(only_unsafe.format("  # pexec: ignore")).unsafe_findings == 0


def test_declarations_of_both_directives_of_a_comment_count() -> None:
    source = (
        "async def f(a):\n"
        "    x = await one(a)  # pexec: reads=crm:{0}  # pexec: raises=false\n"
        "    y = await two(a)  # the other  # pexec: reads=orders:{0}\n"
        "    return x, y\n"
    )
    found = analyze_bytes(source.encode(), "agent.py", Config(), rewrite)
    assert isinstance(found, Analyzed)
    assert len(found.findings) == 1
