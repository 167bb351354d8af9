"""Work on a devbox, and keep what came of it.

Needs RUNLOOP_API_KEY.
"""

import asyncio

from runloop_async import AsyncRunloop


async def main() -> None:
    async with AsyncRunloop() as client:
        async with client.devboxes.open(name="example") as box:
            await box.write("/home/user/notes.txt", "one\ntwo\n")
            counting = await box.start("cat /home/user/notes.txt")
            async for text in counting.stdout():
                print(text, end="")
            print("exit code", (await counting.result()).exit_code)
            snapshot = await box.snapshot(name="example")
            notes = await box.read("/home/user/notes.txt")

        stored = await client.objects.upload_from_text(notes, "notes.txt")
        print(await client.objects.download_as_text(stored.id), end="")

        async with client.devboxes.open(snapshot_id=snapshot.id) as again:
            print(await again.read("/home/user/notes.txt"), end="")
        await client.devboxes.disk_snapshots.delete(snapshot.id)


if __name__ == "__main__":
    asyncio.run(main())
