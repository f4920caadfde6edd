"""Files that belong to an alarm of active safety terminals (T/JSATL 12): announced here, sent elsewhere."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ingest.jt808.layout import (
    U8,
    U16,
    U32,
    Body,
    ByVersion,
    Fixed,
    Many,
    MayBeMissing,
    Nested,
    Text,
    Text8,
    UInt,
)
from ingest.jt808.moments import Moment

DEVICE = ByVersion(Text(Fixed(7)), Text(Fixed(7)), Text(Fixed(30)))
RESERVED = ByVersion(Fixed(1), Fixed(1), Fixed(2))


class AlarmFile(msgspec.Struct, frozen=True):
    """One file of an alarm. Size in bytes."""

    name: Text8
    size: U32


class AlarmFiles(Body, frozen=True):
    """0x1210, 报警附件信息消息."""

    ID = 0x1210
    terminal_id: Annotated[str, DEVICE]
    alarm_terminal_id: Annotated[str, DEVICE]
    alarm_time: Moment
    alarm_serial: U8
    file_count: U8
    reserved: Annotated[bytes, RESERVED]
    alarm_id: Annotated[str, Text(Fixed(32))]
    type: U8
    files: Annotated[tuple[AlarmFile, ...], Many(UInt(1), Nested(AlarmFile))]


class FileAnnounced(Body, frozen=True):
    """0x1211, 文件信息上传."""

    ID = 0x1211
    name: Text8
    type: U8
    size: U32


class FileSent(Body, frozen=True):
    """0x1212, 文件上传完成消息."""

    ID = 0x1212
    name: Text8
    type: U8
    size: U32


class UploadAlarmFiles(Body, frozen=True):
    """0x9208, 报警附件上传指令."""

    ID = 0x9208
    address: Text8
    tcp_port: U16
    udp_port: U16
    alarm_terminal_id: Annotated[str, DEVICE]
    alarm_time: Moment
    alarm_serial: U8
    file_count: U8
    reserved: Annotated[bytes, RESERVED]
    alarm_id: Annotated[str, Text(Fixed(32))]
    reserved_too: Annotated[bytes, Fixed(16), MayBeMissing()] = bytes(16)


class Gap(msgspec.Struct, frozen=True):
    """Bytes of a file that did not arrive."""

    offset: U32
    length: U32


class FileSentResponse(Body, frozen=True):
    """0x9212, 文件上传完成消息应答. Result: 0 complete, 1 send the gaps again."""

    ID = 0x9212
    name: Text8
    type: U8
    result: U8
    gaps: Annotated[tuple[Gap, ...], Many(UInt(1), Nested(Gap)), MayBeMissing()] = ()


ATTACHMENT_MESSAGES: tuple[type[Body], ...] = (
    AlarmFiles,
    FileAnnounced,
    FileSent,
    UploadAlarmFiles,
    FileSentResponse,
)
