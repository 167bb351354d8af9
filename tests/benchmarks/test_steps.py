"""The steps of a call can be measured one by one."""

from benchmarks.steps import steps


async def test_each_step_can_be_made_alone() -> None:
    assert [step() is not None for step in (await steps()).values()] == [True] * 6
