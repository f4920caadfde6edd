"""The HTTP API: what every request shares, and the application that joins the routers of all domains."""

from __future__ import annotations
