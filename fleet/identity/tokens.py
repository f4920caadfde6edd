"""Session tokens: 256 random bits with the browser, only their digest with us."""

from __future__ import annotations

import hashlib
import secrets

COOKIE = "motorpool_session"


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What the database keeps: reading it does not let anybody sign in."""
    return hashlib.sha256(token.encode()).digest()
