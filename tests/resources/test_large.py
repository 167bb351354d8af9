"""What is large or many: transfers in constant memory, and waits beside short calls.

By default they are small enough for every run of the tests; `TRANSFER_MIB=1024` and
`DEVBOXES=500` make them what the names of the tests promise.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator, Phases

MIB = int(os.environ.get("TRANSFER_MIB", "96"))
DEVBOXES = int(os.environ.get("DEVBOXES", "60"))
MOST_GROWTH_MIB = 64

TRANSFERS = """
import asyncio, hashlib, os, resource, sys
from pathlib import Path
from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator


def grown():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def pieces(path):
    with open(path, "rb") as file:
        while piece := file.read(100_000):
            yield piece


async def main(folder, mib):
    source, wanted = folder / "source", hashlib.sha256()
    with source.open("wb") as file:
        for number in range(mib):
            block = hashlib.sha256(str(number).encode()).digest() * 32768
            file.write(block)
            wanted.update(block)
    async with Emulator() as api:
        box = api.devboxes.add()["id"]
        async with AsyncRunloop(bearer_token="any", base_url=api.url) as client:
            await client.devboxes.upload_file(box, path="/warm", file=b"x" * 10**6)
            before = grown()
            for file in (source, pieces(source)):
                await client.devboxes.upload_file(box, path="/a", file=file)
                download = client.devboxes.download_file(box, path="/a")
                size = await download.write_to_file(folder / "out")
                assert size == mib * 1024 * 1024, size
                assert checksum(folder / "out") == wanted.hexdigest()
            for made in (
                client.objects.upload_from_file(source),
                client.objects.upload_from_bytes(pieces(source), "o"),
            ):
                stored = await made
                await client.objects.download_to_file(stored.id, folder / "out")
                assert checksum(folder / "out") == wanted.hexdigest()
                await client.objects.delete(stored.id)
            print(grown() - before)


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def test_a_large_file_goes_up_and_down_in_constant_memory(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", TRANSFERS, str(tmp_path), str(MIB)],
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    # Of client, emulator and event loop together.
    assert int(done.stdout) < MOST_GROWTH_MIB


async def test_many_devboxes_are_awaited_beside_short_calls() -> None:
    """No short call waits for a long poll, however many there are."""
    phases = Phases(boot=1_000_000.0)
    async with (
        Emulator(phases=phases) as api,
        AsyncRunloop(bearer_token="any", base_url=api.url) as client,
    ):
        started = [
            asyncio.ensure_future(
                client.devboxes.create_and_await_running(name=f"d{number}")
            )
            for number in range(DEVBOXES)
        ]
        asked = "devboxes.create_and_await_running"
        async with asyncio.timeout(60):
            while api.stats.executions[asked] < DEVBOXES:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)

        # They are held until the clock moves on, and short calls go by them.
        for _ in range(5):
            await asyncio.gather(
                *(client.devboxes.list(limit=1) for _ in range(40)),
            )
        assert not any(each.done() for each in started)
        assert api.stats.in_flight == DEVBOXES

        api.advance(1_000_001)
        booted = await asyncio.gather(*started)

    assert {each.status for each in booted} == {"running"}
