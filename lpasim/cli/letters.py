"""What stands for a character that a terminal cannot show: one of ASCII, so that columns stay in line."""

from __future__ import annotations

import codecs

PLAIN_LETTERS = "lpasim-plain-letters"
"""Name of the error handler of streams."""
_PLAIN = str.maketrans("█▉▊▋▌▍▎▏─×µ²…", "#####   -xu2~")


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Spell what cannot be encoded; anything unforeseen as a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return text.encode("ascii", "replace").decode(), error.end


codecs.register_error(PLAIN_LETTERS, _replace)
