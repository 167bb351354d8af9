"""Run the cases of very many calls: `python -m benchmarks.fanout`.

Each runs in a process of its own on the first core, against the server on the last one.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from benchmarks.fanout.plots import plotted
from benchmarks.fanout.runs import RUNS, Run
from benchmarks.processes import running, served
from benchmarks.report import machine

_RESULTS = Path(__file__).parent.parent / "results"
_SMALL = 0.02


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and keep; return 1 if a run broke."""
    given = _parser().parse_args(arguments)
    began = datetime.now(UTC)
    kept = dict[str, Any]()
    for name in given.runs:
        kept[name] = _measured(name, _SMALL if given.small else given.scale)
        print(_shown(name, RUNS[name], kept[name]), flush=True)
    path: Path = given.json or _RESULTS / f"fanout-{began:%Y-%m-%dT%H-%M-%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": machine(), "runs": kept}) + "\n")
    print(f"kept in {path}")
    for plot in plotted(kept, path.parent):
        print(f"drawn in {plot}")
    return int(any("broke" in figures for figures in kept.values()))


def _measured(name: str, scale: float) -> Mapping[str, Any]:
    run = RUNS[name]
    with (
        served(tls=run.tls, service_ms=run.service_ms) as address,
        running(
            "benchmarks.fanout.worker",
            address.url,
            name,
            str(scale),
            core=0,
            more=address.trust,
        ) as process,
    ):
        figures: Mapping[str, Any] = json.loads(process.read())
    return figures


def _shown(name: str, run: Run, figures: Mapping[str, Any]) -> str:
    lines = [name]
    for figure, value in figures.items():
        if figure in {"ticks", "at once"}:
            continue
        bar = run.bars.get(figure)
        verdict = ""
        if bar is not None:
            verdict = f"{'ok' if bar.holds(value) else 'NOT'}: {bar}"
        lines.append(f"  {figure:<44}{_short(value):>26}  {verdict}")
    return "\n".join(lines)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        numbers = cast("list[float]", value)
        return " ".join(f"{each:.4g}" for each in numbers)
    return str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fanout", description=main.__doc__
    )
    parser.add_argument(
        "--runs", nargs="+", choices=RUNS, default=[*RUNS], help="default: all"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="how much of each")
    parser.add_argument(
        "--small",
        action="store_true",
        help="a moment of each: shows that it works, not how good it is",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="default: in benchmarks/results"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
