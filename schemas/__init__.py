"""Every shape that crosses a boundary: wire messages, API models, SQL. Imports nothing of ours."""

from __future__ import annotations
