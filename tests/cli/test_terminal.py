"""The command line on a real terminal, and without one."""

import re

from tests.programs import PROGRAM, on_terminal, shell, visible

COLOUR = re.compile(r"\x1b\[[0-9;]*(3[0-8]|9[0-7])[0-9;]*m")
DEMO = ("demo", "--runs", "50", "--faults", "0")


def test_a_terminal_of_60_columns_has_room_for_all_lines() -> None:
    status, shown = on_terminal(*DEMO, columns=60)

    lines = visible(shown)
    assert status == 0
    assert max(map(len, lines)) <= 60
    assert any("50/50" in line and "0 failed" in line for line in lines)
    assert any(line.startswith("benchmark") for line in lines)


def test_a_terminal_shows_colours() -> None:
    _, shown = on_terminal(*DEMO)

    assert COLOUR.search(shown)


def test_no_color_is_obeyed() -> None:
    status, shown = on_terminal(*DEMO, NO_COLOR="1")

    assert status == 0
    assert not COLOUR.search(shown)
    assert "50/50" in shown


def test_a_dumb_terminal_gets_plain_lines() -> None:
    status, shown = on_terminal(*DEMO, TERM="dumb")

    assert status == 0
    assert "\x1b" not in shown
    assert "50/50 runs, 0 failed" in shown


def test_without_a_terminal_there_are_plain_lines() -> None:
    done = shell(f"{PROGRAM} {' '.join(DEMO)}")

    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "50/50 runs, 0 failed" in done.stderr
    assert done.stdout.splitlines()[1].startswith("benchmark")


def test_a_failed_command_on_a_terminal_has_no_traceback() -> None:
    status, shown = on_terminal("runs", "bmd_1", columns=60)

    assert status == 1
    assert "set RUNLOOP_API_KEY" in shown
    assert "Traceback" not in shown
