"""What cannot work says so, and names the remedy."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet.local import apt, paths
from fleet.local.architecture import this_architecture
from fleet.local.engines import Engines
from fleet.local.errors import EngineUnavailableError, LocalServiceError, PortTakenError
from fleet.local.plan import Configured, find_extract, make_plan
from fleet.local.ports import remembered_port, web_port
from fleet.local.progress import Steps
from fleet.local.tilemaker import build_basemap
from fleet.local.valhalla import build_tiles

NOTHING_CONFIGURED = Configured(database="", mqtt="", valhalla="", basemap="")


def test_an_unsupported_processor_is_refused_with_the_way_around_it() -> None:
    with pytest.raises(EngineUnavailableError) as refusal:
        this_architecture("riscv64")
    assert "riscv64" in refusal.value.detail
    assert "MOTORPOOL_DATABASE_URL" in refusal.value.remedy


def test_a_machine_without_apt_is_told_to_bring_its_own_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineUnavailableError, match="no apt"):
        apt.find_mirror()


def test_a_configured_mirror_wins_over_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTORPOOL_DEBIAN_MIRROR", "http://mirror.example/debian")
    assert apt.find_mirror() == "http://mirror.example/debian"


def test_an_unreachable_mirror_names_the_setting_that_replaces_it(tmp_path: Path) -> None:
    private = apt.PrivateApt(tmp_path, f"file:{tmp_path}/no-mirror", this_architecture())
    private.prepare()
    with pytest.raises(EngineUnavailableError) as refusal:
        private.update()
    assert "MOTORPOOL_DEBIAN_MIRROR" in refusal.value.remedy


def test_a_taken_port_is_refused_when_it_was_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTakenError) as refusal:
        web_port(other.getsockname()[1])
    assert "--port" in refusal.value.remedy


def test_the_next_port_is_taken_when_none_was_asked_for() -> None:
    first = web_port(None)
    with socket.create_server(("127.0.0.1", first)):
        assert web_port(None) > first


def test_an_engine_keeps_its_port_from_start_to_start(tmp_path: Path) -> None:
    assert remembered_port(tmp_path, "broker") == remembered_port(tmp_path, "broker")


def test_an_engine_moves_when_somebody_took_its_port(tmp_path: Path) -> None:
    port = remembered_port(tmp_path, "broker")
    with socket.create_server(("127.0.0.1", port)):
        assert remembered_port(tmp_path, "broker") != port


def test_a_full_disk_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(LocalServiceError) as refusal:
        paths.require_space(tmp_path, 2**62, "MOTORPOOL_DATA_DIR")
    assert "MOTORPOOL_DATA_DIR" in refusal.value.remedy


def test_a_folder_that_cannot_be_made_names_its_setting() -> None:
    with pytest.raises(LocalServiceError) as refusal:
        paths.make_folder(Path("/proc/motorpool"), "MOTORPOOL_CACHE_DIR")
    assert "MOTORPOOL_CACHE_DIR" in refusal.value.remedy


def test_running_without_any_road_network_says_how_to_give_one() -> None:
    with pytest.raises(LocalServiceError) as refusal:
        find_extract(None, None, NOTHING_CONFIGURED)
    assert "--osm" in refusal.value.remedy


def test_a_missing_extract_is_named() -> None:
    with pytest.raises(LocalServiceError, match=r"/nowhere/city\.osm\.pbf"):
        find_extract(Path("/nowhere/city.osm.pbf"), None, NOTHING_CONFIGURED)


def test_the_extract_of_the_last_run_is_used_again(tmp_path: Path) -> None:
    extract = tmp_path / "city.osm.pbf"
    extract.touch()
    assert find_extract(None, str(extract), NOTHING_CONFIGURED) == extract


def test_a_file_that_is_no_extract_is_refused_by_valhalla(tmp_path: Path, engines: Engines) -> None:
    extract = tmp_path / "holiday.jpg"
    extract.write_bytes(b"not a map")
    with pytest.raises(LocalServiceError, match=r"holiday\.jpg"):
        build_tiles(tmp_path, extract, engines)


def test_a_file_that_is_no_extract_is_refused_by_tilemaker(tmp_path: Path, engines: Engines) -> None:
    extract = tmp_path / "holiday.jpg"
    extract.write_bytes(b"not a map")
    with pytest.raises(LocalServiceError, match=r"holiday\.jpg"):
        build_basemap(tmp_path, extract, engines)


def test_a_machine_whose_engines_are_all_configured_fetches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTORPOOL_DATABASE_URL", "postgresql://db.example/motorpool")
    monkeypatch.setenv("MOTORPOOL_MQTT_URL", "mqtt://broker.example")
    monkeypatch.setenv("MOTORPOOL_VALHALLA_URL", "http://roads.example")
    plan = make_plan(paths.LocalPaths(cache=tmp_path / "cache", data=tmp_path), None, (), Steps(quiet=True))
    assert plan.services() == []
    assert not (tmp_path / "cache").exists()
