"""Text that UTF-8 cannot carry is refused; what is like a number or a text is one."""

from collections.abc import Callable
from enum import IntEnum
from fractions import Fraction
from typing import Any

import pytest

from runloop_async import AsyncRunloop
from runloop_async.annotations import override
from tests.rawserver import RawServer, http_json
from tests.samples import BENCHMARK, SCORER, page

HALF = "a\ud83d"
CLIENT: Any = AsyncRunloop(bearer_token="any")


class Text(str):
    """As numpy's `str_`."""

    __slots__ = ()

    @override
    def __str__(self) -> str:
        return "another text"


class Whole(int):
    """A subclass of `int`."""

    @override
    def __str__(self) -> str:
        return "another number"


class Real(float):
    """As numpy's `float64`."""

    @override
    def __repr__(self) -> str:
        return "np.float64(0.5)"

    __str__ = __repr__


class Size(IntEnum):
    """A named number."""

    SMALL = 2


class Index:
    """As numpy's `int64`, which is registered as a whole number."""

    def __index__(self) -> int:
        return 3


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "body": (lambda: CLIENT.benchmarks.create(name=HALF), "name has half"),
    "in a list": (
        lambda: CLIENT.benchmarks.create(name="a", scenario_ids=["b", HALF]),
        r"scenario_ids\[1\] has half",
    ),
    "value of a dict": (
        lambda: CLIENT.benchmarks.create(name="a", metadata={"b": HALF}),
        r"metadata\['b'\] has half",
    ),
    "key of a dict": (
        lambda: CLIENT.benchmarks.create(name="a", metadata={HALF: "b"}),
        "metadata has a key that has half",
    ),
    "deep in a dict": (
        lambda: CLIENT.benchmarks.start_run(
            benchmark_id="a", run_profile={"env_vars": {"A": HALF}}
        ),
        r"run_profile.env_vars\['A'\] has half",
    ),
    "query": (lambda: CLIENT.benchmarks.list(name=HALF), "name has half"),
    "id": (lambda: CLIENT.benchmarks.retrieve(HALF), "id has half"),
    "query of a call": (
        lambda: CLIENT.benchmarks.list().with_options(query={"a": HALF}),
        "a has half",
    ),
    "name in the query of a call": (
        lambda: CLIENT.benchmarks.list().with_options(query={HALF: "a"}),
        "name has half",
    ),
    "header of a call": (
        lambda: CLIENT.benchmarks.list().with_options(headers={"x-a": HALF}),
        "x-a has half",
    ),
    "header of a client": (
        lambda: CLIENT.with_options(default_headers={"x-a": HALF}),
        "x-a has half",
    ),
    "query of a client": (
        lambda: CLIENT.with_options(default_query={"a": HALF}),
        "a has half",
    ),
    "idempotency key": (
        lambda: CLIENT.benchmarks.list().with_options(idempotency_key=HALF),
        "idempotency_key must be",
    ),
    "base URL": (lambda: CLIENT.with_options(base_url=f"https://{HALF}"), "base_url"),
    "path on a devbox": (
        lambda: CLIENT.devboxes.upload_file("dbx_1", path=HALF, file=b""),
        "path has half",
    ),
    "name of a file": (
        lambda: CLIENT.devboxes.upload_file("dbx_1", path="a", file=(HALF, b"")),
        "name has half",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=[*REFUSED])
def test_half_of_a_surrogate_pair_is_refused_where_it_is_given(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make()


async def test_texts_and_numbers_of_other_classes_are_sent_as_plain_ones() -> None:
    async with (
        RawServer(
            http_json(BENCHMARK), http_json(page("benchmarks")), http_json(SCORER)
        ) as server,
        AsyncRunloop(base_url=server.url, bearer_token="any") as client,
    ):
        await client.benchmarks.create(name=Text("a"), metadata={Text("b"): Text("c")})
        await client.benchmarks.list(limit=Whole(7), name=Text("d")).with_options(
            query={"e": Real(0.5), "f": Size.SMALL, "g": Fraction(1, 4)},  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
            headers={"x-h": Text("i")},
            timeout=Fraction(5),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        )

    made, listed = server.requests
    assert made.body == b'{"name":"a","metadata":{"b":"c"}}'
    query = listed.target.partition("?")[2].split("&")
    assert query == ["limit=7", "name=d", "e=0.5", "f=2", "g=0.25"]
    assert listed.headers["x-h"] == "i"


def test_numbers_in_a_body_are_plain() -> None:
    call = CLIENT.scenarios.create(
        name="a",
        input_context={"problem_statement": "b"},
        scoring_contract={
            "scoring_function_parameters": [
                {
                    "name": "c",
                    "scorer": {"type": "bash_script_scorer", "bash_script": "d"},
                    "weight": Real(0.5),
                }
            ]
        },
        scorer_timeout_sec=Size.SMALL,
    )
    call.close()

    (scorer,) = call.request.json["scoring_contract"]["scoring_function_parameters"]
    assert type(scorer["weight"]) is float
    assert type(call.request.json["scorer_timeout_sec"]) is int


@pytest.mark.parametrize("value", [10**5000, -(10**5000)], ids=["+", "-"])
def test_a_number_that_cannot_be_written_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="fewer digits"):
        CLIENT.scenarios.update("scn_1", scorer_timeout_sec=value)
    with pytest.raises(ValueError, match="fewer digits"):
        CLIENT.benchmarks.list().with_options(query={"a": value})


@pytest.mark.parametrize(
    "value", [True, "7", None, 1j, float("nan"), float("inf"), object()]
)
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        CLIENT.benchmarks.list().with_options(timeout=value, query={"a": value or 1j})


def test_a_number_of_numpy_is_a_number() -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")

    call = CLIENT.benchmarks.list(limit=numpy.int64(7)).with_options(
        timeout=numpy.float32(2), max_retries=numpy.int8(1)
    )

    assert call.request.query == {"limit": "7"}
    assert call.options == {"timeout": 2.0, "max_retries": 1}
