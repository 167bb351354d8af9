"""Very many words that are new: told for the first few, remembered for no more."""

import gc
import logging
import tracemalloc

import pytest

from runloop_async import from_dict
from runloop_async.models.scenarios import ScenarioRunView
from tests.samples import scenario_run


def test_memory_and_log_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)

    def read(first: int, count: int) -> None:
        for number in range(first, first + count):
            state = f"state-{number}-{'x' * 100}"
            assert from_dict(ScenarioRunView, scenario_run(state=state)).state == state

    read(0, 2000)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    read(2000, 5000)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert after - before < 200_000
    assert len(caplog.records) <= 1000
    assert all(len(record.getMessage()) < 1000 for record in caplog.records)
