"""File names as printed → paths and URIs from one root, as reports for machines want them."""

from __future__ import annotations

import ntpath
import posixpath
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Paths:
    """``folder``: where relative names start. ``root``: the top of the repository, if it is known.

    Both are absolute. Their type says how names are read: a backslash separates folders in a
    ``PureWindowsPath`` and is a character like any other in a ``PurePosixPath``.
    """

    folder: PurePath
    root: PurePath

    def _whole(self, filename: str) -> PurePath:
        # Links stay links: what they point to is not part of the name.
        flavour = ntpath if isinstance(self.folder, PureWindowsPath) else posixpath
        return type(self.folder)(flavour.normpath(self.folder / filename))

    def below_root(self, filename: str) -> PurePath | None:
        """The path from the root, or None if the file is elsewhere."""
        whole = self._whole(filename)
        return whole.relative_to(self.root) if whole.is_relative_to(self.root) else None

    def posix(self, filename: str) -> str:
        """The path from the root with forward slashes; the whole path of a file elsewhere."""
        return (self.below_root(filename) or self._whole(filename)).as_posix()

    def uri(self, filename: str) -> tuple[str, bool]:
        """A URI (RFC 3986), and whether it is relative to the root.

        Colons are quoted: in the first part of a relative one they would end a scheme (§4.2).
        """
        below = self.below_root(filename)
        if below is None:
            return _file_uri(self._whole(filename)), False
        return _quoted(below.as_posix()), True

    @property
    def root_uri(self) -> str:
        """The root's URI; it ends with a slash, as base URIs have to."""
        uri = _file_uri(self.root)
        return uri if uri.endswith("/") else f"{uri}/"


def _file_uri(path: PurePath) -> str:
    """RFC 8089. (``PurePath.as_uri`` is deprecated, ``Path.as_uri`` knows this machine's paths.)"""
    text, drive = path.as_posix(), path.drive
    if drive.endswith(":"):
        return f"file:///{drive}{_quoted(text.removeprefix(drive))}"
    return f"file:{_quoted(text)}" if drive else f"file://{_quoted(text)}"


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogateescape"))  # the bytes of a name that is not UTF-8


def root_above(folder: PurePath, named: str | None) -> PurePath:
    """The repository's root: the folder ``named`` (by the CI system) if it holds ``folder``."""
    if named:
        root = type(folder)(named)
        if folder.is_relative_to(root):
            return root
    return folder
