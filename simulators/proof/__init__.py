"""Independent checks after a run: what terminals were told against what is stored, truth against findings."""

from __future__ import annotations
