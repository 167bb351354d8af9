"""A server that misbehaves by plan, and keeps a log that no claim may contradict.

What it does to each arrival of each call follows from a seed, whatever the order in
which they come.
"""

import asyncio
import json
from collections.abc import Callable
from random import Random
from typing import Final

import attrs

from runloop_async import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    ClientClosedError,
)
from tests.rawserver import Connection, Incoming, chunked, http, http_json
from tests.samples import BENCHMARK, run

FILE: Final = bytes(range(256)) * 40


@attrs.frozen
class Fault:
    """What the server may do to a request that it has read."""

    name: str
    status: int | None
    """What it says, if that can be read."""
    executes: bool = True
    """Whether it carries the request out."""
    is_whole: bool = False
    """Whether a client can make a value of it."""
    upsets: bool = False
    """Whether the connection is unusable afterwards, and only the server knows."""


FAULTS: Final = (
    Fault("whole", 200, is_whole=True),
    Fault("late", 200, is_whole=True),
    Fault("chunked", 200, is_whole=True),
    Fault("whole, then closed", 200, is_whole=True, upsets=True),
    Fault("whole, and more", 200, is_whole=True, upsets=True),
    Fault("cut within the body", 200),
    Fault("stuck within the body", 200),
    Fault("no JSON", 200),
    Fault("not HTTP", None),
    Fault("closed", None),
    Fault("closed", None, executes=False),
    Fault("reset", None),
    Fault("reset", None, executes=False),
    Fault("silent", None),
    Fault("silent", None, executes=False),
    Fault("refused", 404, executes=False),
    Fault("refused", 429, executes=False),
    Fault("asked to wait", 503, executes=False),
    Fault("refused", 500),
    Fault("refused", 502, executes=False),
    Fault("cut within a refusal", 503),
)
CALM: Final = tuple(fault for fault in FAULTS if not fault.upsets)


@attrs.define
class Log:
    """What the server knows of one call."""

    faults: list[Fault] = attrs.field(factory=list[Fault])
    """What came of each arrival."""

    @property
    def arrived(self) -> int:
        """How often the call came."""
        return len(self.faults)

    @property
    def executed(self) -> int:
        """How often the call was carried out."""
        return sum(fault.executes for fault in self.faults)


@attrs.define
class Plan:
    """What is done to requests, and what was done."""

    seed: int
    faults: tuple[Fault, ...]
    logs: dict[int, Log] = attrs.field(factory=dict[int, Log])
    gate: asyncio.Barrier | None = None
    """From now on all goes well, for so many requests at once and not for fewer."""

    def log(self, number: int) -> Log:
        """Return what the server knows of a call."""
        return self.logs.setdefault(number, Log())

    async def answer(self, request: Incoming, connection: Connection) -> None:
        """Answer a request as planned."""
        number = number_of(request)
        log = self.log(number)
        random = Random(f"{self.seed} {number} {len(log.faults)}")
        fault = FAULTS[0] if self.gate else random.choice(self.faults)
        if fault.name == "no JSON" and request.target.endswith("/download_logs"):
            fault = FAULTS[0]  # a file may be anything
        log.faults.append(fault)
        if self.gate:
            await self.gate.wait()
        await _commit(fault, _body(request, number), connection, random)


def number_of(request: Incoming) -> int:
    """Return the number that a call has put into its request."""
    if request.body:
        return int(json.loads(request.body)["name"])
    return int(request.target.removesuffix("/download_logs").rpartition("_")[2])


def _body(request: Incoming, number: int) -> bytes:
    if request.body:
        return json.dumps({**BENCHMARK, "name": str(number)}).encode()
    if request.target.endswith("/download_logs"):
        return number.to_bytes(4, "big") + FILE
    return json.dumps(run(f"bmr_{number}")).encode()


async def _commit(
    fault: Fault, body: bytes, connection: Connection, random: Random
) -> None:
    half = http(body[: len(body) // 2], length=len(body))
    sends: dict[str, Callable[[], bytes]] = {
        "chunked": lambda: chunked(body[:5], body[5:], b""),
        "whole, and more": lambda: http(body) + b"HTTP/1.1 200 OK\r\n\r\n",
        "cut within the body": lambda: half,
        "stuck within the body": lambda: half,
        "no JSON": lambda: http(b"<html>"),
        "not HTTP": lambda: b"SSH-2.0\r\n\r\n",
        "asked to wait": lambda: http(b"", "retry-after-ms: 3", status=503),
        "cut within a refusal": lambda: http(b"{", length=9, status=503),
        "refused": lambda: http_json({"message": "no"}, status=fault.status or 0),
    }
    if fault.name == "late":
        await asyncio.sleep(random.random() / 50)
    if fault.name not in {"silent", "closed", "reset"}:
        await connection.send(sends.get(fault.name, lambda: http(body))())
    if fault.name in {"silent", "stuck within the body"}:
        await connection.until_left()
    elif fault.name == "reset":
        connection.reset()
    elif "closed" in fault.name or "cut" in fault.name or fault.name == "not HTTP":
        connection.writer.close()


def contradictions(log: Log, end: object, *, is_write: bool) -> list[str]:
    """Return what a call claims in its end, and what the server knows otherwise.

    Args:
        log: What the server knows of it.
        end: The value or the error.
        is_write: Whether it may be carried out once alone.
    """
    last = log.faults[-1] if log.faults else None
    claims = {"it was carried out once at most": not is_write or log.executed <= 1}
    if isinstance(end, APIError):
        claims["so many attempts were made"] = end.attempts >= log.arrived
    if isinstance(end, APIError | ClientClosedError) and not end.ambiguous:
        claims["it was not carried out"] = not is_write or not log.executed
    claims.update(_claims_of_kind(last, end, arrived=log.arrived > 0))
    return [claim for claim, holds in claims.items() if not holds]


def _claims_of_kind(
    last: Fault | None, end: object, *, arrived: bool
) -> dict[str, bool]:
    match end:
        case APIStatusError():
            same = last is not None and last.status == end.status_code
            return {"the status is the server's": same}
        case APIResponseValidationError():
            return {"it was no JSON": last is not None and last.name == "no JSON"}
        case APIConnectionError(sent=bool(sent)):
            # An attempt before the one that was not sent may have arrived.
            may_have = arrived and not sent and end.attempts > 1
            return {"it knows what arrived": sent == arrived or may_have}
        case APIConnectionError() | ClientClosedError() | asyncio.CancelledError():
            return {}
        case BaseException():
            return {"it fails with an error of its own": False}
        case _:
            return {"it was whole": last is not None and last.is_whole}
