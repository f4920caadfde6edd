"""How a car moves along a road: limits, bends, traffic lights, and what its engine and brakes can do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.terminals.roads import Road

STATION_M = 8.0
ACCELERATION = 1.3  # m/s²
BRAKING = 1.9  # m/s²
LIGHT_EVERY_JUNCTION = 0.07
"""Share of junctions where the light is red."""


@dataclass(frozen=True, slots=True)
class Style:
    """How this driver drives: share of the legal limit aimed at on open road."""

    share_of_limit: float = 0.92


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive as functions of seconds since departure."""

    seconds: NDArray[np.float64]
    metres: NDArray[np.float64]
    speeds: NDArray[np.float64]  # m/s
    limits_kmh: NDArray[np.float64]  # legal limit there
    road_metres: NDArray[np.float64]  # at each vertex of the road
    lonlat: NDArray[np.float64]

    @property
    def duration_s(self) -> float:
        return float(self.seconds[-1])

    @property
    def length_m(self) -> float:
        return float(self.road_metres[-1])

    def seconds_over(self, share: float) -> float:
        """For how long the car is faster than `share` times the legal limit."""
        over = self.speeds[1:] * 3.6 > self.limits_kmh[1:] * share
        return float(np.diff(self.seconds)[over].sum())

    def at(self, second: float) -> tuple[float, float, float, float, float]:
        """Longitude, latitude, speed km/h, heading degrees, metres driven."""
        metre = float(np.interp(second, self.seconds, self.metres))
        speed = float(np.interp(second, self.seconds, self.speeds)) * 3.6
        lon = float(np.interp(metre, self.road_metres, self.lonlat[:, 0]))
        lat = float(np.interp(metre, self.road_metres, self.lonlat[:, 1]))
        index = int(np.clip(np.searchsorted(self.road_metres, metre, side="right"), 1, len(self.lonlat) - 1))
        east, north = self.lonlat[index] - self.lonlat[index - 1]
        heading = float(np.degrees(np.arctan2(east * np.cos(np.radians(lat)), north))) % 360
        return lon, lat, speed, heading, metre


def plan_drive(road: Road, style: Style, random: np.random.Generator) -> Drive:
    """Speeds that respect the limits times the driver's share, the bends, and random red lights."""
    road_metres = np.concatenate([[0.0], np.cumsum(road.lengths_m)])
    stations = np.linspace(0, road_metres[-1], max(3, int(road_metres[-1] / STATION_M) + 1))
    stretch = np.clip(np.searchsorted(road_metres, stations, side="right") - 1, 0, len(road.lengths_m) - 1)
    ceiling = road.limits_kmh[stretch] / 3.6 * style.share_of_limit
    ceiling = np.minimum(ceiling, _bend_ceiling(road, road_metres, stations))
    halts = _red_lights(road, road_metres, stations, random)
    ceiling[list(halts)] = 0.0
    ceiling[[0, -1]] = 0.0
    speeds = _reachable(ceiling, np.diff(stations))
    seconds, metres, profile = _timeline(stations, speeds, halts)
    limits = np.interp(metres, stations, road.limits_kmh[stretch])
    return Drive(seconds, metres, profile, limits, road_metres, road.lonlat)


def _bend_ceiling(
    road: Road, road_metres: NDArray[np.float64], stations: NDArray[np.float64]
) -> NDArray[np.float64]:
    ceiling = np.full(len(stations), np.inf)
    steps = np.diff(road.lonlat, axis=0) * [np.cos(np.radians(road.lonlat[0, 1])), 1.0]
    bearing = np.degrees(np.arctan2(steps[:, 0], steps[:, 1]))
    turn = np.abs((np.diff(bearing) + 180) % 360 - 180)
    for vertex in np.flatnonzero(turn > 25):
        nearest = int(np.argmin(np.abs(stations - road_metres[vertex + 1])))
        ceiling[nearest] = max(10.0, 52.0 - 0.42 * turn[vertex]) / 3.6
    return ceiling


def _red_lights(
    road: Road,
    road_metres: NDArray[np.float64],
    stations: NDArray[np.float64],
    random: np.random.Generator,
) -> dict[int, float]:
    red = np.flatnonzero(road.junctions & (random.random(len(road.junctions)) < LIGHT_EVERY_JUNCTION))
    nearest = {int(np.argmin(np.abs(stations - road_metres[vertex]))) for vertex in red}
    return {station: float(random.uniform(6, 35)) for station in sorted(nearest - {0, len(stations) - 1})}


def _reachable(ceiling: NDArray[np.float64], steps: NDArray[np.float64]) -> NDArray[np.float64]:
    speeds = ceiling.copy()
    for index in range(1, len(speeds)):
        speeds[index] = min(
            speeds[index], np.sqrt(speeds[index - 1] ** 2 + 2 * ACCELERATION * steps[index - 1])
        )
    for index in range(len(speeds) - 2, -1, -1):
        speeds[index] = min(speeds[index], np.sqrt(speeds[index + 1] ** 2 + 2 * BRAKING * steps[index]))
    return speeds


def _timeline(
    stations: NDArray[np.float64], speeds: NDArray[np.float64], halts: dict[int, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    seconds, metres, profile = [0.0], [0.0], [0.0]
    for index in range(1, len(stations)):
        mean = max((speeds[index] + speeds[index - 1]) / 2, 0.8)
        seconds.append(seconds[-1] + (stations[index] - stations[index - 1]) / mean)
        metres.append(float(stations[index]))
        profile.append(float(speeds[index]))
        if index in halts:
            seconds.append(seconds[-1] + halts[index])
            metres.append(float(stations[index]))
            profile.append(0.0)
    return np.asarray(seconds), np.asarray(metres), np.asarray(profile)
