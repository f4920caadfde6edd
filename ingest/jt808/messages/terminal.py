"""What a terminal says about itself: answers, registration, authentication, parameters, properties."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ingest.jt808.header import Version
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
    Prefixed,
    Rest,
    Since,
    Text,
    Text8,
    TextRest,
    UInt,
)
from ingest.jt808.moments import DigitsWire


def _text(v2011: int, v2013: int, v2019: int) -> ByVersion:
    return ByVersion(Text(Fixed(v2011)), Text(Fixed(v2013)), Text(Fixed(v2019)))


class TerminalResponse(Body, frozen=True):
    """0x0001, 终端通用应答. Result: 0 done, 1 failed, 2 wrong message, 3 not supported."""

    ID = 0x0001
    response_serial: U16
    response_id: U16
    result: U8


class Heartbeat(Body, frozen=True):
    """0x0002, 终端心跳."""

    ID = 0x0002


class Deregistration(Body, frozen=True):
    """0x0003, 终端注销."""

    ID = 0x0003


class ServerTimeQuery(Body, frozen=True):
    """0x0004, 查询服务器时间 (2019)."""

    ID = 0x0004


class TerminalResend(Body, frozen=True):
    """0x0005, 终端补传分包请求 (2019): fragments of ours that did not arrive."""

    ID = 0x0005
    response_serial: U16
    packet_ids: Annotated[tuple[int, ...], Many(UInt(2), UInt(2))]


class Registration(Body, frozen=True):
    """0x0100, 终端注册."""

    ID = 0x0100
    province: U16  # GB/T 2260, first two digits
    city: U16  # its last four digits
    manufacturer: Annotated[str, _text(5, 5, 11)]
    model: Annotated[str, _text(8, 20, 30)]
    terminal_id: Annotated[str, _text(7, 7, 30)]  # the manufacturer's own number
    plate_colour: U8  # 0 not licensed: `plate` is then the VIN
    plate: TextRest


class Authentication(Body, frozen=True):
    """0x0102, 终端鉴权."""

    ID = 0x0102
    auth_code: Annotated[str, ByVersion(Text(Rest()), Text(Rest()), Text(Prefixed(1)))]
    imei: Annotated[str, Text(Fixed(15)), Since(Version.V2019), MayBeMissing()] = ""
    software_version: Annotated[str, Text(Fixed(20)), Since(Version.V2019), MayBeMissing()] = ""


class Parameter(msgspec.Struct, frozen=True):
    """One terminal parameter as it stands on the wire; `parameters.py` knows what some mean."""

    id: U32
    value: Annotated[bytes, Prefixed(1)]


class ParametersResponse(Body, frozen=True):
    """0x0104, 查询终端参数应答."""

    ID = 0x0104
    response_serial: U16
    parameters: Annotated[tuple[Parameter, ...], Many(UInt(1), Nested(Parameter))]


class Properties(Body, frozen=True):
    """0x0107, 查询终端属性应答."""

    ID = 0x0107
    terminal_type: U16  # bits
    manufacturer: Annotated[str, Text(Fixed(5))]
    model: Annotated[str, _text(20, 20, 30)]
    terminal_id: Annotated[str, _text(7, 7, 30)]
    iccid: Annotated[str, DigitsWire(10)]
    hardware_version: Text8
    firmware_version: Text8
    gnss_properties: U8  # bits
    communication_properties: U8  # bits


class UpgradeResult(Body, frozen=True):
    """0x0108, 终端升级结果通知. Result: 0 done, 1 failed, 2 cancelled."""

    ID = 0x0108
    upgrade_type: U8
    result: U8


class EventReport(Body, frozen=True):
    """0x0301, 事件报告 (2013)."""

    ID = 0x0301
    event_id: U8


class QuestionAnswer(Body, frozen=True):
    """0x0302, 提问应答 (2013)."""

    ID = 0x0302
    response_serial: U16
    answer_id: U8


class InformationDemand(Body, frozen=True):
    """0x0303, 信息点播/取消 (2013). Action: 0 cancel, 1 order."""

    ID = 0x0303
    information_type: U8
    action: U8


TERMINAL_MESSAGES: tuple[type[Body], ...] = (
    TerminalResponse,
    Heartbeat,
    Deregistration,
    ServerTimeQuery,
    TerminalResend,
    Registration,
    Authentication,
    ParametersResponse,
    Properties,
    UpgradeResult,
    EventReport,
    QuestionAnswer,
    InformationDemand,
)
