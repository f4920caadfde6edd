"""Cold hours move from the hypertable into packs, and no fix is lost or doubled on the way (DESIGN 4.1,
4.4)."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from fleet.history import repository, service
from fleet.history.errors import PackMismatchError
from fleet.history.fixes import Fixes, in_order, merged
from fleet.history.packs import repack, split
from tests.fleet.history.conftest import Archive
from tests.fleet.history.fixes_at_hand import track
from tests.fleet.office import MORNING

DAY = service.midnight(MORNING)


def same(found: Fixes, expected: Fixes) -> bool:
    return found.tobytes() == expected.tobytes()


async def test_a_cold_day_is_packed_and_reads_as_before(archive: Archive) -> None:
    fixes = track(500)
    await archive.arrive(fixes)

    done = await archive.pack()

    assert (done.fixes, done.reached) == (500, None)
    assert await archive.live() == 0
    assert same(await archive.read(), fixes)


async def test_a_day_that_is_not_cold_yet_stays_where_it_is(archive: Archive) -> None:
    await archive.arrive(track(10))
    archive.clock.instant = MORNING + timedelta(days=2)

    await archive.pack()

    assert (await archive.packs(), await archive.live()) == ([], 10)


async def test_busy_hours_stand_alone_and_quiet_ones_share_a_block(archive: Archive) -> None:
    busy = track(1440, step_s=5)  # two hours from 09:00 in Shanghai
    quiet = track(40, first_s=4 * 3600, step_s=300)  # 3 hours 20 minutes more
    await archive.arrive(merged(busy, quiet))

    await archive.pack()

    (pack,) = await archive.packs()
    assert [(block.hour, block.hours, block.fixes) for block in split(pack["blob"])] == [
        (1, 1, 720),
        (2, 1, 720),
        (5, 4, 40),
    ]


async def test_a_late_fix_joins_the_block_of_its_hour(archive: Archive) -> None:
    fixes = track(300)
    late = track(1, first_s=1234)
    await archive.arrive(fixes)
    await archive.pack()

    await archive.arrive(late)
    before = await archive.read()
    await archive.pack()

    assert same(before, merged(fixes, late))
    assert same(await archive.read(), merged(fixes, late))
    assert (await archive.live(), len(await archive.packs())) == (0, 1)


async def test_a_fix_that_is_sent_again_after_packing_counts_once(archive: Archive) -> None:
    fixes = track(300)
    await archive.arrive(fixes)
    await archive.pack()

    await archive.arrive(fixes[100:120])
    before = await archive.read()
    await archive.pack()

    assert same(before, fixes)
    assert same(await archive.read(), fixes)
    assert await archive.live() == 0


async def test_a_fix_between_blocks_forms_one_of_its_own(archive: Archive) -> None:
    morning, evening = track(720, step_s=5), track(300, first_s=5 * 3600)
    late = track(2, first_s=3 * 3600)
    await archive.arrive(merged(morning, evening))
    await archive.pack()

    await archive.arrive(late)
    await archive.pack()

    (pack,) = await archive.packs()
    assert [block.hour for block in split(pack["blob"])] == [1, 4, 6]
    assert same(await archive.read(), merged(merged(morning, evening), late))


async def test_the_same_boot_and_number_with_another_content_is_kept(archive: Archive) -> None:
    fixes = track(10)
    other = track(10, speed_kmh=50.0)
    other["digest"] += 1
    await archive.arrive(merged(fixes, other))

    await archive.pack()

    assert same(await archive.read(), merged(fixes, other))


async def test_a_fix_that_arrives_while_its_day_is_packed_is_not_lost(archive: Archive) -> None:
    """Read, then a late fix commits, then the rows are to go: nothing goes."""
    fixes, late = track(100), track(1, first_s=5)
    await archive.arrive(fixes)

    async with archive.worker.acquire() as connection:
        with pytest.raises(PackMismatchError):
            async with connection.transaction():
                rows = await repository.waiting(connection, 1, DAY, DAY + timedelta(days=1))
                pack = repack(1, rows, None)
                await archive.arrive(late)
                await repository.replace_by_pack(connection, rows, pack)
    assert (await archive.packs(), await archive.live()) == ([], 101)

    await archive.pack()
    assert same(await archive.read(), merged(fixes, late))


async def test_a_worker_killed_before_its_commit_leaves_everything_as_it_was(archive: Archive) -> None:
    fixes = track(300)
    await archive.arrive(fixes)

    connection = await archive.worker.acquire()
    transaction = connection.transaction()
    await transaction.start()
    await service.pack_day(connection, 1, DAY)
    connection.terminate()
    await archive.worker.release(connection)

    assert (await archive.packs(), await archive.live()) == ([], 300)
    await archive.pack()
    assert same(await archive.read(), fixes)


async def test_two_workers_pack_the_same_day_one_after_the_other(archive: Archive) -> None:
    fixes = track(300)
    await archive.arrive(fixes)

    async with archive.worker.acquire() as first, archive.worker.acquire() as second:
        async with first.transaction():
            await service.pack_day(first, 1, DAY)
            await second.execute("SET lock_timeout = '50ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                async with second.transaction():
                    await service.pack_day(second, 1, DAY)
        async with second.transaction():
            again = await service.pack_day(second, 1, DAY)

    assert again.fixes == 0
    assert same(await archive.read(), fixes)


async def test_rows_do_not_go_unless_a_pack_holds_them(archive: Archive) -> None:
    """The worker's role cannot delete fixes, and the function that does wants a pack for them."""
    fixes = track(10)
    await archive.arrive(fixes)
    half = repack(1, fixes[:5], None)

    async with archive.worker.acquire() as connection:
        with pytest.raises(asyncpg.CheckViolationError):
            await repository.replace_by_pack(connection, fixes, half)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM position")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM position_pack")

    assert await archive.live() == 10


async def test_a_damaged_pack_keeps_late_fixes_waiting_and_is_not_overwritten(archive: Archive) -> None:
    await archive.arrive(track(300))
    await archive.pack()
    await archive.execute("UPDATE position_pack SET blob = substr(blob, 1, 60)")
    damaged = (await archive.packs())[0]["blob"]

    await archive.arrive(track(1, first_s=5))
    done = await archive.pack()

    assert (done.fixes, done.reached, await archive.live()) == (0, None, 1)
    assert (await archive.packs())[0]["blob"] == damaged


async def test_an_emptied_chunk_is_dropped_and_a_late_fix_opens_it_anew(archive: Archive) -> None:
    fixes, late = track(300), track(1, first_s=5)
    await archive.arrive(fixes)
    assert await archive.drop_chunks() == []

    await archive.pack()
    dropped = await archive.drop_chunks()
    await archive.arrive(late)
    kept = await archive.drop_chunks()

    assert (len(dropped), kept) == (1, [])
    assert same(await archive.read(), merged(fixes, late))


async def test_a_chunk_that_somebody_writes_to_is_left_for_the_next_run(archive: Archive) -> None:
    await archive.arrive(track(300))
    await archive.pack()
    (chunk,) = await archive.rows("SELECT show_chunks('position')::text AS name")

    async with archive.owner.acquire() as ingest, ingest.transaction():
        await ingest.execute(f"LOCK TABLE {chunk['name']} IN ROW EXCLUSIVE MODE")
        while_writing = await archive.drop_chunks()
    afterwards = await archive.drop_chunks()

    assert (while_writing, afterwards) == ([], [chunk["name"]])


async def test_each_vehicle_reads_only_what_its_terminals_said(archive: Archive) -> None:
    await archive.arrive(track(100), terminal_id=1)
    await archive.arrive(track(50), terminal_id=2)
    await archive.pack()

    archive.vehicle_id = 2
    assert same(await archive.read(), in_order(track(50)))
