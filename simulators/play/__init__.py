"""The outside world at work: cars, radios, people and misconduct, all on the one clock."""

from __future__ import annotations
