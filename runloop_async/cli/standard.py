"""The standard streams: closed ones, pipes that nobody reads, full disks."""

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_BROKEN_PIPE: Final = 141
"""What a shell reports for a program that wrote to a pipe without a reader."""
_STANDARD: Final = 2
"""The highest number of a standard stream."""


def guarded(program: Callable[[], int]) -> int:
    """Run a program, and return its exit status.

    If its output cannot be written, that is 141 for a pipe that nobody reads, as for
    other programs of Unix, and 1 for everything else, with a sentence.
    """
    _reserve_descriptors()
    if sys.stdout is None:
        tell("standard output is closed")
        return 1
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return program()
        finally:  # also for `--help`, which ends the program
            sys.stdout.flush()
    except BrokenPipeError:
        status = _BROKEN_PIPE
    except OSError as error:
        tell(error.strerror or str(error))
        status = 1
    _give_up_stdout()
    return status


def tell(sentence: str) -> None:
    """Print what went wrong, if that can be printed."""
    if sys.stderr is not None:
        with suppress(OSError):
            print(f"runloop-async: {sentence}", file=sys.stderr)


def _reserve_descriptors() -> None:
    """Keep the numbers of closed standard streams from being given to sockets."""
    descriptor = os.open(os.devnull, os.O_RDWR)
    while descriptor <= _STANDARD:
        descriptor = os.open(os.devnull, os.O_RDWR)
    os.close(descriptor)


def _give_up_stdout() -> None:
    """Drop what could not be written, or Python would try again at its end."""
    with suppress(OSError):
        number = sys.stdout.fileno()
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, number)
        os.close(descriptor)
