"""All SQL of the gateway. Nothing here commits."""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
import psycopg
from psycopg.rows import class_row

from ingest.message import Reason

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
Kind = Literal["text", "parameter", "locate"]
Outcome = Literal["done", "refused", "unanswered"]

FIND_TERMINAL = """
SELECT terminal.id, terminal.code, registered.auth_digest
FROM terminal LEFT JOIN jt808_terminal AS registered ON registered.terminal_id = terminal.id
WHERE terminal.code = %s AND terminal.protocol = 'jt808' AND terminal.active
"""

# Whose number it is was decided by the first device; another one changes no row.
REGISTER = """
INSERT INTO jt808_terminal AS known
    (terminal_id, auth_digest, version, manufacturer, model, device, plate, plate_colour, province, city,
     registered_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (terminal_id) DO UPDATE SET
    auth_digest = excluded.auth_digest, version = excluded.version, model = excluded.model,
    plate = excluded.plate, plate_colour = excluded.plate_colour, province = excluded.province,
    city = excluded.city, registered_at = excluded.registered_at
WHERE (known.manufacturer, known.device) = (excluded.manufacturer, excluded.device)
"""
NOTE_AUTHENTICATION = """
UPDATE jt808_terminal SET authenticated_at = %s, imei = %s, software = %s WHERE terminal_id = %s
"""
RELEASE = "DELETE FROM jt808_terminal WHERE terminal_id = %s"

PUT_ASIDE = """
INSERT INTO dead_letter (received_at, topic, payload, reason, detail, terminal)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""

EXPIRE_COMMANDS = """
UPDATE terminal_command SET status = 'expired' WHERE status = 'pending' AND expires_at <= %s
"""
WANTED_TERMINALS = "SELECT DISTINCT terminal_id FROM terminal_command WHERE status = 'pending'"
CLAIM_COMMANDS = """
UPDATE terminal_command SET status = 'sent', sent_at = %s
WHERE id IN (
    SELECT id FROM terminal_command
    WHERE status = 'pending' AND terminal_id = ANY(%s)
    ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED
)
RETURNING id, terminal_id, kind, content
"""
# Sent over a connection that is gone: nobody will tell any more.
GIVE_UP_SENT = """
UPDATE terminal_command SET status = 'unanswered' WHERE status = 'sent' AND terminal_id = %s
"""
CLOSE_COMMAND = """
UPDATE terminal_command SET status = %s, result = %s, answer = %s::jsonb, answered_at = %s
WHERE id = %s AND status = 'sent'
"""
ISSUE_COMMAND = """
INSERT INTO terminal_command (terminal_id, kind, content, issued_at, expires_at)
SELECT id, %s, %s::jsonb, %s, %s FROM terminal WHERE code = %s AND protocol = 'jt808' AND active
RETURNING id
"""
FIND_COMMAND = """
SELECT command.id, terminal.code AS terminal, kind, content, status, result, answer, sent_at, answered_at
FROM terminal_command AS command JOIN terminal ON terminal.id = command.terminal_id
WHERE command.id = %s
"""
RELEASE_BY_CODE = """
DELETE FROM jt808_terminal USING terminal
WHERE terminal.id = jt808_terminal.terminal_id AND terminal.code = %s
"""


@dataclass(frozen=True)
class KnownTerminal:
    """An active terminal that the office registered for this protocol."""

    id: int
    code: str
    auth_digest: bytes | None  # None until the device has registered


@dataclass(frozen=True)
class Device:
    """What a terminal says of itself."""

    version: int
    manufacturer: str
    model: str
    device: str
    plate: str
    plate_colour: int
    province: int
    city: int


@dataclass(frozen=True)
class Command:
    """What a terminal shall do."""

    id: int
    terminal_id: int
    kind: Kind
    content: dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """A frame that is put aside."""

    received_at: datetime
    topic: str
    payload: bytes
    reason: Reason
    detail: str
    terminal: str


@dataclass(frozen=True)
class CommandState:
    """How far a command has come."""

    id: int
    terminal: str
    kind: Kind
    content: dict[str, Any]
    status: str
    result: int | None
    answer: dict[str, Any] | None
    sent_at: datetime | None
    answered_at: datetime | None


async def find_terminal(connection: Connection, code: str) -> KnownTerminal | None:
    async with connection.cursor(row_factory=class_row(KnownTerminal)) as cursor:
        await cursor.execute(FIND_TERMINAL, [code])
        return await cursor.fetchone()


async def register(
    connection: Connection, terminal_id: int, auth_digest: bytes, device: Device, now: datetime
) -> bool:
    """False if another device holds the number."""
    cursor = await connection.execute(
        REGISTER,
        [
            terminal_id, auth_digest, device.version, device.manufacturer, device.model, device.device,
            device.plate, device.plate_colour, device.province, device.city, now,
        ],
    )  # fmt: skip
    return cursor.rowcount == 1


async def note_authentication(
    connection: Connection, terminal_id: int, imei: str, software: str, now: datetime
) -> None:
    await connection.execute(NOTE_AUTHENTICATION, [now, imei, software, terminal_id])
    await connection.execute(GIVE_UP_SENT, [terminal_id])


async def release(connection: Connection, terminal_id: int) -> None:
    await connection.execute(RELEASE, [terminal_id])


async def put_aside(connection: Connection, letters: Collection[Letter]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            PUT_ASIDE,
            [(x.received_at, x.topic, x.payload, x.reason, x.detail, x.terminal) for x in letters],
        )


async def claim_commands(connection: Connection, connected: Container[int], now: datetime) -> list[Command]:
    """Those that wait for a terminal that is connected here; they count as sent from now on."""
    await connection.execute(EXPIRE_COMMANDS, [now])
    wanted = await (await connection.execute(WANTED_TERMINALS)).fetchall()
    terminal_ids = [terminal_id for (terminal_id,) in wanted if terminal_id in connected]
    if not terminal_ids:
        return []
    async with connection.cursor(row_factory=class_row(Command)) as cursor:
        await cursor.execute(CLAIM_COMMANDS, [now, terminal_ids])
        return sorted(await cursor.fetchall(), key=lambda command: command.id)


async def close_command(
    connection: Connection,
    command_id: int,
    outcome: Outcome,
    result: int | None,
    answer: dict[str, Any] | None,
    now: datetime,
) -> None:
    await connection.execute(CLOSE_COMMAND, [outcome, result, _json(answer), now, command_id])


def issue_command(
    connection: psycopg.Connection[Any],
    code: str,
    kind: Kind,
    content: dict[str, Any],
    now: datetime,
    expires_at: datetime,
) -> int | None:
    """The number of the command; None if no such terminal is registered for this protocol."""
    parameters = [kind, _json(content), now, expires_at, code]
    row = connection.execute(ISSUE_COMMAND, parameters).fetchone()
    return row[0] if row else None


def find_command(connection: psycopg.Connection[Any], command_id: int) -> CommandState | None:
    with connection.cursor(row_factory=class_row(CommandState)) as cursor:
        return cursor.execute(FIND_COMMAND, [command_id]).fetchone()


def release_by_code(connection: psycopg.Connection[Any], code: str) -> bool:
    """False if no device had registered."""
    return connection.execute(RELEASE_BY_CODE, [code]).rowcount == 1


def _json(content: dict[str, Any] | None) -> str | None:
    return None if content is None else msgspec.json.encode(content).decode()
