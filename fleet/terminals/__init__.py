"""Terminals as the office sees them: when each was last heard, and what it signs in with."""

from __future__ import annotations
