"""A project of somebody else: its own folder, the wheel, and no checkout."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from runloop_async.testing import Emulator

ROOT: Final = Path(__file__).parent.parent.parent
_LIBRARIES: Final = Path(pytest_asyncio.__file__).parent.parent

Outside = Callable[..., str]


def python(module: str, *arguments: str) -> None:
    """Run a module of this environment."""
    command = [sys.executable, "-m", module, *arguments]
    subprocess.run(command, check=True, timeout=120)  # noqa: S603 - ours


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with the wheel, and return its interpreter.

    Other libraries are those of this environment: there is no need to install them
    again. Its editable installation is not reached by that.
    """
    home = tmp_path_factory.mktemp("outside")
    python("pip", "wheel", "-q", "--no-deps", "-w", f"{home}", f"{ROOT}")
    python("venv", "--without-pip", f"{home}/venv")
    (packages,) = (home / "venv" / "lib").glob("python*/site-packages")
    (file,) = home.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(packages)
    (packages / "libraries.pth").write_text(f"{_LIBRARIES}\n")
    return home / "venv" / "bin" / "python"


@pytest.fixture
def outside(environment: Path, runloop_emulator: Emulator, tmp_path: Path) -> Outside:
    """Return a function that runs a program there and returns what it prints."""

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - ours
            [environment, "-Werror", *(arguments or ["-c", program])],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": "",
                "RUNLOOP_API_KEY": "any",
                "RUNLOOP_BASE_URL": runloop_emulator.url,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
