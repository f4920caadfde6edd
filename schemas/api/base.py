"""What all API models share, and the problem details of RFC 9457."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Moment = AwareDatetime
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


class Received(BaseModel):
    """Base of what clients send: unknown fields are an error, so a typing mistake is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Answered(BaseModel):
    """Base of what we answer."""

    model_config = ConfigDict(frozen=True)


class Named(Answered):
    id: int
    name: str


class Spot(Received):
    """A named place on the map, WGS-84."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    lon: Longitude
    lat: Latitude


class FieldError(Answered):
    field: str
    message: str


class Problem(Answered):
    """RFC 9457 problem details: what was wrong, where, what to do."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    errors: list[FieldError] = []
