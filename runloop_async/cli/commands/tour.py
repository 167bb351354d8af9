"""`tour`: from runs to a verdict, on an emulator."""

from collections.abc import Coroutine
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from runloop_async import evals
from runloop_async.cli.fetching import fetch
from runloop_async.client import AsyncRunloop
from runloop_async.testing import Emulator


def tour(
    *, run_count: int, concurrency: int, folder: Path | None
) -> Coroutine[Any, Any, bool]:
    """Fetch runs, export them, compare two of them, and write a report.

    Returns:
        Whether all went well.

    Raises:
        ImportError: An extra is not installed.
    """
    _ = evals.export, evals.compare, evals.write_report  # or say now what is missing
    folder = folder or Path(mkdtemp(prefix="runloop-tour-"))
    api = Emulator()
    api.populate(runs=run_count)
    before, after = api.plant_regression()
    return _toured(api, before, after, concurrency, folder)


async def _toured(
    api: Emulator, before: str, after: str, concurrency: int, folder: Path
) -> bool:
    async with (
        api,
        AsyncRunloop(bearer_token="tour", base_url=api.url) as client,  # noqa: S106 - the emulator takes any
    ):
        print(f"1. fetch all runs of an emulator of the API, {api.url}", flush=True)
        is_whole = await fetch(client, None, concurrency)

        planted = await client.benchmark_runs.retrieve(after)
        print("\n2. export two runs of a benchmark, attempt by attempt", flush=True)
        done = await evals.export(
            client, folder / "runs", benchmark_id=planted.benchmark_id
        )
        print(f"{done.rows} rows are in {done.folder}/data")

        print("\n3. compare them, scenario by scenario", flush=True)
        sides = [
            [row async for row in evals.scenarios(client, run_ids=[each])]
            for each in (before, after)
        ]
        print(evals.compare(*sides))

        report = evals.write_report(
            folder / "report.html",
            sides[1],
            baseline=sides[0],
            by="run_id",
            title="The later run against the earlier one",
        )
        print(f"\n4. a report is in {report.resolve()}")
        return is_whole and not done.failures
