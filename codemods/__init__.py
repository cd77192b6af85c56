"""Edits code: ``parallelize`` is the library call, ``pexec-fix`` the command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..analyzer.errors import ConfigError
    from .rewrite import Rewrite, parallelize

__all__ = ["ConfigError", "Rewrite", "parallelize"]


def __getattr__(name: str) -> Any:
    """The public names, imported when first used: `pexec-lint --version` needs no LibCST."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ..analyzer import errors
    from . import rewrite

    return getattr(errors if name == "ConfigError" else rewrite, name)
