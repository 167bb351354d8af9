"""11.4: a pytest run that uses no fixture of ours imports nothing of ours."""

from pathlib import Path

from tests.programs import pytest_in

TESTS = """
import sys

def test_it():
    heavy = ("runloop_async", "aiohttp", "msgspec", "cattrs")
    assert "pytest_runloop_async" in sys.modules
    assert [name for name in heavy if name in sys.modules] == []
"""


def test_nothing_is_imported(tmp_path: Path) -> None:
    last = pytest_in(
        tmp_path, TESTS, "--disable-plugin-autoload", "-ppytest_runloop_async"
    )

    assert last.startswith("1 passed")
