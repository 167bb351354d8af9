import copy
import inspect
import pickle
import re

import pytest

from runloop_async import errors
from runloop_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    APITLSError,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    ConfigurationError,
    ConflictError,
    EventLoopError,
    InternalServerError,
    NotFoundError,
    PaginationError,
    PermissionDeniedError,
    PermitsError,
    PollingTimeout,
    ProtocolError,
    ProxyError,
    RateLimitError,
    RedirectError,
    ResponseTooLargeError,
    RunloopError,
    StreamError,
    TruncatedBodyError,
    UnprocessableEntityError,
    WaitError,
)

ALL = {
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, RunloopError)
}
STATUS = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def drawn() -> list[tuple[str, str, str]]:
    """Return of each class in the drawing its name, the one above it and the remark."""
    above: list[str] = []
    rows: list[tuple[str, str, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.fullmatch(r"    ((?:  )*)([A-Z]\w+)\s*(.*)", line)
        if found:
            depth = len(found[1]) // 2
            del above[depth:]
            rows.append((found[2], above[-1] if above else "Exception", found[3]))
            above.append(found[2])
    return rows


def with_facts(error: APIError) -> APIError:
    error.method = "POST"
    error.route = "/v1/benchmarks/{id}"
    error.attempts = 3
    error.elapsed_s = 1.5
    error.request_id = "req_1"
    error.ambiguous = True
    error.cursor = "bmr_9"
    return error


def every_error() -> list[RunloopError]:
    """Return one of each class, with all that it can carry."""
    status: list[RunloopError] = [
        with_facts(
            kind(
                "refused",
                status_code=418,
                code="teapot",
                body={"message": "refused"},
                retry_after=1.5,
                should_retry=False,
            )
        )
        for kind in (APIStatusError, InternalServerError, *STATUS.values())
    ]
    connection: list[RunloopError] = [
        with_facts(kind("broken", phase="read", sent=True))
        for kind in (
            APIConnectionError,
            APITimeoutError,
            APITLSError,
            ProtocolError,
            ProxyError,
            TruncatedBodyError,
            RedirectError,
        )
    ]
    mismatch = APIResponseValidationError(
        "odd", path="$.id", expected="a string", found="7", body=b'{"id": 7}'
    )
    return [
        RunloopError("failed"),
        ConfigurationError("wrong"),
        ClientClosedError("closed"),
        EventLoopError("elsewhere"),
        with_facts(APIError("failed")),
        with_facts(ResponseTooLargeError("large")),
        with_facts(PaginationError("stuck")),
        with_facts(PermitsError("no counter")),
        with_facts(StreamError("broken", offset="70")),
        with_facts(mismatch),
        PollingTimeout("late", last_value={"state": "running"}),
        WaitError("ended", last_value={"state": "failed"}),
        *status,
        *connection,
    ]


def name_of(error: RunloopError) -> str:
    return type(error).__name__


def test_the_drawing_shows_every_error_once() -> None:
    names = [name for name, _, _ in drawn()]

    assert sorted(names) == sorted(kind.__name__ for kind in ALL)


@pytest.mark.parametrize(("name", "above", "_remark"), drawn())
def test_each_error_stands_where_it_is_drawn(
    name: str, above: str, _remark: str
) -> None:
    kind: type[RunloopError] = getattr(errors, name)

    assert kind.__bases__[0].__name__ == above


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        (name, found[1])
        for name, _, remark in drawn()
        if (found := re.search(r"also an? (\w+)", remark))
    ],
)
def test_each_error_is_also_what_the_drawing_says(name: str, builtin: str) -> None:
    kind: type[RunloopError] = getattr(errors, name)

    assert builtin in {base.__name__ for base in kind.__mro__}


def test_timeouts_are_caught_as_the_builtin_timeout() -> None:
    assert issubclass(APITimeoutError, TimeoutError)
    assert issubclass(PollingTimeout, TimeoutError)
    assert issubclass(ConfigurationError, ValueError)


def test_the_samples_here_are_of_every_class() -> None:
    assert {type(error) for error in every_error()} == ALL


@pytest.mark.parametrize("error", every_error(), ids=name_of)
def test_an_error_survives_pickling_with_all_it_carries(
    error: RunloopError,
) -> None:
    restored = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert type(restored) is type(error)
    assert restored.__dict__ == error.__dict__
    assert restored.args == error.args
    assert str(restored) == str(error)


@pytest.mark.parametrize("error", every_error(), ids=name_of)
def test_a_copied_error_reads_like_the_first(error: RunloopError) -> None:
    copied = copy.copy(error)

    assert repr(copied) == repr(error)
    assert str(copied) == str(error)


def test_a_note_on_an_error_survives_pickling() -> None:
    error = RunloopError("failed")
    error.add_note("while reading run 7")

    restored = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert restored.__notes__ == ["while reading run 7"]


@pytest.mark.parametrize(("status", "kind"), STATUS.items())
def test_a_status_with_a_class_of_its_own_has_it(
    status: int, kind: type[APIStatusError]
) -> None:
    assert APIStatusError.class_for(status) is kind


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 599])
def test_every_status_from_500_is_an_internal_server_error(status: int) -> None:
    assert APIStatusError.class_for(status) is InternalServerError


@pytest.mark.parametrize("status", [402, 405, 408, 418, 499])
def test_any_other_status_is_a_plain_status_error(status: int) -> None:
    assert APIStatusError.class_for(status) is APIStatusError


def test_an_error_without_facts_says_only_its_message() -> None:
    assert str(APIError("it failed")) == "it failed"


def test_an_error_says_what_is_known_of_the_request() -> None:
    error = with_facts(APIError("it failed"))

    text = str(error)

    assert text == (
        "it failed [POST /v1/benchmarks/{id}, 3 attempts in 1.50 s, request req_1, "
        "it may have been carried out all the same]"
    )


def test_an_error_speaks_of_a_single_attempt_in_the_singular() -> None:
    error = APIError("it failed")
    error.attempts = 1
    error.elapsed_s = 0.25

    assert str(error) == "it failed [1 attempt in 0.25 s]"


def test_the_message_stays_apart_from_the_facts() -> None:
    error = with_facts(APIError("it failed"))

    assert error.message == "it failed"
    assert error.args == ("it failed",)


def test_nothing_is_claimed_of_what_is_not_known() -> None:
    connection = APIConnectionError("broken", phase="connect")
    status = APIStatusError("refused", status_code=418)
    mismatch = APIResponseValidationError("odd")
    timeout = PollingTimeout("late")

    assert connection.sent is None
    assert (status.code, status.body, status.retry_after) == (None, None, None)
    assert status.should_retry is None
    assert (mismatch.path, mismatch.expected, mismatch.body) == ("$", "", b"")
    assert timeout.last_value is None
    assert (status.attempts, status.ambiguous, status.cursor) == (0, False, None)
