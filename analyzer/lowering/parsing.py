"""Text → LibCST tree and positions; the last files' results are kept for a second look."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from ..source import Source, SourceError


@lru_cache(maxsize=2)
def parsed(source: Source) -> cst.Module:
    """The tree of a source. Raises SourceError with the place and the cause."""
    try:
        return cst.parse_module(source.parse_text)
    except cst.ParserSyntaxError as error:
        raise SourceError(
            f"cannot parse: {error.message}", error.raw_line, error.raw_column + 1
        ) from None
    except (cst.CSTLogicError, cst.CSTValidationError) as error:
        # Newer syntax that this LibCST reads only in part (`t"a" t"b"`).
        raise SourceError(f"cannot parse: {error}") from None
    except RecursionError:
        raise SourceError("nested too deeply to be analyzed") from None


@lru_cache(maxsize=1)
def positions(source: Source) -> Mapping[cst.CSTNode, CodeRange]:
    """Where each node stands (lines from 1, columns from 0)."""
    wrapper = MetadataWrapper(parsed(source), unsafe_skip_copy=True)
    return wrapper.resolve(PositionProvider)
