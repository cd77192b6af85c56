"""Text from code and traces, harmless wherever it is shown: nothing in it is hidden or obeyed."""

from __future__ import annotations

import re
import unicodedata

#: Of the format characters those that change the direction of what follows, or are not seen (Trojan
#: Source: Boucher and Anderson, 2021), and the halves of characters that UTF-8 cannot write.
_HIDDEN = re.compile(
    "[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_COMMAND = re.compile(r"(?m)^([^\S\n]*)::|##\[")


def visible(text: str, keep: str = "") -> str:
    """Control and direction characters, and what cannot be seen, as escapes; ``keep``: but these.

    A line break is one of them.
    """

    def shown(sign: str) -> str:
        if sign in keep:
            return sign
        if unicodedata.category(sign) in ("Cc", "Cs") or _HIDDEN.match(sign):
            return sign.encode("unicode_escape", "surrogatepass").decode("ascii")
        return sign

    return text if text.isascii() and text.isprintable() else "".join(map(shown, text))


def no_commands(text: str) -> str:
    """A text of which no line is a command to a runner of GitHub Actions, which looks for them in
    all that a step prints: ``::name::`` at the start of a line, ``##[name]`` anywhere.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return _COMMAND.sub(lambda m: f"{m[1]}: :" if m[1] is not None else "## [", text)


def shortened(text: str, most: int) -> str:
    """A text of at most ``most`` characters, with a mark where something was left out."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
