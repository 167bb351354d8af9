"""The wheel works in a project of somebody else, with what people use."""

import sys
from pathlib import Path

import pytest

from runloop_async.testing import Emulator
from tests.docs.blocks import blocks
from tests.outside.conftest import ROOT, Outside

NEW = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="inspect knows coroutine functions from 3.12 on"
)


def test_the_wheel_is_what_is_imported(outside: Outside, environment: Path) -> None:
    printed = outside("import runloop_async as r; print(r.__file__)")

    assert printed.startswith(str(environment.parent.parent))


def test_the_example_of_the_readme(
    outside: Outside, runloop_emulator: Emulator
) -> None:
    program = blocks(ROOT / "README.md")[0]

    assert outside(program) == "0 runs, best score None\n"
    runloop_emulator.populate(runs=30)
    assert outside(program).startswith("2")


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
)
def test_the_examples(outside: Outside, runloop_emulator: Emulator, name: str) -> None:
    benchmark = runloop_emulator.benchmarks.add()
    runloop_emulator.populate(runs=5)

    assert outside("", str(ROOT / "examples" / f"{name}.py"), str(benchmark["id"]))


WEB = """
import warnings

with warnings.catch_warnings(action="ignore"):  # it would like another HTTP client
    from starlette.testclient import TestClient

with TestClient(app) as visitor:
    shown = visitor.get("/runs/bmr_1")
    assert shown.status_code == 200, shown.text
    assert shown.json()["id"] == "bmr_1"
    assert visitor.get("/runs/bmr_none").status_code == 404
    assert visitor.post("/runs/bmr_1/cancel").status_code == 202
    assert visitor.get("/runs/bmr_1").json()["state"] == "canceled"
print("served")
"""


def test_a_fastapi_application(outside: Outside, runloop_emulator: Emulator) -> None:
    runloop_emulator.benchmark_runs.add(id="bmr_1", state="running")
    (application,) = [
        block for block in blocks(ROOT / "docs" / "services.md") if "FastAPI(" in block
    ]

    assert outside(application + WEB) == "served\n"
    assert runloop_emulator.stats.open_connections == 0


AIOHTTP = """
import asyncio
from aiohttp.test_utils import TestClient, TestServer

async def visit():
    async with TestClient(TestServer(web_app)) as visitor:
        response = await visitor.get("/runs/bmr_1")
        assert (await response.json())["id"] == "bmr_1"

asyncio.run(visit())
print("served")
"""


def test_an_aiohttp_application(outside: Outside, runloop_emulator: Emulator) -> None:
    runloop_emulator.benchmark_runs.add(id="bmr_1", state="running")
    (application,) = [
        block
        for block in blocks(ROOT / "docs" / "services.md")
        if "web.Application(" in block
    ]

    assert outside(application + AIOHTTP) == "served\n"


NOTEBOOK = """
import ast, asyncio

cells = [
    "from runloop_async import AsyncRunloop\\nclient = AsyncRunloop()",
    "runs = await client.benchmark_runs.list().all()",
    "try:\\n    await asyncio.wait_for(client.benchmark_runs.wait(runs[0].id), 0.2)\\n"
    "except TimeoutError:\\n    print('interrupted')",
    "print(len(runs), {run.state for run in runs})",
    "await client.aclose()",
]
names = {"asyncio": asyncio}
loop = asyncio.new_event_loop()
for number, cell in enumerate(cells):  # as a kernel does it: one loop, cell by cell
    code = compile(cell, f"cell {number}", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting = eval(code, names)
    if waiting is not None:
        loop.run_until_complete(waiting)
loop.close()
"""


def test_a_notebook(outside: Outside, runloop_emulator: Emulator) -> None:
    for _ in range(3):
        runloop_emulator.benchmark_runs.add(state="running")

    assert outside(NOTEBOOK) == "interrupted\n3 {'running'}\n"


TESTS = """
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

async def test_mine(runloop_emulator, runloop_client):
    runloop_emulator.populate(runs=3)
    assert len(await runloop_client.benchmark_runs.list().all()) == 3

async def test_again(runloop_client):
    assert await runloop_client.benchmark_runs.list().all() == []
"""


def test_their_tests(outside: Outside, tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(TESTS)

    printed = outside(
        "",
        *("-m", "pytest", "-q", "-oasyncio_mode=strict"),
        "-oasyncio_default_fixture_loop_scope=session",
    )

    assert "2 passed" in printed


SCHEDULED = """
import asyncio
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from runloop_async import AsyncRunloop

async def main():
    async with AsyncRunloop() as client:
        scheduler = AsyncIOScheduler()
        scheduler.add_job(client.benchmark_runs.cancel, args=["bmr_1"])
        scheduler.start()
        async with asyncio.timeout(30):
            while (await client.benchmark_runs.retrieve("bmr_1")).state == "running":
                await asyncio.sleep(0.01)
        scheduler.shutdown()
    print("canceled")

asyncio.run(main())
"""
DECORATED = """
import asyncio
from tenacity import retry, stop_after_attempt
from runloop_async import AsyncRunloop

async def main():
    async with AsyncRunloop(max_retries=0) as client:
        retrieve = retry(stop=stop_after_attempt(3))(client.benchmark_runs.retrieve)
        print((await retrieve("bmr_1")).state)

asyncio.run(main())
"""


@NEW
@pytest.mark.parametrize(
    ("program", "printed"), [(SCHEDULED, "canceled\n"), (DECORATED, "running\n")]
)
def test_what_asks_for_coroutine_functions(
    outside: Outside, runloop_emulator: Emulator, program: str, printed: str
) -> None:
    runloop_emulator.benchmark_runs.add(id="bmr_1", state="running")

    assert outside(program) == printed
