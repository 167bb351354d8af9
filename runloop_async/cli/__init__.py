"""The command line: a thin door that parses, calls the client and prints."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runloop_async._version import __version__
from runloop_async.annotations import override
from runloop_async.cli import standard
from runloop_async.cli.commands.demo import demo
from runloop_async.cli.commands.runs import runs
from runloop_async.errors import RunloopError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

try:
    import uvloop
except ImportError:  # the extra `speed` is not installed
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop


_MOST = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name, and return its exit status.

    Args:
        arguments: Words after the program's name; default are the process's own.

    Returns:
        0 for success, 1 if something failed, 2 if the arguments are not usable, 130
        after an interrupt, 141 if nobody reads the output.
    """
    return standard.guarded(lambda: _run(_parser().parse_args(arguments)))


def _run(options: argparse.Namespace) -> int:
    try:
        if options.command == "demo":
            job: Coroutine[Any, Any, bool] = demo(
                run_count=options.runs,
                concurrency=options.concurrency,
                fault_share=options.faults,
            )
        elif options.command == "tour":
            # Not before it is used, as it needs what only some have installed.
            tour = import_module("runloop_async.cli.commands.tour").tour
            job = tour(
                run_count=options.runs,
                concurrency=options.concurrency,
                folder=options.folder,
            )
        else:
            job = runs(options.benchmark_id, concurrency=options.concurrency)
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return 0 if runner.run(job) else 1
    except (ImportError, RunloopError, ValueError) as error:
        standard.tell(str(error))
        return 1
    except KeyboardInterrupt:
        standard.tell("interrupted")
        return 130


class _Parser(argparse.ArgumentParser):
    """A parser that does not hide that its help cannot be written."""

    @override
    def _print_message(
        self, message: str, file: "SupportsWrite[str] | None" = None
    ) -> None:
        print(message, end="", file=file)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="runloop-async", description="Bulk-fetch benchmark runs.")
    parser.add_argument(
        "--version", action="version", version=f"%(prog)s {__version__}"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shared = _Parser(add_help=False)
    shared.add_argument(
        "--concurrency",
        type=_count,
        default=100,
        metavar="N",
        help="calls under way at once (default %(default)s)",
    )
    _add_demo(commands.add_parser, shared)
    _add_tour(commands.add_parser, shared)
    real = commands.add_parser(
        "runs",
        parents=[shared],
        help="fetch all runs of a benchmark from the service; needs RUNLOOP_API_KEY",
    )
    real.add_argument("benchmark_id", type=_id, metavar="BENCHMARK_ID")
    return parser


def _add_demo(
    add_parser: Callable[..., argparse.ArgumentParser], shared: argparse.ArgumentParser
) -> None:
    show = add_parser(
        "demo",
        parents=[shared],
        help="fetch runs from an emulator of the service; needs no key",
    )
    show.add_argument(
        "--runs",
        type=_count,
        default=5000,
        metavar="N",
        help="runs in the emulator (default %(default)s)",
    )
    show.add_argument(
        "--faults",
        type=_share,
        default=0.02,
        metavar="SHARE",
        help="share of requests that the emulator spoils, 0 to 0.5 (default "
        "%(default)s)",
    )


def _add_tour(
    add_parser: Callable[..., argparse.ArgumentParser], shared: argparse.ArgumentParser
) -> None:
    on = add_parser(
        "tour",
        parents=[shared],
        help="fetch, export, compare and report, on an emulator; needs the extras "
        "frames and report",
    )
    on.add_argument(
        "--runs",
        type=_count,
        default=2000,
        metavar="N",
        help="runs in the emulator (default %(default)s)",
    )
    on.add_argument(
        "--folder",
        type=Path,
        metavar="PATH",
        help="where to put the export and the report (by default a new one)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no whole number from 1 to {_MOST}"
        )
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 0.5:  # noqa: PLR2004 - beyond half, five retries often fail
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 0.5")
    return share


def _id(text: str) -> str:
    if not text.strip() or text in {".", ".."}:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no id: give one such as bmd_123, as the service shows it"
        )
    return text
