from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from fleet.local.errors import PortTakenError

WEB_PORT = 8808
LOOPBACK = "127.0.0.1"
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - recognised, not listened on


def remembered_port(data: Path, name: str) -> int:
    """A free loopback port, the same as last time if it is still free, so that URLs stay valid."""
    file = data / "ports.json"
    ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    known = ports.get(name)
    if known is not None and is_free(known):
        return known
    ports[name] = _any_free_port()
    file.write_text(json.dumps(ports, indent=1))
    return ports[name]


def gateway_address(data: Path) -> str:
    """Where a JT/T 808 terminal on this machine connects: the port asked for, or a remembered one."""
    host = os.environ.get("MOTORPOOL_GATEWAY_HOST", LOOPBACK)
    port = os.environ.get("MOTORPOOL_GATEWAY_PORT") or str(remembered_port(data, "gateway"))
    return f"{LOOPBACK if host in EVERYWHERE else host}:{port}"


def web_port(asked: int | None) -> int:
    """The port that was asked for, or 8808, or the next free one after it."""
    if asked is not None:
        if not is_free(asked):
            raise PortTakenError(
                f"Port {asked} on 127.0.0.1 is taken by another program.",
                "Stop that program (find it with: ss -ltnp), or choose another port with --port.",
            )
        return asked
    for port in range(WEB_PORT, WEB_PORT + 100):
        if is_free(port):
            return port
    raise PortTakenError(f"No port from {WEB_PORT} to {WEB_PORT + 99} is free.", "Choose one with --port.")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _any_free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
