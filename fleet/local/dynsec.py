"""Who may do what at the local broker: the document of Mosquitto's dynamic security plug-in.

Everything is denied unless a role allows it. Each terminal is one client with one role over its own
topics: `%u` patterns do not work in this plug-in, and an `acl_file` would let any terminal join a shared
subscription.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import Literal

import msgspec

from schemas.telemetry import TOPIC_PREFIX, topic

ITERATIONS = 101  # passwords are 192 random bits; stretching them buys nothing and costs every connect
AclType = Literal[
    "publishClientSend", "publishClientReceive", "subscribeLiteral", "subscribePattern", "unsubscribePattern"
]


class Acl(msgspec.Struct, frozen=True):
    acltype: AclType
    topic: str
    priority: int = 0
    allow: bool = True


class Role(msgspec.Struct, frozen=True):
    rolename: str
    acls: tuple[Acl, ...]


class RoleName(msgspec.Struct, frozen=True):
    rolename: str


class Client(msgspec.Struct, frozen=True, omit_defaults=True):
    username: str
    password: str
    salt: str
    roles: tuple[RoleName, ...] = ()
    iterations: int = msgspec.field(default=0)
    clientid: str | None = None


class DefaultAccess(msgspec.Struct, frozen=True):
    publishClientSend: bool = False  # noqa: N815 - the plug-in's names
    publishClientReceive: bool = False  # noqa: N815
    subscribe: bool = False
    unsubscribe: bool = True


class Document(msgspec.Struct, frozen=True):
    clients: tuple[Client, ...] = ()
    roles: tuple[Role, ...] = ()
    groups: tuple[msgspec.Raw, ...] = ()
    defaultACLAccess: DefaultAccess = DefaultAccess()  # noqa: N815


@dataclass(frozen=True)
class Credential:
    """A user of the broker and its password; for a terminal the user is the terminal id."""

    username: str
    password: str


def terminal_role(terminal: str) -> Role:
    """Send fixes, events and status; receive acknowledgements and commands. Its own, nobody else's."""
    sends = tuple(Acl("publishClientSend", topic(terminal, kind)) for kind in ("fix", "event", "status"))
    hears = tuple(
        Acl(acltype, topic(terminal, kind))
        for kind in ("ack", "command")
        for acltype in ("subscribeLiteral", "publishClientReceive")
    )
    return Role(role_name(terminal), sends + hears)


def role_name(terminal: str) -> str:
    return f"terminal-{terminal}"


def service_roles() -> tuple[Role, ...]:
    """Our own users: `ingest` reads everything and acknowledges, `gateway` speaks for terminals on other
    protocols, `fleet` sends commands and enrols terminals."""
    everything = f"{TOPIC_PREFIX}/#"
    control, any_control = "$CONTROL/dynamic-security/v1", "$CONTROL/dynamic-security/#"
    return (
        Role(
            "ingest",
            (
                Acl("subscribePattern", everything),
                Acl("subscribePattern", "$SYS/#"),
                Acl("publishClientReceive", everything),
                Acl("publishClientReceive", "$SYS/#"),
                Acl("publishClientSend", f"{TOPIC_PREFIX}/+/+/ack"),
            ),
        ),
        Role(
            "gateway",
            (
                *(
                    Acl("publishClientSend", f"{TOPIC_PREFIX}/+/+/{kind}")
                    for kind in ("fix", "event", "status")
                ),
                *(Acl("subscribePattern", f"{TOPIC_PREFIX}/+/+/{kind}") for kind in ("ack", "command")),
                *(Acl("publishClientReceive", f"{TOPIC_PREFIX}/+/+/{kind}") for kind in ("ack", "command")),
            ),
        ),
        Role(
            "fleet",
            (
                Acl("publishClientSend", f"{TOPIC_PREFIX}/+/+/command"),
                Acl("publishClientSend", control),
                Acl("publishClientReceive", any_control),
                Acl("subscribePattern", any_control),
            ),
        ),
    )


def reconcile(
    existing: Document, services: tuple[Credential, ...], terminals: tuple[Credential, ...]
) -> Document:
    """What to start with: our own users as given, terminals enrolled earlier kept, `terminals` added."""
    known = {client.username: client for client in existing.clients}
    roles = {role.rolename: role for role in existing.roles} | {
        role.rolename: role for role in service_roles()
    }
    for service in services:
        known[service.username] = _client(service, service.username, known.get(service.username), None)
    for terminal in terminals:
        roles[role_name(terminal.username)] = terminal_role(terminal.username)
        known[terminal.username] = _client(
            terminal, role_name(terminal.username), known.get(terminal.username), terminal.username
        )
    return Document(tuple(known.values()), tuple(roles.values()), existing.groups)


def _client(credential: Credential, role: str, known: Client | None, client_id: str | None) -> Client:
    if known is not None and _matches(known, credential.password):
        return msgspec.structs.replace(known, roles=(RoleName(role),), clientid=client_id)
    salt = os.urandom(12)
    return Client(
        username=credential.username,
        password=_derive(credential.password, salt, ITERATIONS),
        salt=base64.b64encode(salt).decode(),
        iterations=ITERATIONS,
        roles=(RoleName(role),),
        clientid=client_id,
    )


def _matches(client: Client, password: str) -> bool:
    derived = _derive(password, base64.b64decode(client.salt), client.iterations or ITERATIONS)
    return hmac.compare_digest(derived, client.password)


def _derive(password: str, salt: bytes, iterations: int) -> str:
    return base64.b64encode(hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations)).decode()
