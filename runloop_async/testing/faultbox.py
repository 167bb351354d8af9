"""The faults in effect, and what they make of one request."""

import random
import time
from collections.abc import Callable
from fnmatch import fnmatchcase

import attrs

from runloop_async.testing.faults import (
    BadJson,
    ConcurrencyLimit,
    CutBody,
    Delay,
    Drip,
    Fault,
    Meter,
    RateLimit,
    Reset,
    Status,
    WrongType,
)
from runloop_async.testing.messages import Answer


@attrs.frozen(kw_only=True)
class Rule:
    """A fault and the requests that it is meant for."""

    fault: Fault
    path: str = "*"
    method: str | None = None
    share: float = 1.0
    times: int | None = None

    def matches(self, method: str, path: str) -> bool:
        """Tell whether a request is one that the fault is meant for."""
        if self.method is not None and self.method != method:
            return False
        return fnmatchcase(path, self.path)


@attrs.define(kw_only=True, eq=False)
class ActiveFault:
    """A rule in effect, as `Faults.add` returns it."""

    rule: Rule
    hits: int = 0
    """How many requests it struck; those that a limit let through do not count."""
    in_flight: int = attrs.field(default=0, init=False)
    meter: Meter | None = attrs.field(default=None, init=False)

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it was meant to."""
        return self.rule.times is not None and self.hits >= self.rule.times


@attrs.define(kw_only=True)
class Plan:
    """What is to happen to one request."""

    delay_s: float = 0.0
    instead: Answer | Reset | None = None
    """What takes the place of the operation."""
    reset_after: bool = False
    edits: list[BadJson | WrongType] = attrs.field(factory=list[BadJson | WrongType])
    pace: CutBody | Drip | None = None
    counted: list[ActiveFault] = attrs.field(factory=list[ActiveFault])
    """The limits that count this request as in flight."""


class Faults:
    """The faults of one emulator, in effect until they are cleared or used up.

    For each request they are gone through in the order in which they were added, up
    to the first that answers in place of the operation: delays add up, and what
    spoils the answer is done on top of one another.
    """

    def __init__(
        self, dice: random.Random, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dice = dice
        self._clock = clock
        self._active: list[ActiveFault] = []

    def add(
        self,
        fault: Fault,
        *,
        path: str = "*",
        method: str | None = None,
        share: float = 1.0,
        times: int | None = None,
    ) -> ActiveFault:
        """Put a fault into effect.

        Args:
            fault: What is to happen.
            path: A shell pattern for the paths it is meant for; `*` crosses slashes.
            method: The verb it is meant for; every one by default.
            share: The share of these requests that are struck, by seeded dice.
            times: How many requests may be struck at most; no bound by default.

        Returns:
            A handle that counts its hits and that `remove` takes.

        Raises:
            ValueError: The share is not within 0 to 1, or times below 1.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share must be from 0 to 1, not {share!r}")
        if times is not None and times < 1:
            raise ValueError(f"times must be at least 1, not {times!r}")
        verb = None if method is None else method.upper()
        rule = Rule(fault=fault, path=path, method=verb, share=share, times=times)
        active = ActiveFault(rule=rule)
        self._active.append(active)
        return active

    def remove(self, active: ActiveFault) -> None:
        """End one fault; one that has ended before is none to complain about."""
        if active in self._active:
            self._active.remove(active)

    def clear(self) -> None:
        """End all faults."""
        self._active.clear()

    def plan(self, method: str, path: str) -> Plan:
        """Decide what is to happen to a request; `release` the plan when it is over."""
        plan = Plan()
        for active in self._active:
            if self._strikes(active, method, path) and self._apply(active, plan):
                active.hits += 1
            if plan.instead is not None:
                break
        return plan

    def release(self, plan: Plan) -> None:
        """Count the request of `plan` as in flight no longer."""
        for active in plan.counted:
            active.in_flight -= 1

    def _strikes(self, active: ActiveFault, method: str, path: str) -> bool:
        rule = active.rule
        if active.spent or not rule.matches(method, path):
            return False
        return rule.share == 1 or self._dice.random() < rule.share

    def _apply(self, active: ActiveFault, plan: Plan) -> bool:
        """Add a fault to the plan and tell whether it struck."""
        match active.rule.fault:
            case Delay(seconds=seconds):
                plan.delay_s += seconds
            case Reset(executed=True):
                plan.reset_after = True
            case Reset() as instead:
                plan.instead = instead
            case BadJson() | WrongType() as edit:
                plan.edits.append(edit)
            case CutBody() | Drip() as pace:
                plan.pace = pace
            case gate:
                plan.instead = self._refusal(gate, active, plan)
                return plan.instead is not None
        return True

    def _refusal(
        self,
        gate: Status | RateLimit | ConcurrencyLimit,
        active: ActiveFault,
        plan: Plan,
    ) -> Answer | None:
        if isinstance(gate, Status):
            return gate.answer()
        if isinstance(gate, RateLimit):
            now_s = self._clock()
            meter = active.meter or gate.first(now_s)
            active.meter, wait_s = gate.take(meter, now_s)
            return gate.answer(wait_s) if wait_s > 0 else None
        if active.in_flight >= gate.most:
            return gate.answer()
        active.in_flight += 1
        plan.counted.append(active)
        return None
