from collections.abc import Mapping
from typing import Any

import pytest

from runloop_async.credentials import DEFAULT_BASE_URL, Secret
from runloop_async.errors import ConfigurationError
from runloop_async.options import (
    ClientOptions,
    ClientParams,
    RetryPolicy,
    Timeouts,
    resolve,
)


def resolved(
    params: ClientParams | None = None, environment: Mapping[str, str] | None = None
) -> ClientOptions:
    """Resolve options with a key, so that each test names only what it is about."""
    given_params: ClientParams = {"bearer_token": "key"}
    if params:
        given_params.update(params)
    return resolve(given_params, environment or {})


def resolved_url(url: str) -> str:
    return resolved({"base_url": url}).base_url


def test_what_is_done_with_a_bad_item_is_one_of_two_words() -> None:
    assert resolved({"on_bad_item": "raise"}).on_bad_item == "raise"
    unknown: Any = "ignore"
    with pytest.raises(ConfigurationError, match="on_bad_item"):
        resolved({"on_bad_item": unknown})


def test_the_options_of_a_client_do_not_show_the_key_or_the_headers() -> None:
    options = resolved(
        {"bearer_token": "canary", "default_headers": {"Cookie": "canary"}}
    )

    assert "canary" not in repr(options)
    assert options.bearer_token.reveal() == "canary"


def test_what_is_not_given_has_its_default() -> None:
    options = resolved()

    assert options.base_url == DEFAULT_BASE_URL == "https://api.runloop.ai"
    assert options.timeouts == Timeouts(total=30.0, connect=5.0)
    assert options.deadline is None
    assert options.retry == RetryPolicy()
    assert options.default_headers == {}
    assert options.default_query == {}
    assert options.max_response_bytes == 64 * 1024 * 1024


def test_what_the_environment_says_is_used() -> None:
    environment = {
        "RUNLOOP_API_KEY": "from environment",
        "RUNLOOP_BASE_URL": "https://eu.example.com/",
        "RUNLOOP_CUSTOM_HEADERS": "X-Team: evals\r\n\n x-run :  7 : 8 \n",
    }

    options = resolve({}, environment)

    assert options.bearer_token.reveal() == "from environment"
    assert options.base_url == "https://eu.example.com"
    assert options.default_headers == {"X-Team": "evals", "x-run": "7 : 8"}


def test_arguments_come_before_the_environment() -> None:
    environment = {
        "RUNLOOP_API_KEY": "from environment",
        "RUNLOOP_BASE_URL": "https://eu.example.com",
        "RUNLOOP_CUSTOM_HEADERS": "X-Team: evals\nX-Run: 7",
    }

    options = resolve(
        {
            "bearer_token": "from argument",
            "base_url": "https://us.example.com",
            "default_headers": {"X-Team": "bots"},
        },
        environment,
    )

    assert options.bearer_token.reveal() == "from argument"
    assert options.base_url == "https://us.example.com"
    assert options.default_headers == {"X-Team": "bots", "X-Run": "7"}


def test_an_empty_variable_is_as_good_as_none() -> None:
    environment = {"RUNLOOP_BASE_URL": "", "RUNLOOP_CUSTOM_HEADERS": ""}

    options = resolved({}, environment)

    assert options.base_url == DEFAULT_BASE_URL
    assert options.default_headers == {}


def test_max_retries_is_short_for_the_field_of_the_policy() -> None:
    options = resolved({"retry": RetryPolicy(backoff=2.0), "max_retries": 1})

    assert options.retry == RetryPolicy(backoff=2.0, max_retries=1)


def test_a_time_out_of_the_users_own_is_told_from_the_default() -> None:
    assert resolved({"timeout": 3.0}).timeouts == Timeouts.of(3.0)
    assert resolved({"timeout": 30.0}).own_timeouts
    assert not resolved().own_timeouts


def test_a_deadline_and_a_largest_answer_are_taken() -> None:
    options = resolved({"deadline": 60, "max_response_bytes": 1})

    assert (options.deadline, options.max_response_bytes) == (60.0, 1)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"timeout": "30"}, "timeout must be"),
        ({"deadline": 0}, "deadline must be"),
        ({"max_retries": -1}, "max_retries must be"),
        ({"retry": 3}, "retry must be"),
        ({"max_response_bytes": 0}, "max_response_bytes must be"),
        ({"retries": 3}, "there is no option 'retries'; there is bearer_token"),
    ],
)
def test_an_option_of_a_client_that_is_of_no_use_is_refused(
    params: ClientParams, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        resolved(params)


def test_a_custom_header_without_a_colon_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="lines of the form `Name: value`"):
        resolved({}, {"RUNLOOP_CUSTOM_HEADERS": "X-Team evals"})


@pytest.mark.parametrize("environment", [{}, {"RUNLOOP_API_KEY": ""}])
def test_a_client_without_a_key_says_where_to_put_it(
    environment: Mapping[str, str],
) -> None:
    with pytest.raises(ConfigurationError, match="set RUNLOOP_API_KEY"):
        resolve({}, environment)


def test_an_empty_key_given_as_argument_is_not_replaced_from_the_environment() -> None:
    with pytest.raises(ConfigurationError, match="there is no API key"):
        resolve({"bearer_token": ""}, {"RUNLOOP_API_KEY": "key"})


@pytest.mark.parametrize("key", [" ", "   "])
def test_a_key_of_spaces_is_no_key(key: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no API key"):
        resolve({"bearer_token": key}, {})


@pytest.mark.parametrize(
    "key", ["canary\n", "can\r\nCookie: ary", "can\0ary", "schlüssel", 7, b"canary"]
)
def test_a_key_that_cannot_go_into_a_header_is_refused_unseen(key: str) -> None:
    with pytest.raises(ConfigurationError, match="printable ASCII") as caught:
        resolve({"bearer_token": key}, {})

    assert "ary" not in str(caught.value)


def test_a_key_may_be_given_as_a_secret() -> None:
    key = Secret("canary")

    assert resolved({"bearer_token": key}).bearer_token.reveal() == "canary"


def test_spaces_around_a_key_are_taken_off() -> None:
    assert resolve({}, {"RUNLOOP_API_KEY": " key "}).bearer_token.reveal() == "key"


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        (" https://api.example.com/v2// ", "https://api.example.com/v2"),
        ("https://api.example.com:8443", "https://api.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://api.localhost", "http://api.localhost"),
    ],
)
def test_a_usable_base_url_is_used_without_its_last_slash(url: str, used: str) -> None:
    assert resolved_url(url) == used


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "localhost:8080",
        "ftp://api.example.com",
        "https://",
        "https:///v1",
        "//api.example.com",
        "file:///etc/passwd",
    ],
)
def test_a_base_url_without_scheme_and_host_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must begin with https:// and a host"):
        resolved_url(url)


@pytest.mark.parametrize("url", ["https://[::1", "https://a:port", "https://a:99999"])
def test_a_base_url_that_cannot_be_parsed_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is no URL"):
        resolved_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:canary@api.example.com",
        "https://api.example.com@evil.example",
        "https://api.example.com?key=canary",
        "https://api.example.com/#canary",
    ],
)
def test_a_base_url_with_more_than_a_place_in_it_is_refused_unseen(url: str) -> None:
    with pytest.raises(ConfigurationError, match="no user, password, query") as caught:
        resolved_url(url)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "user:canary@api.example.com",
        "ftp://user:canary@api.example.com",
        "https://user:canary@exa mple.com",
        "https://user:canary@[::1",
        "https://user:canary@api.example.com:port",
    ],
)
def test_a_base_url_that_is_wrong_in_two_ways_does_not_show_its_password(
    url: str,
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolved_url(url)

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://api.example.com?", "https://a.example/#"])
def test_a_base_url_must_not_begin_a_query_that_would_swallow_the_path(
    url: str,
) -> None:
    with pytest.raises(ConfigurationError):
        resolved_url(url)


@pytest.mark.parametrize(
    "url", ["https://exa\nmple.com", "https://exa mple.com", "https://a.com/\tv1"]
)
def test_a_base_url_with_spaces_or_control_characters_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        resolved_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "http://192.168.1.7",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://notlocalhost",
    ],
)
def test_the_key_is_not_sent_in_clear_to_another_machine(url: str) -> None:
    with pytest.raises(ConfigurationError, match="in clear to another machine"):
        resolved_url(url)


def test_the_key_is_sent_in_clear_where_that_was_allowed() -> None:
    options = resolved({"base_url": "http://gateway.internal", "allow_http": True})

    assert options.base_url == "http://gateway.internal"


def test_a_default_header_replaces_that_of_its_name_in_any_case() -> None:
    first = resolve(
        {"bearer_token": "key", "default_headers": {"x-team": "given"}},
        {"RUNLOOP_CUSTOM_HEADERS": "X-Team: environment\nx-TEAM: again"},
    )

    second = first.changed({"default_headers": {"X-TEAM": "later"}})

    assert first.default_headers == {"x-team": "given"}
    assert second.default_headers == {"X-TEAM": "later"}
