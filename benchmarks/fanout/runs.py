"""What is run: a case, its arguments, its server, and what it must show."""

from collections.abc import Mapping
from operator import ge, le
from typing import Any, Final

import attrs

from runloop_async.annotations import override


@attrs.frozen(kw_only=True)
class Bar:
    """What a figure must be."""

    least: float | None = None
    most: float | None = None

    def holds(self, figure: float) -> bool:
        """Tell whether a figure is within it."""
        is_enough = self.least is None or ge(figure, self.least)
        return is_enough and (self.most is None or le(figure, self.most))

    @override
    def __str__(self) -> str:
        """Return it as it is printed."""
        if self.most is None:
            return f"at least {self.least:g}"
        return f"at most {self.most:g}"


@attrs.frozen(kw_only=True)
class Run:
    """One case with its arguments."""

    case: str
    """The name of a function in `cases`."""
    arguments: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    service_ms: float = 0.0
    tls: bool = False
    bars: Mapping[str, Bar] = attrs.field(factory=dict[str, Bar])


_NONE: Final = Bar(most=0)


def _limits() -> Mapping[str, Run]:
    bars = {
        "lost": _NONE,
        "goodput, to what is allowed": Bar(least=0.95),
        "rejected": Bar(most=0.02),
        "early": _NONE,
    }
    return {
        f"{kind}-{rate}-{'retry-after' if retry_after else 'bare'}": Run(
            case="limit",
            arguments={"kind": kind, "rate": rate, "retry_after": retry_after},
            bars=bars,
        )
        for kind in ("bucket", "window")
        for rate in (100, 300, 500)
        for retry_after in (1, None)
    }


def _sharing() -> Mapping[str, Run]:
    shares = {("bucket", 2): 0.35, ("window", 2): 0.25}
    return {
        f"{clients}-clients-{kind}": Run(
            case="sharing",
            arguments={"kind": kind, "clients": clients},
            bars={
                **(
                    {"least share": Bar(least=shares[kind, clients])}
                    if clients == 2  # noqa: PLR2004
                    else {}
                ),
                "rejected": Bar(most=0.05),
            },
        )
        for clients in (2, 12)
        for kind in ("bucket", "window")
    }


RUNS: Final[Mapping[str, Run]] = {
    "gather": Run(
        case="gather",
        bars={"errors": _NONE, "CPU per call, to that at 64": Bar(most=1.15)},
    ),
    "memory": Run(
        case="memory",
        bars={
            "errors": _NONE,
            "memory, MB": Bar(most=120),
            "loop held, s": Bar(most=0.7),
            "time of ten times as many, to ten times": Bar(most=1.2),
            "memory of ten times as many, to ten times": Bar(most=1.2),
        },
    ),
    **_limits(),
    "bounded": Run(
        case="bounded",
        service_ms=100,
        bars={
            "lost": _NONE,
            "goodput, to what is allowed": Bar(least=0.85),
            "rejected": Bar(most=0.02),
        },
    ),
    "changing": Run(
        case="changing",
        bars={
            "lost": _NONE,
            "rejected": Bar(most=0.05),
            "rejected from 5 s after halving on": Bar(most=0.02),
            "seconds until 90 % of the doubled rate": Bar(most=60),
            "early": _NONE,
        },
    ),
    **_sharing(),
    "herd": Run(
        case="herd",
        bars={"lost": _NONE, "most in a tenth of a second": Bar(most=0.5)},
    ),
    "slow": Run(
        case="slow", service_ms=50, bars={"speed, to a bare loop": Bar(least=0.95)}
    ),
    "far": Run(case="far", service_ms=200, tls=True, bars={"errors": _NONE}),
    "far-official": Run(case="far_official", service_ms=200, tls=True),
    "outage": Run(
        case="outage",
        service_ms=20,
        bars={
            "requests while it was down": Bar(most=300),
            "rate 5 s after, to before": Bar(least=0.9),
            "peak, to before": Bar(most=1.5),
        },
    ),
    "failing": Run(
        case="failing",
        bars={
            "lost in a gather": Bar(most=10),
            "lost in a bulk": _NONE,
            "requests per call": Bar(most=1.6),
        },
    ),
    "stream": Run(
        case="stream",
        bars={
            "lost": _NONE,
            "memory, MB": Bar(most=40),
            "loop held, s": Bar(most=0.05),
        },
    ),
    "large": Run(case="large", bars={"late at the 99th percentile, s": Bar(most=0.02)}),
    "many": Run(case="many", bars={"requests": Bar(most=4), "lost": _NONE}),
    "listing": Run(
        case="listing",
        bars={"lost": _NONE, "time, to a loop by hand": Bar(most=1.2)},
    ),
    "polls": Run(
        case="polls",
        service_ms=5,
        bars={
            "polls at once": Bar(least=450),
            "p99 beside them, to without": Bar(most=2),
        },
    ),
    **{
        f"throughput-{kind}": Run(
            case="throughput", arguments={"kind": kind}, service_ms=20
        )
        for kind in ("ours", "hand", "official")
    },
    **{
        f"throttled-{kind}": Run(case="throttled", arguments={"kind": kind})
        for kind in ("ours", "official")
    },
}
"""All of them, by the names that the command line knows."""
