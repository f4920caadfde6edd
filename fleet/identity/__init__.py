"""Who is signed in: local accounts, server-side sessions, the reader of a request."""

from __future__ import annotations
