"""All SQL of the gateway. Each statement stands for itself: it is committed or nothing has happened."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
import psycopg
from psycopg.rows import class_row

from ingest.message import Reason

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]
Kind = Literal["text", "parameter", "locate"]
Outcome = Literal["done", "refused", "unanswered"]

# Whose number it is was decided by the first device; another one changes no row.
REGISTER = """
WITH known AS (
    SELECT id FROM terminal WHERE code = %(phone)s AND protocol = 'jt808' AND active
), taken AS (
    INSERT INTO jt808_terminal AS registered
        (terminal_id, auth_digest, version, manufacturer, model, device, plate, plate_colour, province, city,
         registered_at)
    SELECT id, %(auth_digest)s, %(version)s, %(manufacturer)s, %(model)s, %(device)s, %(plate)s,
           %(plate_colour)s, %(province)s, %(city)s, %(now)s
    FROM known
    ON CONFLICT (terminal_id) DO UPDATE SET
        auth_digest = excluded.auth_digest, version = excluded.version, model = excluded.model,
        plate = excluded.plate, plate_colour = excluded.plate_colour, province = excluded.province,
        city = excluded.city, registered_at = excluded.registered_at
    WHERE (registered.manufacturer, registered.device) = (excluded.manufacturer, excluded.device)
    RETURNING terminal_id
)
SELECT EXISTS (SELECT FROM known) AS known, EXISTS (SELECT FROM taken) AS taken
"""
# What was sent over a connection that is gone, nobody will answer any more.
AUTHENTICATE = """
WITH known AS (
    SELECT terminal.id, terminal.code
    FROM terminal JOIN jt808_terminal AS registered ON registered.terminal_id = terminal.id
    WHERE terminal.code = %(phone)s AND terminal.protocol = 'jt808' AND terminal.active
      AND registered.auth_digest = %(auth_digest)s
), noted AS (
    UPDATE jt808_terminal SET authenticated_at = %(now)s, imei = %(imei)s, software = %(software)s
    FROM known WHERE terminal_id = known.id
), given_up AS (
    UPDATE terminal_command SET status = 'unanswered'
    FROM known WHERE status = 'sent' AND terminal_id = known.id
)
SELECT id, code FROM known
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


@dataclass(frozen=True)
class Registered:
    """What became of a registration."""

    known: bool  # the office has registered the number
    taken: bool  # and this device has it now


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


async def register(
    connection: Connection, phone: str, auth_digest: bytes, device: Device, now: datetime
) -> Registered:
    parameters = {"phone": phone, "auth_digest": auth_digest, "now": now, **asdict(device)}
    async with connection.cursor(row_factory=class_row(Registered)) as cursor:
        await cursor.execute(REGISTER, parameters)
        (registered,) = await cursor.fetchall()
    return registered


async def authenticate(
    connection: Connection, phone: str, auth_digest: bytes, imei: str, software: str, now: datetime
) -> KnownTerminal | None:
    """The terminal, if that is the digest of its code; who it is and when is noted."""
    parameters = {
        "phone": phone, "auth_digest": auth_digest, "imei": imei, "software": software, "now": now,
    }  # fmt: skip
    async with connection.cursor(row_factory=class_row(KnownTerminal)) as cursor:
        await cursor.execute(AUTHENTICATE, parameters)
        return await cursor.fetchone()


async def release(connection: Connection, terminal_id: int) -> None:
    await connection.execute(RELEASE, [terminal_id])


async def put_aside(connection: Connection, letter: Letter) -> None:
    parameters = [letter.received_at, letter.topic, letter.payload, letter.reason, letter.detail]
    await connection.execute(PUT_ASIDE, [*parameters, letter.terminal])


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
