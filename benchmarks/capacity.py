"""How many requests a second the server answers: more than any client can ask for."""

import socket
import ssl
import time
from contextlib import ExitStack
from typing import Final
from urllib.parse import urlsplit

from benchmarks.bodies import run_id
from benchmarks.processes import Address

_CONNECTIONS: Final = 64
_ANSWER_BYTES: Final = 65_536


def capacity(address: Address, rounds: int) -> float:
    """Return requests per second, asked over plain sockets, 64 at a time."""
    target = f"/v1/benchmark_runs/{run_id(0)}"
    request = f"GET {target} HTTP/1.1\r\nHost: benchmarks\r\n\r\n".encode()
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(_connected(address)) for _ in range(_CONNECTIONS)
        ]
        began_s = time.perf_counter()
        for _ in range(rounds):
            for each in sockets:
                each.sendall(request)
            for each in sockets:
                each.recv(_ANSWER_BYTES)
        return rounds * _CONNECTIONS / (time.perf_counter() - began_s)


def _connected(address: Address) -> socket.socket:
    parts = urlsplit(address.url)
    host, port = parts.hostname or "", parts.port or 0
    plain = socket.create_connection((host, port))
    if address.certificate is None:
        return plain
    context = ssl.create_default_context(cafile=str(address.certificate))
    return context.wrap_socket(plain, server_hostname=host)
