"""The command line as a process of its own: in pipes, and on a terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PROGRAM: Final = f"{sys.executable} -m runloop_async"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; the exit status is that of the first program of a pipe."""
    return subprocess.run(  # noqa: S603 - ours
        ["/bin/bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def on_terminal(
    *arguments: str, columns: int = 80, **environment: str
) -> tuple[int, str]:
    """Run the command line on a terminal; return its exit status and what it showed."""
    controlling, terminal = pty.openpty()
    size = struct.pack("HHHH", 24, columns, 0, 0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    running = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", "runloop_async", *arguments],
        cwd=ROOT,
        env={"TERM": "xterm-256color", **known, **environment},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(controlling, 65536):
            shown += piece
    except OSError:  # how Linux tells that the other side was closed
        pass
    os.close(controlling)
    return running.wait(60), shown.decode()


def visible(shown: str) -> list[str]:
    """Return the lines that a terminal was sent, without what steers it."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    return re.split(r"[\r\n]+", plain)


def pytest_in(folder: Path, tests: str, *options: str) -> str:
    """Run tests of a user in a pytest of its own; return the last line it prints.

    Warnings are errors.
    """
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = subprocess.run(  # noqa: S603 - our own test file
        [sys.executable, "-m", "pytest", "-q", "-pno:randomly", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return (done.stdout or done.stderr).splitlines()[-1]
