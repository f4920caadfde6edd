"""The accounts a demo offers on its sign-in page."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from schemas.api.identity import DemoAccount

ACCOUNTS = TypeAdapter(list[DemoAccount])


def write_demo_accounts(path: Path, accounts: list[DemoAccount]) -> None:
    """Let a process started with MOTORPOOL_DEMO_ACCOUNTS=`path` offer these accounts."""
    path.write_bytes(ACCOUNTS.dump_json(accounts, indent=1))


def read_demo_accounts(path: Path | None) -> list[DemoAccount]:
    return ACCOUNTS.validate_json(path.read_bytes()) if path and path.exists() else []
