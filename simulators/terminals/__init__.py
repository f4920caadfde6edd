"""In-car terminals: a car drives real roads, its receiver errs, its radio drops out, its outbox keeps all."""

from __future__ import annotations
