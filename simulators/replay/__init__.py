"""Recorded tracks, published through the broker as a terminal would."""

from __future__ import annotations
