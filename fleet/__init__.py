"""The office: organisations, vehicles, orders, planning, supervision, HTTP API, web app, local services."""

from __future__ import annotations
