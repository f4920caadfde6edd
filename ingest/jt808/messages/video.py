"""Video terminals of JT/T 1078: they speak the same frames, and a 808 line may carry these."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ingest.jt808.layout import U8, U16, U32, U64, Body, Many, Nested, Text8, UInt
from ingest.jt808.moments import Moment


class VideoProperties(Body, frozen=True):
    """0x1003, 终端上传音视频属性."""

    ID = 0x1003
    audio_encoding: U8
    audio_channels: U8
    audio_sampling_rate: U8
    audio_bits: U8
    audio_frame_length: U16
    audio_output: U8
    video_encoding: U8
    max_audio_channels: U8
    max_video_channels: U8


class PassengerFlow(Body, frozen=True):
    """0x1005, 终端上传乘客流量."""

    ID = 0x1005
    start: Moment
    end: Moment
    boarded: U16
    alighted: U16


class Recording(msgspec.Struct, frozen=True):
    """One stored recording. Size in bytes."""

    channel: U8
    start: Moment
    end: Moment
    alarm: U64  # bits
    media_type: U8
    stream_type: U8
    storage_type: U8
    size: U32


class RecordingList(Body, frozen=True):
    """0x1205, 终端上传音视频资源列表."""

    ID = 0x1205
    response_serial: U16
    items: Annotated[tuple[Recording, ...], Many(UInt(4), Nested(Recording))]


class FileUploaded(Body, frozen=True):
    """0x1206, 文件上传完成通知. Result: 0 done, 1 failed."""

    ID = 0x1206
    response_serial: U16
    result: U8


class QueryVideoProperties(Body, frozen=True):
    """0x9003, 查询终端音视频属性."""

    ID = 0x9003


class LiveRequest(Body, frozen=True):
    """0x9101, 实时音视频传输请求."""

    ID = 0x9101
    address: Text8
    tcp_port: U16
    udp_port: U16
    channel: U8
    media_type: U8
    stream_type: U8


class LiveControl(Body, frozen=True):
    """0x9102, 音视频实时传输控制."""

    ID = 0x9102
    channel: U8
    command: U8
    close_type: U8
    stream_type: U8


class LiveStatus(Body, frozen=True):
    """0x9105, 实时音视频传输状态通知. Loss in per cent."""

    ID = 0x9105
    channel: U8
    packet_loss: U8


class PlaybackRequest(Body, frozen=True):
    """0x9201, 平台下发远程录像回放请求."""

    ID = 0x9201
    address: Text8
    tcp_port: U16
    udp_port: U16
    channel: U8
    media_type: U8
    stream_type: U8
    storage_type: U8
    playback_mode: U8
    playback_speed: U8
    start: Moment
    end: Moment


class PlaybackControl(Body, frozen=True):
    """0x9202, 平台下发远程录像回放控制."""

    ID = 0x9202
    channel: U8
    command: U8
    playback_speed: U8
    position: Moment


class QueryRecordings(Body, frozen=True):
    """0x9205, 查询资源列表."""

    ID = 0x9205
    channel: U8
    start: Moment
    end: Moment
    alarm: U64  # bits
    media_type: U8
    stream_type: U8
    storage_type: U8


class FileUploadCommand(Body, frozen=True):
    """0x9206, 文件上传指令 (FTP). Condition: bit 0 Wi-Fi, 1 LAN, 2 mobile network."""

    ID = 0x9206
    address: Text8
    port: U16
    user: Text8
    password: Text8
    path: Text8
    channel: U8
    start: Moment
    end: Moment
    alarm: U64  # bits
    media_type: U8
    stream_type: U8
    storage_type: U8
    condition: U8


class FileUploadControl(Body, frozen=True):
    """0x9207, 文件上传控制. Command: 0 pause, 1 continue, 2 cancel."""

    ID = 0x9207
    response_serial: U16
    command: U8


class CameraTurn(Body, frozen=True):
    """0x9301, 云台旋转."""

    ID = 0x9301
    channel: U8
    direction: U8
    speed: U8


class CameraFocus(Body, frozen=True):
    """0x9302, 云台调整焦距控制."""

    ID = 0x9302
    channel: U8
    direction: U8


class CameraIris(Body, frozen=True):
    """0x9303, 云台调整光圈控制."""

    ID = 0x9303
    channel: U8
    direction: U8


class CameraWiper(Body, frozen=True):
    """0x9304, 云台雨刷控制."""

    ID = 0x9304
    channel: U8
    on: U8


class CameraInfrared(Body, frozen=True):
    """0x9305, 红外补光控制."""

    ID = 0x9305
    channel: U8
    on: U8


class CameraZoom(Body, frozen=True):
    """0x9306, 云台变倍控制."""

    ID = 0x9306
    channel: U8
    direction: U8


VIDEO_MESSAGES: tuple[type[Body], ...] = (
    VideoProperties,
    PassengerFlow,
    RecordingList,
    FileUploaded,
    QueryVideoProperties,
    LiveRequest,
    LiveControl,
    LiveStatus,
    PlaybackRequest,
    PlaybackControl,
    QueryRecordings,
    FileUploadCommand,
    FileUploadControl,
    CameraTurn,
    CameraFocus,
    CameraIris,
    CameraWiper,
    CameraInfrared,
    CameraZoom,
)
