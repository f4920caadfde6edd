"""The secret of a terminal: derived from the installation's key and a nonce that does not live long.

The nonce stays in the database only until the broker was told. Afterwards neither the database nor the key
nor both together give the secret: the terminal knows it, and the broker its hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from pydantic import SecretStr

from fleet.errors import UnavailableError

NONCE_BYTES = 16
SHORTEST_KEY = 32


def new_nonce() -> bytes:
    return os.urandom(NONCE_BYTES)


def secret_of(key: SecretStr, terminal: str, revision: int, nonce: bytes) -> str:
    """256 bits as 43 characters of base64url. Raises UnavailableError without a usable key."""
    if len(key.get_secret_value()) < SHORTEST_KEY:
        raise UnavailableError(
            "credentials cannot be issued: MOTORPOOL_CREDENTIAL_KEY is not set, or is too short",
            f"Set it to {SHORTEST_KEY} or more random characters, the same for every process.",
        )
    content = f"terminal-credential/{terminal}/{revision}/".encode() + nonce
    digest = hmac.new(key.get_secret_value().encode(), content, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
