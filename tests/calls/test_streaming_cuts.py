"""A long stream that is cut at many places: each event once, and in order."""

import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from runloop_async.annotations import override
from runloop_async.calls.runner import Sendable, Stream
from runloop_async.resources.axons import Axons
from runloop_async.resources.devboxes import Devboxes
from tests.streams import LOST, Playing, Streams, event

EVENTS = 10_000
CUTS = 200
AXON: dict[str, object] = {"id": "axn_1", "created_at_ms": 1, "metadata": {}}
ENDED = AXON | {"deleted_at_ms": 2}
COMPLETED = {"devbox_id": "dbx_1", "execution_id": "exe_1", "status": "completed"}
WORDS = ["one ", "zwölf ", "三", "\n", "🙂 "]


@attrs.define
class Recorded(Streams):
    """Plays a recording from where it is asked for, and breaks by the dice."""

    record: list[tuple[int, bytes]] = attrs.field(factory=list[tuple[int, bytes]])
    """Where each event begins, and how it is sent."""
    dice: random.Random = attrs.field(factory=random.Random)
    cuts: int = CUTS
    most_back: int = 0
    """How far before the place that is asked for the server may begin, in bytes."""

    @override
    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        """Play what comes after the place that the query names, up to a cut."""
        query = dict(call.request.query)
        self.queries.append(query)
        after = int(query.get("after_sequence", -1))
        begin = int(query.get("offset", 0)) - self.dice.randint(0, self.most_back)
        left = [data for place, data in self.record if place > after and place >= begin]
        content = b"".join(left)
        if self.cuts and content:
            self.cuts -= 1
            most = 2 * len(content) // (self.cuts + 1)
            content = content[: self.dice.randrange(1, max(most, 2))]
            yield Playing(
                [*pieces(content, self.dice), LOST], {"content-type": self.kind}
            )
        else:
            yield Playing([*pieces(content, self.dice)], {"content-type": self.kind})


def pieces(content: bytes, dice: random.Random) -> list[bytes]:
    """Return a content as it may come: in pieces of any size."""
    found, place = list[bytes](), 0
    while place < len(content):
        size = dice.randrange(1, 5000)
        found.append(content[place : place + size])
        place += size
    return found


def sequenced(number: int) -> bytes:
    return event(
        {
            "axon_id": "axn_1",
            "event_type": "push",
            "origin": "EXTERNAL_EVENT",
            "payload": "x" * (number % 50),
            "sequence": number,
            "source": "s",
            "timestamp_ms": 1,
        }
    )


@pytest.mark.parametrize("seed", range(3))
async def test_numbered_events_come_once_and_in_order(seed: int) -> None:
    record = [(number, sequenced(number)) for number in range(1, EVENTS + 1)]
    streams = Recorded([], [ENDED], record=record, dice=random.Random(seed))

    numbers = [each.sequence async for each in Axons(streams).subscribe_sse("axn_1")]

    assert numbers == [*range(1, EVENTS + 1)]
    assert len(streams.queries) > CUTS


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most_back", [0, 50])
async def test_pieces_of_text_come_once_and_in_order(seed: int, most_back: int) -> None:
    dice, record, place, text = random.Random(seed), list[tuple[int, bytes]](), 0, ""
    for _ in range(EVENTS):
        word = dice.choice(WORDS)
        record.append((place, event({"offset": place, "output": word})))
        place += len(word.encode())
        text += word
    streams = Recorded([], [COMPLETED], record=record, dice=dice, most_back=most_back)
    executions = Devboxes(streams).executions

    found = [
        each.output
        async for each in executions.stream_stdout_updates("exe_1", devbox_id="dbx_1")
    ]

    assert "".join(found) == text
    assert len(found) == EVENTS
    assert len(streams.queries) > CUTS


@attrs.define
class CutAnew(Recorded):
    """Cuts a text into other pieces each time, also in the middle of a character."""

    data: bytes = attrs.field(kw_only=True)

    @override
    @asynccontextmanager
    async def stream(self, call: Sendable[Any]) -> AsyncGenerator[Stream]:
        """Play what comes after the place that the query names, up to a cut."""
        place, self.record = int(dict(call.request.query).get("offset", 0)), []
        while place < len(self.data):
            end = place + self.dice.randint(3, 9)
            text = self.data[place:end].decode(errors="replace")
            self.record.append((place, event({"offset": place, "output": text})))
            place = end
        async with Recorded.stream(self, call) as stream:
            yield stream


@pytest.mark.parametrize("seed", range(10))
async def test_a_character_that_is_cut_in_two_repeats_none_that_is_whole(
    seed: int,
) -> None:
    dice = random.Random(seed)
    text = "".join(dice.choice("aé日😀") for _ in range(2000))
    streams = CutAnew([], [COMPLETED], data=text.encode(), dice=dice, cuts=50)

    found = "".join(
        [
            each.output
            async for each in Devboxes(streams).executions.stream_stdout_updates(
                "exe_1", devbox_id="dbx_1"
            )
        ]
    )

    assert not Counter(found.replace("\ufffd", "")) - Counter(text)
    assert Counter(found)["a"] == Counter(text)["a"]  # which cannot be cut in two
    assert len(streams.queries) > 40
