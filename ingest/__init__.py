"""Terminal message to hypertable row."""

from __future__ import annotations
