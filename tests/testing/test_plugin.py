"""The fixture as users meet it, in a pytest of its own."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from runloop_async import AsyncRunloop
from runloop_async.testing import Emulator, plugin

TEST = """
import aiohttp
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"

{mark}
async def test_it(runloop_emulator):
    headers = {{"authorization": "Bearer any"}}
    async with aiohttp.ClientSession(headers=headers) as session:
        async with session.get(runloop_emulator.url + "/v1/accounts/me") as response:
            assert response.status == 200
"""
RUN = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
RUN_WITHOUT = f"import sys; sys.modules['pytest_asyncio'] = None; {RUN}"


def outcome(folder: Path, mark: str, *options: str, code: str = RUN) -> str:
    """Return the last line that a pytest of its own prints about the test."""
    (folder / "test_it.py").write_text(TEST.format(mark=mark))
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-c", code, "-q", *options]
    done = subprocess.run(  # noqa: S603 - our own test file
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()[-1]


async def test_the_fixture_is_a_started_emulator(runloop_emulator: Emulator) -> None:
    assert runloop_emulator.url


async def test_the_other_fixture_is_a_client_of_it(
    runloop_emulator: Emulator, runloop_client: AsyncRunloop
) -> None:
    account = await runloop_client.accounts.me()

    assert account.id
    assert runloop_emulator.stats.requests == 1


def test_the_fixture_works_in_auto_mode(tmp_path: Path) -> None:
    line = outcome(tmp_path, "", "-o", "asyncio_mode=auto")
    assert line.startswith("1 passed")


def test_the_fixture_works_in_strict_mode(tmp_path: Path) -> None:
    line = outcome(tmp_path, "@pytest.mark.asyncio", "-o", "asyncio_mode=strict")
    assert line.startswith("1 passed")


def test_the_fixture_works_with_anyio_alone(tmp_path: Path) -> None:
    plugins = ["anyio.pytest_plugin", "runloop_async.testing.plugin"]
    options = [f"-p{plugin}" for plugin in plugins]
    line = outcome(
        tmp_path,
        "@pytest.mark.anyio",
        "--disable-plugin-autoload",
        *options,
        code=RUN_WITHOUT,
    )
    assert line.startswith("1 passed")


def test_without_pytest_asyncio_the_fixture_is_a_plain_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pytest_asyncio", None)
    assert plugin.__file__
    spec = importlib.util.spec_from_file_location("plain_plugin", plugin.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.fixture is pytest.fixture
