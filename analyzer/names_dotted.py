"""Dotted names as written, and the modules that imports name."""

from __future__ import annotations

import libcst as cst


def dotted(node: cst.BaseExpression) -> str | None:
    """``a.b.c`` of a chain of names, or None."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join((node.value, *reversed(parts)))


def absolute_module(
    module: str, is_package: bool, node: cst.ImportFrom | cst.LazyImportFrom
) -> str:
    """The dotted module an ``from … import`` names; relative ones against ``module`` (PEP 328)."""
    name = dotted(node.module) or "" if node.module else ""
    level = len(node.relative)
    if not level:
        return name
    base = module.split(".") if module else []
    drop = level - 1 if is_package else level
    if drop > len(base) or not module:
        return "." * level + name
    kept = base[: len(base) - drop]
    return ".".join([*kept, name] if name else kept) or "." * level
