"""The demo organisation of 清岚市 as an administrator imports it: departments, people, cars, terminals."""

from __future__ import annotations

from .build import JT808_TERMINALS, PHONE_PREFIX, build_world
from .people import demo_passwords

__all__ = ["JT808_TERMINALS", "PHONE_PREFIX", "build_world", "demo_passwords"]
