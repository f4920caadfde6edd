"""Ingest on a real database and a real broker."""

from __future__ import annotations
