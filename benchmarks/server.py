"""A server that is faster than any of the clients: it parses little, and makes nothing.

It runs in a process of its own, on a core of its own, prints its port when it is ready,
and ends when its standard input closes, so that it outlives nobody.
"""

import argparse
import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import unquote

import uvloop

from benchmarks.allowance import Allowance
from benchmarks.bodies import Answers, http
from benchmarks.http2 import PREFACE, Http2
from runloop_async.annotations import override

CERTIFICATE: Final = "certificate.pem"
"""The name of the file, in the directory given by `--tls`, that clients may trust."""
_END: Final = b"\r\n\r\n"
_SLOW: Final = b"/v1/devboxes/"
_SLOW_S: Final = 2.0
"""What begins like this is held for so many seconds, as a long poll is."""
_DEVBOX: Final = http(
    b"200 OK",
    b'{"id":"dbx_1","status":"running","capabilities":[],"create_time_ms":1,"end_time_ms":null,'
    b'"launch_parameters":{},"metadata":{},"state_transitions":[]}',
)
_LENGTH: Final[Any] = re.compile(rb"[Cc]ontent-[Ll]ength: *([0-9]+)").search


class _Connection(asyncio.Protocol):
    """One connection, kept alive until the client closes it. Bodies are not read."""

    _write: Callable[[bytes], None]

    def __init__(
        self, answers: Answers, allowance: Allowance, service_s: float
    ) -> None:
        self._answers = answers
        self._allowance = allowance
        self._service_s = service_s
        self._unparsed = b""
        self._http2: Http2 | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast("asyncio.Transport", transport).write

    @override
    def data_received(self, data: bytes) -> None:
        if self._http2 is None and data.startswith(PREFACE):
            self._http2 = Http2(self._answers.to, self._write)
        if self._http2 is not None:
            self._http2.receive(data)
            return
        self._unparsed += data
        while (end := self._unparsed.find(_END)) >= 0:
            head = self._unparsed[:end]
            method, target, _ = head.split(b" ", 2)
            length = 0 if method == b"GET" else int(_LENGTH(head)[1])
            if len(self._unparsed) < end + len(_END) + length:
                return
            self._unparsed = self._unparsed[end + len(_END) + length :]
            if target.startswith(b"/control/"):
                self._write(self._control(target))
            else:
                self._serve(target)

    def _serve(self, target: bytes) -> None:
        loop = asyncio.get_running_loop()
        refusal = self._allowance.refusal(target, loop.time())
        if refusal is not None:
            self._write(refusal)
        elif self._service_s or target.startswith(_SLOW):
            if target.startswith(_SLOW):
                loop.call_later(_SLOW_S, self._write, _DEVBOX)
            else:
                loop.call_later(self._service_s, self._answer, target)
        else:
            self._answer(target)

    def _answer(self, target: bytes) -> None:
        self._allowance.left()
        self._write(self._answers.to(target))

    def _control(self, target: bytes) -> bytes:
        """Set rules, as JSON in the path, or tell what came since they were set."""
        text = unquote(target.decode()).removeprefix("/control/")
        if text == "log":
            body = json.dumps(self._allowance.log()).encode()
        else:
            self._allowance.set(json.loads(text))
            body = b"{}"
        return http(b"200 OK", body)


def _certified(directory: Path) -> ssl.SSLContext:
    """Return a context with a new certificate, which signs itself, for 127.0.0.1."""
    certificate, key = directory / CERTIFICATE, directory / "key.pem"
    command = (
        "openssl req -x509 -nodes -days 2 -subj /CN=benchmarks"
        " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1"
        " -addext subjectAltName=IP:127.0.0.1"
        " -addext keyUsage=critical,digitalSignature,keyCertSign"
    )
    subprocess.run(
        [*command.split(), "-keyout", str(key), "-out", str(certificate)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


async def _serve(tls: Path | None, service_s: float) -> None:
    loop = asyncio.get_running_loop()
    answers, allowance, closed = Answers(), Allowance(), asyncio.Event()
    server = await loop.create_server(
        lambda: _Connection(answers, allowance, service_s),
        "127.0.0.1",
        0,
        ssl=_certified(tls) if tls else None,
        backlog=4096,
    )

    def read_input() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            closed.set()

    loop.add_reader(sys.stdin.fileno(), read_input)
    print(server.sockets[0].getsockname()[1], flush=True)
    await closed.wait()


def main() -> None:
    """Serve until the standard input closes."""
    parser = argparse.ArgumentParser(description="Serve prepared benchmark runs.")
    parser.add_argument(
        "--tls", type=Path, metavar="DIR", help="use TLS; the certificate goes there"
    )
    parser.add_argument(
        "--service-ms", type=float, default=0.0, help="answer no sooner than this"
    )
    parser.add_argument("--uvloop", action="store_true", help="run on uvloop")
    given = parser.parse_args()
    factory = uvloop.new_event_loop if given.uvloop else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(given.tls, given.service_ms / 1000))


if __name__ == "__main__":
    main()
