"""The broker we ship: its configuration, its certificates, and what terminals sign in with."""

from __future__ import annotations
