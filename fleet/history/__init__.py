"""History of fixes: cold terminal-hours as packed blobs, one way to read old and new, retention, minutes."""

from __future__ import annotations
