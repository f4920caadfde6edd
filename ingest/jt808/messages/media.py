"""Pictures, sound and film of JT/T 808 itself (0x0800-0x0805, 0x8800-0x8805)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ingest.jt808.layout import U8, U16, U32, Body, Many, MayBeMissing, Nested, Raw, UInt
from ingest.jt808.location import BareLocation
from ingest.jt808.moments import Moment


class MediaEvent(Body, frozen=True):
    """0x0800, 多媒体事件信息上传."""

    ID = 0x0800
    media_id: U32
    media_type: U8  # 0 picture, 1 sound, 2 film
    format: U8
    event: U8
    channel: U8


class MediaUpload(Body, frozen=True):
    """0x0801, 多媒体数据上传."""

    ID = 0x0801
    media_id: U32
    media_type: U8
    format: U8
    event: U8
    channel: U8
    location: BareLocation
    data: Raw


class StoredMedia(msgspec.Struct, frozen=True):
    """One find of a search."""

    media_id: U32
    media_type: U8
    channel: U8
    event: U8
    location: BareLocation


class MediaSearchResponse(Body, frozen=True):
    """0x0802, 存储多媒体数据检索应答."""

    ID = 0x0802
    response_serial: U16
    items: Annotated[tuple[StoredMedia, ...], Many(UInt(2), Nested(StoredMedia))]


class CameraResponse(Body, frozen=True):
    """0x0805, 摄像头立即拍摄命令应答. Result: 0 done, 1 failed, 2 no such channel."""

    ID = 0x0805
    response_serial: U16
    result: U8
    media_ids: Annotated[tuple[int, ...], Many(UInt(2), UInt(4)), MayBeMissing()] = ()


class MediaUploadResponse(Body, frozen=True):
    """0x8800, 多媒体数据上传应答: fragments still missing, none when all is there."""

    ID = 0x8800
    media_id: U32
    packet_ids: Annotated[tuple[int, ...], Many(UInt(1), UInt(2)), MayBeMissing()] = ()


class TakePicture(Body, frozen=True):
    """0x8801, 摄像头立即拍摄命令. Command: 0 stop, 0xffff film, else so many pictures. Interval in s."""

    ID = 0x8801
    channel: U8
    command: U16
    interval: U16
    save: U8
    resolution: U8
    quality: U8
    brightness: U8
    contrast: U8
    saturation: U8
    chroma: U8


class MediaSearch(Body, frozen=True):
    """0x8802, 存储多媒体数据检索."""

    ID = 0x8802
    media_type: U8
    channel: U8
    event: U8
    start: Moment
    end: Moment


class MediaUploadCommand(Body, frozen=True):
    """0x8803, 存储多媒体数据上传命令."""

    ID = 0x8803
    media_type: U8
    channel: U8
    event: U8
    start: Moment
    end: Moment
    delete: U8


class RecordSound(Body, frozen=True):
    """0x8804, 录音开始命令. Command: 0 stop, 1 start. Seconds."""

    ID = 0x8804
    command: U8
    duration: U16
    save: U8
    sampling_rate: U8


class OneMediaUploadCommand(Body, frozen=True):
    """0x8805, 单条存储多媒体数据检索上传命令."""

    ID = 0x8805
    media_id: U32
    delete: U8


MEDIA_MESSAGES: tuple[type[Body], ...] = (
    MediaEvent,
    MediaUpload,
    MediaSearchResponse,
    CameraResponse,
    MediaUploadResponse,
    TakePicture,
    MediaSearch,
    MediaUploadCommand,
    RecordSound,
    OneMediaUploadCommand,
)
