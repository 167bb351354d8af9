"""11.5: the README's first example runs on an empty account, and says how to go on."""

import io
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from runloop_async.testing import Emulator
from tests.docs.blocks import blocks

README = Path(__file__).parent.parent.parent / "README.md"


def test_the_first_example_runs_on_an_empty_account(
    runloop_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNLOOP_API_KEY", "any")
    monkeypatch.setenv("RUNLOOP_BASE_URL", runloop_emulator.url)
    shown = io.StringIO()

    with redirect_stdout(shown):
        exec(compile(blocks(README)[0], "README", "exec"), {"__name__": "__main__"})  # noqa: S102 - ours

    assert shown.getvalue() == "0 runs, best score None\n"


@pytest.mark.parametrize(
    "answer",
    [
        *("ProxyError", "await", "on_progress", "to_json(", "to_dict(", "proxy="),
        *("cafile=", "error.message", "populate(", "1.32.0", "has no benchmarks"),
    ],
)
def test_what_people_ask_is_answered(answer: str) -> None:
    assert answer in README.read_text()
