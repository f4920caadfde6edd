"""What a terminal reports of the vehicle and its driver."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ingest.jt808.header import Version
from ingest.jt808.layout import (
    U8,
    U16,
    U32,
    Body,
    Fixed,
    Many,
    MayBeMissing,
    Nested,
    Prefixed,
    Raw,
    Since,
    Text,
    Text8,
    Text16,
    UInt,
)
from ingest.jt808.location import LocationBatch, WholeLocation
from ingest.jt808.moments import DigitsWire, Moment


class LocationReport(Body, frozen=True):
    """0x0200, 位置信息汇报."""

    ID = 0x0200
    location: WholeLocation


class LocationQueryResponse(Body, frozen=True):
    """0x0201, 位置信息查询应答."""

    ID = 0x0201
    response_serial: U16
    location: WholeLocation


class VehicleControlResponse(Body, frozen=True):
    """0x0500, 车辆控制应答."""

    ID = 0x0500
    response_serial: U16
    location: WholeLocation


class RecorderUpload(Body, frozen=True):
    """0x0700, 行驶记录数据上传 (GB/T 19056)."""

    ID = 0x0700
    response_serial: U16
    command: U8
    data: Raw


class Waybill(Body, frozen=True):
    """0x0701, 电子运单上报."""

    ID = 0x0701
    content: Annotated[bytes, Prefixed(4)]


class DriverCard(Body, frozen=True):
    """0x0702, 驾驶员身份信息采集上报, 2013 and 2019.

    Status: 1 card inserted, 2 withdrawn. Result: 0 read, 1 failed: certificate, 2 card locked,
    3 card withdrawn, 4 checksum.
    """

    ID = 0x0702
    status: U8
    time: Moment
    result: Annotated[int, UInt(1), MayBeMissing()] = 0
    driver_name: Annotated[str, Text(Prefixed(1)), MayBeMissing()] = ""
    qualification: Annotated[str, Text(Fixed(20)), MayBeMissing()] = ""  # 从业资格证编码
    issuer: Annotated[str, Text(Prefixed(1)), MayBeMissing()] = ""
    valid_until: Annotated[str, DigitsWire(4), MayBeMissing()] = ""  # YYYYMMDD
    identity_card: Annotated[str, Text(Fixed(20)), Since(Version.V2019), MayBeMissing()] = ""


class DriverIdentity(Body, frozen=True):
    """0x0702, 驾驶员身份信息采集上报, 2011: who drives, without a moment."""

    ID = 0x0702
    driver_name: Text8
    identity_card: Annotated[str, Text(Fixed(20))]
    qualification: Annotated[str, Text(Fixed(40))]
    issuer: Text8


class LocationBatchReport(Body, frozen=True):
    """0x0704, 定位数据批量上传. Type: 0 normal, 1 re-upload from a blind spot (盲区补报)."""

    ID = 0x0704
    count: U16
    type: U8
    items: LocationBatch


class CanFrame(msgspec.Struct, frozen=True):
    """One frame of the vehicle's bus."""

    id: U32
    data: Annotated[bytes, Fixed(8)]


class CanUpload(Body, frozen=True):
    """0x0705, CAN 总线数据上传."""

    ID = 0x0705
    count: U16
    time: Annotated[str, DigitsWire(5)]  # hhmmss and milliseconds, GMT+8
    items: Annotated[tuple[CanFrame, ...], Many(None, Nested(CanFrame))]


class DataUplink(Body, frozen=True):
    """0x0900, 数据上行透传. Type: 0x00 GNSS, 0x0b road transport card, 0x41 serial port 1, 0xf0.. own."""

    ID = 0x0900
    type: U8
    content: Raw


class CompressedReport(Body, frozen=True):
    """0x0901, 数据压缩上报 (gzip)."""

    ID = 0x0901
    content: Annotated[bytes, Prefixed(4)]


class TerminalPublicKey(Body, frozen=True):
    """0x0A00, 终端 RSA 公钥."""

    ID = 0x0A00
    exponent: U32
    modulus: Annotated[bytes, Fixed(128)]


class CustomInformation(Body, frozen=True):
    """0x0304, an extension seen in the field: text a terminal sends in answer to one."""

    ID = 0x0304
    response_serial: U16
    type: U8
    information: Text16


class AreaQueryResponse(Body, frozen=True):
    """0x0608, 查询区域或线路数据应答 (2019). Type: 1 circle, 2 rectangle, 3 polygon, 4 route."""

    ID = 0x0608
    type: U8
    count: U32
    areas: Raw


REPORTS: tuple[type[Body], ...] = (
    LocationReport,
    LocationQueryResponse,
    CustomInformation,
    VehicleControlResponse,
    AreaQueryResponse,
    RecorderUpload,
    Waybill,
    DriverCard,
    LocationBatchReport,
    CanUpload,
    DataUplink,
    CompressedReport,
    TerminalPublicKey,
)
