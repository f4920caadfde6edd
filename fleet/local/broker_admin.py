"""Enrols terminals at a running Mosquitto through the control topic of its dynamic security plug-in."""

from __future__ import annotations

import queue
import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from fleet.local.dynsec import Credential, role_name, terminal_role
from fleet.local.errors import ServiceFailedError

Answer = TypeVar("Answer")

CONTROL = "$CONTROL/dynamic-security/v1"
COMMANDS_PER_MESSAGE = 100  # keeps a message below the broker's packet limit
ANSWER_SECONDS = 10.0
HARMLESS = ("already exists", "already in this role")


class BrokerAdmin:
    """Connects as the user `fleet`; use it as a context manager."""

    def __init__(self, url: str, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        tls = parts.scheme == "mqtts"
        self._address = (parts.hostname or "127.0.0.1", parts.port or (8883 if tls else 1883))
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ready: queue.Queue[str] = queue.Queue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"broker-admin-{secrets.token_hex(4)}",
            protocol=mqtt.MQTTv5,
        )
        if tls:
            self._client.tls_set(ca_certs=str(ca_file) if ca_file else None)
        self._client.username_pw_set(unquote(parts.username or ""), unquote(parts.password or ""))
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.put("")
        self._client.on_message = lambda _c, _u, message: self._answers.put(orjson.loads(message.payload))

    def __enter__(self) -> Self:
        try:
            self._client.connect(*self._address)
        except OSError as error:
            raise ServiceFailedError(
                f"The broker at {self._address[0]}:{self._address[1]} cannot be reached ({error}).",
                "Check MOTORPOOL_MQTT_URL and that the broker runs.",
            ) from error
        self._client.loop_start()
        try:
            self._greet()
        except ServiceFailedError:
            self._leave()
            raise
        return self

    def _greet(self) -> None:
        refusal = self._take(self._ready)
        if refusal:
            raise ServiceFailedError(
                f"The broker refused us: {refusal}.", "Check user and password in MOTORPOOL_MQTT_URL."
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def enrol(self, terminals: Iterable[Credential]) -> None:
        """Let each terminal connect with its password and reach its own topics. Repeating it is harmless."""
        commands: list[dict[str, Any]] = []
        for terminal in terminals:
            role = terminal_role(terminal.username)
            commands += [
                {"command": "createRole", **msgspec.to_builtins(role)},
                {
                    "command": "createClient",
                    "username": terminal.username,
                    "password": terminal.password,
                    "clientid": terminal.username,
                    "roles": [{"rolename": role.rolename}],
                },
                {
                    "command": "setClientPassword",
                    "username": terminal.username,
                    "password": terminal.password,
                },
            ]
        self._send(commands)

    def revoke(self, terminals: Iterable[str]) -> None:
        """Disconnect these terminals and forget them. Repeating it is harmless."""
        commands: list[dict[str, Any]] = []
        for terminal in terminals:
            commands += [
                {"command": "deleteClient", "username": terminal},
                {"command": "deleteRole", "rolename": role_name(terminal)},
            ]
        self._send(commands, (*HARMLESS, "not found"))

    def _leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _send(self, commands: list[dict[str, Any]], harmless: tuple[str, ...] = HARMLESS) -> None:
        for start in range(0, len(commands), COMMANDS_PER_MESSAGE):
            batch = commands[start : start + COMMANDS_PER_MESSAGE]
            self._client.publish(CONTROL, orjson.dumps({"commands": batch}), qos=1)
            self._check(self._take(self._answers), batch, harmless)

    def _check(self, answer: dict[str, Any], batch: list[dict[str, Any]], harmless: tuple[str, ...]) -> None:
        for command, response in zip(batch, answer["responses"], strict=True):
            error: str = response.get("error", "")
            if error and not any(known in error.lower() for known in harmless):
                name = command.get("username") or command.get("rolename")
                raise ServiceFailedError(
                    f"The broker refused {command['command']} of {name}: {error}.", "Read the broker's log."
                )

    def _take(self, answers: queue.Queue[Answer]) -> Answer:
        try:
            return answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise ServiceFailedError(
                "The broker does not answer on its control topic.",
                "Use the user 'fleet' of a Mosquitto with the dynamic security plug-in.",
            ) from None

    def _on_connect(
        self, client: mqtt.Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._ready.put(str(reason))
            return
        client.subscribe(f"{CONTROL}/response", qos=1)
