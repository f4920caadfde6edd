"""What the platform says to a terminal: answers, parameters, questions, texts, control."""

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
    Raw,
    Rest,
    Since,
    Text,
    Text8,
    Text16,
    TextRest,
    UInt,
    Until,
)
from ingest.jt808.messages.terminal import Parameter


class GeneralResponse(Body, frozen=True):
    """0x8001, 平台通用应答. Result: 0 done, 1 failed, 2 wrong message, 3 not supported, 4 alarm confirmed."""

    ID = 0x8001
    response_serial: U16
    response_id: U16
    result: U8


class FragmentsAgain(Body, frozen=True):
    """0x8003, 补传分包请求: fragments that did not arrive."""

    ID = 0x8003
    response_serial: U16  # of the first fragment
    packet_ids: Annotated[
        tuple[int, ...],
        ByVersion(Many(UInt(1), UInt(2)), Many(UInt(1), UInt(2)), Many(UInt(2), UInt(2))),
    ]


class ServerTime(Body, frozen=True):
    """0x8004, 查询服务器时间应答 (2019). The time is UTC for once."""

    ID = 0x8004
    time: Annotated[bytes, Fixed(6)]


class RegistrationResponse(Body, frozen=True):
    """0x8100, 终端注册应答.

    Result: 0 done, 1 vehicle registered already, 2 no such vehicle, 3 terminal registered already,
    4 no such terminal. The code comes with 0 only.
    """

    ID = 0x8100
    response_serial: U16
    result: U8
    auth_code: Annotated[str, Text(Rest()), MayBeMissing()] = ""


class SetParameters(Body, frozen=True):
    """0x8103, 设置终端参数."""

    ID = 0x8103
    parameters: Annotated[tuple[Parameter, ...], Many(UInt(1), Nested(Parameter))]


class QueryParameters(Body, frozen=True):
    """0x8104, 查询终端参数: all of them."""

    ID = 0x8104


class TerminalControl(Body, frozen=True):
    """0x8105, 终端控制."""

    ID = 0x8105
    command: U8
    parameters: TextRest


class QueryGivenParameters(Body, frozen=True):
    """0x8106, 查询指定终端参数."""

    ID = 0x8106
    parameter_ids: Annotated[tuple[int, ...], Many(UInt(1), UInt(4))]


class QueryProperties(Body, frozen=True):
    """0x8107, 查询终端属性."""

    ID = 0x8107


class Upgrade(Body, frozen=True):
    """0x8108, 下发终端升级包."""

    ID = 0x8108
    upgrade_type: U8
    manufacturer: Annotated[str, Text(Fixed(5))]
    version: Text8
    data: Annotated[bytes, Prefixed(4)]


class QueryLocation(Body, frozen=True):
    """0x8201, 位置信息查询."""

    ID = 0x8201


class TrackTemporarily(Body, frozen=True):
    """0x8202, 临时位置跟踪控制. Seconds; interval 0 ends it."""

    ID = 0x8202
    interval: U16
    validity: Annotated[int, UInt(4), MayBeMissing()] = 0


class ConfirmAlarm(Body, frozen=True):
    """0x8203, 人工确认报警消息."""

    ID = 0x8203
    response_serial: U16
    alarm_type: U32  # bits


class LinkCheck(Body, frozen=True):
    """0x8204, 链路检测 (2019)."""

    ID = 0x8204


class TextMessage(Body, frozen=True):
    """0x8300, 文本信息下发.

    Flags: bit 0 urgent (2019: bits 0-1, 1 service, 2 urgent, 3 notice), 2 display, 3 read aloud,
    4 advertising screen, 5 fault code instead of navigation. Type (2019): 1 notice, 2 service.
    """

    ID = 0x8300
    flags: U8
    text_type: Annotated[int, UInt(1), Since(Version.V2019)] = 1
    text: TextRest = ""


class EventSetting(msgspec.Struct, frozen=True):
    """One event a driver may report."""

    id: U8
    content: Text8


class SetEvents(Body, frozen=True):
    """0x8301, 事件设置 (2013)."""

    ID = 0x8301
    type: U8
    events: Annotated[tuple[EventSetting, ...], Many(UInt(1), Nested(EventSetting)), MayBeMissing()] = ()


class Answer(msgspec.Struct, frozen=True):
    """One of the answers to a question."""

    id: U8
    content: Text16


class Question(Body, frozen=True):
    """0x8302, 提问下发 (2013)."""

    ID = 0x8302
    flags: U8
    question: Text8
    answers: Annotated[tuple[Answer, ...], Many(None, Nested(Answer))]


class Information(msgspec.Struct, frozen=True):
    """One entry of the information menu."""

    type: U8
    name: Text16


class SetInformationMenu(Body, frozen=True):
    """0x8303, 信息点播菜单设置 (2013)."""

    ID = 0x8303
    type: U8
    items: Annotated[tuple[Information, ...], Many(UInt(1), Nested(Information)), MayBeMissing()] = ()


class InformationService(Body, frozen=True):
    """0x8304, 信息服务 (2013)."""

    ID = 0x8304
    type: U8
    content: Text16


class CallBack(Body, frozen=True):
    """0x8400, 电话回拨. Flag: 0 call, 1 listen."""

    ID = 0x8400
    flag: U8
    phone: TextRest


class Contact(msgspec.Struct, frozen=True):
    """One entry of the phone book. Flag: 1 incoming, 2 outgoing, 3 both."""

    flag: U8
    phone: Text8
    name: Text8


class SetPhoneBook(Body, frozen=True):
    """0x8401, 设置电话本."""

    ID = 0x8401
    type: U8
    contacts: Annotated[tuple[Contact, ...], Many(UInt(1), Nested(Contact)), MayBeMissing()] = ()


class VehicleControl(Body, frozen=True):
    """0x8500, 车辆控制. 2013: bit 0 locks the doors. 2019: typed items after their number."""

    ID = 0x8500
    flags: Annotated[int, UInt(1), Until(Version.V2013)] = 0
    items: Annotated[bytes, Rest(), Since(Version.V2019)] = b""


class QueryAreas(Body, frozen=True):
    """0x8608, 查询区域或线路数据 (2019). Type: 1 circle, 2 rectangle, 3 polygon, 4 route; no ids: all."""

    ID = 0x8608
    type: U8
    area_ids: Annotated[tuple[int, ...], Many(UInt(4), UInt(4))]


class RecorderCommand(Body, frozen=True):
    """0x8700, 行驶记录仪数据采集命令 (GB/T 19056)."""

    ID = 0x8700
    command: U8
    data: Raw


class RecorderParameters(Body, frozen=True):
    """0x8701, 行驶记录仪参数下传命令 (GB/T 19056)."""

    ID = 0x8701
    command: U8
    data: Raw


class QueryDriver(Body, frozen=True):
    """0x8702, 上报驾驶员身份信息请求: answered by 0x0702."""

    ID = 0x8702


class DataDownlink(Body, frozen=True):
    """0x8900, 数据下行透传."""

    ID = 0x8900
    type: U8
    content: Raw


class PlatformPublicKey(Body, frozen=True):
    """0x8A00, 平台 RSA 公钥."""

    ID = 0x8A00
    exponent: U32
    modulus: Annotated[bytes, Fixed(128)]


PLATFORM_MESSAGES: tuple[type[Body], ...] = (
    GeneralResponse,
    FragmentsAgain,
    ServerTime,
    RegistrationResponse,
    SetParameters,
    QueryParameters,
    TerminalControl,
    QueryGivenParameters,
    QueryProperties,
    Upgrade,
    QueryLocation,
    TrackTemporarily,
    ConfirmAlarm,
    LinkCheck,
    TextMessage,
    SetEvents,
    Question,
    SetInformationMenu,
    InformationService,
    CallBack,
    SetPhoneBook,
    VehicleControl,
    QueryAreas,
    RecorderCommand,
    RecorderParameters,
    QueryDriver,
    DataDownlink,
    PlatformPublicKey,
)
