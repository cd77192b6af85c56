"""Headers of compound statements whose expression is evaluated once, before any of their blocks."""

from __future__ import annotations

from dataclasses import dataclass

from .ir import Block, Span, Statement


@dataclass(frozen=True, slots=True)
class Header:
    """The expression in the header of an `if`, `for` or `match` as a block of one statement.

    ``value``: the part of it that is evaluated first, whole, and then only tested or gone through;
    ``unnamed``: why that must not get a name, ``held``: why nothing of the header starts early.
    """

    block: Block
    word: str
    value: Span
    unnamed: str = ""
    held: str = ""


def header_of(statement: Statement, block: Block) -> Header | None:
    """The header of a compound statement that ``block`` stands for, if it is one."""
    return next((h for h in statement.headers if h.block is block), None)
