"""What a packed fix costs on disk: measured where fixes are packed, shown with the rest of the figures."""

from __future__ import annotations


def cold_bytes_per_fix() -> float | None:
    """Bytes of a fix in a packed vehicle-hour; None as long as this build packs none."""
    return None
