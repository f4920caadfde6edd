"""Areas and routes set in a terminal (0x8600-0x8607). Coordinates in millionths of a degree, unsigned.

Bit 0 of the attribute says that times follow, bit 1 that a speed limit does.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from ingest.jt808.header import Version
from ingest.jt808.layout import (
    U8,
    U16,
    U32,
    Body,
    Many,
    MayBeMissing,
    Nested,
    Prefixed,
    Since,
    Text,
    UInt,
    When,
)
from ingest.jt808.moments import Moment, MomentWire

TIMED = When("attribute", 1 << 0)
LIMITED = When("attribute", 1 << 1)
NEW = Since(Version.V2019)

OptionalMoment = Annotated[Moment, MomentWire(), TIMED]
MaxSpeed = Annotated[int | None, UInt(2), LIMITED]  # km/h
OverspeedDuration = Annotated[int | None, UInt(1), LIMITED]  # seconds
NightMaxSpeed = Annotated[int | None, UInt(2), LIMITED, NEW, MayBeMissing()]  # km/h
Name = Annotated[str, Text(Prefixed(2)), NEW, MayBeMissing()]


class Circle(msgspec.Struct, frozen=True):
    """Radius in metres."""

    id: U32
    attribute: U16
    latitude: U32
    longitude: U32
    radius: U32
    start: OptionalMoment = None
    end: OptionalMoment = None
    max_speed: MaxSpeed = None
    overspeed_duration: OverspeedDuration = None
    night_max_speed: NightMaxSpeed = None
    name: Name = ""


class Rectangle(msgspec.Struct, frozen=True):
    """Upper left and lower right corner."""

    id: U32
    attribute: U16
    upper_latitude: U32
    left_longitude: U32
    lower_latitude: U32
    right_longitude: U32
    start: OptionalMoment = None
    end: OptionalMoment = None
    max_speed: MaxSpeed = None
    overspeed_duration: OverspeedDuration = None
    night_max_speed: NightMaxSpeed = None
    name: Name = ""


class Vertex(msgspec.Struct, frozen=True):
    """A corner of a polygon."""

    latitude: U32
    longitude: U32


class Turn(msgspec.Struct, frozen=True):
    """Where a route bends. Bit 0 of the attribute: times to drive the segment in, bit 1: a limit."""

    id: U32
    segment_id: U32
    latitude: U32
    longitude: U32
    width: U8  # metres
    attribute: U8
    longest_time: Annotated[int | None, UInt(2), TIMED] = None  # seconds
    shortest_time: Annotated[int | None, UInt(2), TIMED] = None  # seconds
    max_speed: MaxSpeed = None
    overspeed_duration: OverspeedDuration = None
    night_max_speed: Annotated[int | None, UInt(2), LIMITED, NEW] = None


class SetCircles(Body, frozen=True):
    """0x8600, 设置圆形区域. Action: 0 update, 1 append, 2 modify."""

    ID = 0x8600
    action: U8
    areas: Annotated[tuple[Circle, ...], Many(UInt(1), Nested(Circle))]


class SetRectangles(Body, frozen=True):
    """0x8602, 设置矩形区域."""

    ID = 0x8602
    action: U8
    areas: Annotated[tuple[Rectangle, ...], Many(UInt(1), Nested(Rectangle))]


class SetPolygon(Body, frozen=True):
    """0x8604, 设置多边形区域."""

    ID = 0x8604
    id: U32
    attribute: U16
    start: OptionalMoment = None
    end: OptionalMoment = None
    max_speed: MaxSpeed = None
    overspeed_duration: OverspeedDuration = None
    vertices: Annotated[tuple[Vertex, ...], Many(UInt(2), Nested(Vertex))] = ()
    night_max_speed: NightMaxSpeed = None
    name: Name = ""


class SetRoute(Body, frozen=True):
    """0x8606, 设置路线."""

    ID = 0x8606
    id: U32
    attribute: U16
    start: OptionalMoment = None
    end: OptionalMoment = None
    turns: Annotated[tuple[Turn, ...], Many(UInt(2), Nested(Turn))] = ()
    name: Name = ""


class DeleteCircles(Body, frozen=True):
    """0x8601, 删除圆形区域; none named means all."""

    ID = 0x8601
    area_ids: Annotated[tuple[int, ...], Many(UInt(1), UInt(4))]


class DeleteRectangles(Body, frozen=True):
    """0x8603, 删除矩形区域."""

    ID = 0x8603
    area_ids: Annotated[tuple[int, ...], Many(UInt(1), UInt(4))]


class DeletePolygons(Body, frozen=True):
    """0x8605, 删除多边形区域."""

    ID = 0x8605
    area_ids: Annotated[tuple[int, ...], Many(UInt(1), UInt(4))]


class DeleteRoutes(Body, frozen=True):
    """0x8607, 删除路线."""

    ID = 0x8607
    area_ids: Annotated[tuple[int, ...], Many(UInt(1), UInt(4))]


AREA_MESSAGES: tuple[type[Body], ...] = (
    SetCircles,
    DeleteCircles,
    SetRectangles,
    DeleteRectangles,
    SetPolygon,
    DeletePolygons,
    SetRoute,
    DeleteRoutes,
)
