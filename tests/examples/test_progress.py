"""A bulk drives a bar of rich, as the README says: `progress.update(task, ...)`."""

import io

from rich.console import Console
from rich.progress import Progress

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator, status


async def test_a_bar_of_rich_follows_a_bulk_to_its_end(
    runloop_emulator: Emulator, runloop_client: AsyncRunloop
) -> None:
    ids = runloop_emulator.populate(runs=30)
    runloop_emulator.faults.add(status(404), path=f"/v1/benchmark_runs/{ids[3]}")
    seen = list[float]()
    with Progress(console=Console(file=io.StringIO()), disable=True) as progress:
        task = progress.add_task("runs", total=len(ids))

        def update(completed: int) -> None:
            progress.update(task, completed=completed)
            seen.append(progress.tasks[0].completed)

        result = await runloop_client.bulk(
            (runloop_client.benchmark_runs.retrieve(each) for each in ids),
            on_progress=lambda now: update(now.done),
        )
        is_finished = progress.finished

    assert is_finished
    assert seen == [*range(1, 31)]
    assert len(result.failures) == 1
