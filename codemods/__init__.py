"""Edits code: ``parallelize`` is the library call, ``pexec-fix`` the command."""

from .rewrite import Rewrite, parallelize

__all__ = ["Rewrite", "parallelize"]
