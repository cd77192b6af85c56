"""Errors that a user can mend."""

from __future__ import annotations


class ConfigError(ValueError):
    """A setting is wrong; the message names the file, the key and the way out."""


class VocabularyError(ConfigError):
    """A declaration is wrong; the message names the file or entry, the key and the way out."""
