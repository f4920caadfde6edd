"""A city, its terminals, its demand and its misconduct; reaches the product as the outside world does."""

from __future__ import annotations
