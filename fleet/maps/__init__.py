"""The base map: what the screens draw the vehicles on."""

from __future__ import annotations
