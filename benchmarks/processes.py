"""The processes of a measurement: a server on one core, its clients on another."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, cast

import attrs

from benchmarks.server import CERTIFICATE

_ROOT = Path(__file__).parent.parent


@attrs.frozen(kw_only=True)
class Address:
    """Where the server is, and the certificate to trust if it speaks TLS."""

    url: str
    certificate: Path | None

    @property
    def trust(self) -> Mapping[str, str]:
        """Variables for a client, all of which use OpenSSL's default authorities."""
        return {"SSL_CERT_FILE": str(self.certificate)} if self.certificate else {}


@attrs.frozen
class Process:
    """A Python process that reads and writes lines, and ends when its input closes."""

    _input: IO[str]
    _output: IO[str]

    def read(self) -> str:
        """Return the next line that the process prints.

        Raises:
            RuntimeError: It has ended.
        """
        line = self._output.readline()
        if not line:
            raise RuntimeError("a process of the benchmark ended; see its error above")
        return line.strip()

    def ask(self, line: str) -> Any:
        """Send a line, and return the JSON that comes back."""
        self._input.write(line + "\n")
        self._input.flush()
        return json.loads(self.read())


@contextmanager
def running(
    module: str,
    *arguments: str,
    core: int,
    more: Mapping[str, str],
    tool: Sequence[str] = (),
) -> Generator[Process]:
    """Run a module on a core, with more variables in its environment.

    Args:
        module: Its name.
        arguments: What comes behind it.
        core: The number of the core, from the end if negative.
        more: The variables.
        tool: A command that runs the interpreter, such as a profiler.
    """
    with subprocess.Popen(
        [*tool, sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env=_environment() | {**more},
    ) as process:
        _pin(process.pid, core)
        yield Process(cast("IO[str]", process.stdin), cast("IO[str]", process.stdout))


@contextmanager
def served(*, tls: bool, service_ms: float) -> Generator[Address]:
    """Run the server on the last core."""
    with TemporaryDirectory() as directory:
        arguments = ["--uvloop", "--service-ms", str(service_ms)]
        if tls:
            arguments += ["--tls", directory]
        with running("benchmarks.server", *arguments, core=-1, more={}) as process:
            scheme = "https" if tls else "http"
            yield Address(
                url=f"{scheme}://127.0.0.1:{process.read()}",
                certificate=Path(directory) / CERTIFICATE if tls else None,
            )


@contextmanager
def worker(name: str, address: Address) -> Generator[Process]:
    """Run the module of a contender on the first core."""
    module = f"benchmarks.contenders.{name}"
    with running(module, address.url, core=0, more=address.trust) as process:
        yield process


def _environment() -> dict[str, str]:
    """Return the environment without what would send requests elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy") and not name.startswith("RUNLOOP_")
    }


def _pin(pid: int, core: int) -> None:
    if sys.platform == "linux":  # elsewhere the system places the processes
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(pid, {cores[core]})
