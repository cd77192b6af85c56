"""Text → LibCST tree and positions; the last files' results are kept for a second look."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from functools import lru_cache

import libcst as cst
from libcst.metadata import CodeRange

from ..source import Source, SourceError
from .places import Places


@lru_cache(maxsize=2)
def parsed(source: Source) -> cst.Module:
    """The tree of a source. Raises SourceError with the place and the cause."""
    own = _python_error(source.parse_text)
    try:
        return cst.parse_module(source.parse_text)
    except UnicodeEncodeError:
        raise SourceError("holds a character that is no text (a lone surrogate)") from None
    except cst.ParserSyntaxError as error:
        if own is not None:
            raise own from None
        raise SourceError(
            f"cannot parse: {error.message}", error.raw_line, error.raw_column + 1
        ) from None
    except (cst.CSTLogicError, cst.CSTValidationError) as error:
        # Newer syntax that this LibCST reads only in part (`t"a" t"b"`).
        raise SourceError(f"cannot parse: {error}") from None
    except RecursionError:
        raise SourceError(_TOO_DEEP) from None


_TOO_DEEP = "nested too deeply to be analyzed"


def _python_error(text: str) -> SourceError | None:
    """What Python's own parser says of the text: better words, if it cannot read it either.

    Raises SourceError for what it refuses as too deep: LibCST's parser has no such limit, and ends
    the process instead.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are no concern of ours
            compile(text, "<source>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    except (RecursionError, MemoryError):
        raise SourceError(_TOO_DEEP) from None
    except SyntaxError as error:
        if "too many nested" in error.msg:  # parentheses: CPython's tokenizer takes 200
            raise SourceError(_TOO_DEEP, error.lineno or 1) from None
        return SourceError(f"cannot parse: {error.msg}", error.lineno or 1, error.offset or 1)
    except ValueError as error:
        return SourceError(f"cannot parse: {error}")
    return None


def positions(source: Source) -> Mapping[cst.CSTNode, CodeRange]:
    """Where each node of ``parsed(source)`` stands (lines from 1, columns from 0)."""
    return _positions(parsed(source))


@lru_cache(maxsize=1)
def _positions(tree: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
    # By tree, not by source: a text that is parsed a second time has new nodes.
    return Places(tree)
