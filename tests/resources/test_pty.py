"""Terminals: their names are checked."""

import pytest

from runloop_async.resources.pty import Pty
from tests.fakes import Recorder


def test_the_name_of_a_terminal_is_checked(recorder: Recorder) -> None:
    with pytest.raises(ValueError, match="session_name"):
        _ = Pty(recorder).connect("a/b")
