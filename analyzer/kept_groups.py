"""Trees of a file of which some findings are left out: what they would change stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .engine import Finding
from .work import Choice, Leaf, Overlap, Paths, Repeat, Seq, Step, Work
from .work_trees import FileTrees, FunctionTree


def key(finding: Finding) -> tuple[str, int]:
    """What tells a finding from the others of its file."""
    return finding.code, finding.span.start


def kept_groups(trees: FileTrees, findings: Iterable[Finding]) -> FileTrees:
    """The trees as they are if only these of the file's findings were applied, numbered anew."""
    place = {key(finding): i for i, finding in enumerate(findings)}
    numbers = {old: place[name] for old, name in enumerate(trees.findings) if name in place}
    if len(numbers) == len(trees.findings) and all(old == new for old, new in numbers.items()):
        return trees
    return replace(
        trees,
        functions=tuple(_kept(function, numbers) for function in trees.functions),
        findings=tuple(place),
    )


def _kept(tree: FunctionTree, numbers: Mapping[int, int]) -> FunctionTree:
    before = {group.number: group.before for group in tree.groups if group.number not in numbers}
    groups = tuple(
        replace(group, number=numbers[group.number], after=_without(group.after, before, numbers))
        for group in tree.groups
        if group.number in numbers
    )
    blocks = tuple(
        replace(block, after=_without(block.after, before, numbers)) for block in tree.blocks
    )
    after = _without(tree.after, before, numbers)
    return replace(tree, groups=groups, blocks=blocks, after=after)


def _without(work: Work, before: Mapping[int, Work], numbers: Mapping[int, int]) -> Work:
    """A tree in which the groups that are left out are what they were before."""

    def inner(part: Work) -> Work:
        return _without(part, before, numbers)

    match work:
        case Leaf():
            return work
        case Seq(parts):
            return Seq(tuple(map(inner, parts)))
        case Overlap(number=number) | Repeat(number=number) if number in before:
            return before[number]
        case Overlap(steps, _, number):
            done = tuple(Step(inner(step.work), step.ahead) for step in steps)
            return replace(work, steps=done, number=numbers.get(number, number))
        case Repeat(part, _, _, _, number):
            return replace(work, work=inner(part), number=numbers.get(number, number))
        case Choice(options):
            return replace(work, options=tuple((s, inner(option)) for s, option in options))
        case Paths(works):
            return replace(work, works=tuple(map(inner, works)))
