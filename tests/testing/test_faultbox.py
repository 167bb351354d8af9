import random

import pytest

from runloop_async.testing.faultbox import Faults
from runloop_async.testing.faults import (
    BadJson,
    WrongType,
    bad_json,
    concurrency_limit,
    cut_body,
    delay,
    drip,
    rate_limit,
    reset,
    status,
    wrong_type,
)
from runloop_async.testing.messages import Answer


def faults(seed: int = 0) -> Faults:
    return Faults(random.Random(seed))


def status_of(box: Faults, method: str = "GET", path: str = "/v1/x") -> int | None:
    instead = box.plan(method, path).instead
    return instead.status if isinstance(instead, Answer) else None


def test_without_faults_nothing_happens_to_a_request() -> None:
    plan = faults().plan("GET", "/v1/x")
    assert plan.instead is None
    assert plan.delay_s == 0
    assert plan.pace is None
    assert not plan.reset_after
    assert plan.edits == []


def test_a_fault_is_in_effect_until_it_is_cleared() -> None:
    box = faults()
    box.add(status(503))
    assert [status_of(box) for _ in range(3)] == [503, 503, 503]

    box.clear()

    assert status_of(box) is None


def test_a_fault_can_be_removed_alone_and_twice() -> None:
    box = faults()
    first = box.add(status(503))
    box.add(status(502))

    box.remove(first)
    box.remove(first)

    assert status_of(box) == 502


def test_a_fault_is_meant_for_a_path_pattern() -> None:
    box = faults()
    box.add(status(503), path="/v1/runs/*")
    assert status_of(box, path="/v1/runs/x/cancel") == 503
    assert status_of(box, path="/v1/runs") is None


def test_a_fault_is_meant_for_a_verb_in_any_case() -> None:
    box = faults()
    box.add(status(503), method="post")
    assert status_of(box, method="POST") == 503
    assert status_of(box, method="GET") is None


def test_a_fault_strikes_at_most_as_often_as_told() -> None:
    box = faults()
    active = box.add(status(503), times=2)
    assert [status_of(box) for _ in range(4)] == [503, 503, None, None]
    assert active.hits == 2


def test_a_fault_strikes_its_share_by_seeded_dice() -> None:
    one, other, third = faults(1), faults(1), faults(2)
    seen: list[list[int | None]] = []
    for box in one, other, third:
        box.add(status(503), share=0.3)
        seen.append([status_of(box) for _ in range(1000)])
    assert seen[0] == seen[1] != seen[2]
    assert 250 < seen[0].count(503) < 350


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_of_0_to_1_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share must be from 0 to 1"):
        faults().add(status(503), share=share)


def test_a_fault_that_is_never_to_strike_is_refused() -> None:
    with pytest.raises(ValueError, match="times must be at least 1"):
        faults().add(status(503), times=0)


def test_delays_add_up_before_what_answers() -> None:
    box = faults()
    box.add(delay(1.0))
    box.add(delay(0.5))
    box.add(status(503))
    plan = box.plan("GET", "/v1/x")
    assert plan.delay_s == 1.5
    assert plan.instead is not None


def test_nothing_counts_after_the_first_that_answers() -> None:
    box = faults()
    box.add(status(503))
    later = box.add(delay(1.0))
    assert box.plan("GET", "/v1/x").delay_s == 0
    assert later.hits == 0


def test_what_spoils_an_answer_is_done_on_top_of_one_another() -> None:
    box = faults()
    edits: list[BadJson | WrongType] = [wrong_type(), bad_json()]
    for edit in edits:
        box.add(edit)
    box.add(cut_body())
    box.add(drip(1.0))
    box.add(reset(executed=True))
    plan = box.plan("GET", "/v1/x")
    assert plan.edits == edits
    assert plan.pace == drip(1.0)
    assert plan.reset_after


def test_a_reset_before_the_operation_stands_in_for_it() -> None:
    box = faults()
    box.add(reset())
    assert box.plan("GET", "/v1/x").instead == reset()


def test_a_rate_limit_counts_only_whom_it_refuses() -> None:
    now_s = [0.0]
    box = Faults(random.Random(0), clock=lambda: now_s[0])
    active = box.add(rate_limit(10, burst=1))

    seen = [status_of(box), status_of(box)]
    now_s[0] = 0.1
    seen.append(status_of(box))

    assert seen == [None, 429, None]
    assert active.hits == 1


def test_a_rate_limit_can_refuse_a_few_and_then_rest() -> None:
    box = faults()
    box.add(rate_limit(0.001), times=2)
    assert [status_of(box) for _ in range(5)] == [None, 429, 429, None, None]


def test_a_concurrency_limit_refuses_while_enough_are_in_flight() -> None:
    box = faults()
    box.add(concurrency_limit(2))
    first = box.plan("GET", "/v1/x")
    box.plan("GET", "/v1/x")
    assert status_of(box) == 429

    box.release(first)

    assert status_of(box) is None
    assert status_of(box) == 429


def test_one_that_was_refused_does_not_count_as_in_flight() -> None:
    box = faults()
    box.add(concurrency_limit(1))
    first = box.plan("GET", "/v1/x")
    refused = box.plan("GET", "/v1/x")

    box.release(refused)
    assert status_of(box) == 429

    box.release(first)
    assert status_of(box) is None
