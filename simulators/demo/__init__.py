"""The demo: the local stack with a simulated city around it."""

from __future__ import annotations
