"""The page's Content-Security-Policy: it loads nothing, sends nothing, and runs no script but its own."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable

_ALWAYS = (
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
)
"""Plotly writes styles at run time, and its PNG of a chart is a `data:` or `blob:` image."""


def policy(scripts: Iterable[str], *, compiles: bool) -> str:
    """Return the policy for a page with these inline scripts, which it names by their hashes.

    Parameters
    ----------
    scripts : iterable of str
        The texts between the tags.
    compiles : bool
        Whether a script may compile code: Plotly's charts on WebGL write their drawing routines as they need them.

    References
    ----------
    W3C, "Content Security Policy Level 3", section 2.3.1 (hash-source).
    """
    hashes = [f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts]
    allowed = [*hashes, "'unsafe-eval'"] if compiles else hashes
    return "; ".join((*_ALWAYS, f"script-src {' '.join(allowed)}"))
