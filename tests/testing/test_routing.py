from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runloop_async.testing.messages import ApiError, Ask, JsonObject
from runloop_async.testing.routes import ROUTES
from runloop_async.testing.routing import Route, Router
from runloop_async.testing.world import World
from tests import surface


def nothing(_world: World, _ask: Ask) -> JsonObject:
    return {}


def router(*templates: str) -> Router:
    return Router(Route("GET", each, each, nothing) for each in templates)


def test_a_named_segment_takes_whatever_stands_there() -> None:
    route, params = router("/v1/things/{id}/parts/{part}").find(
        "GET", "/v1/things/t%201/parts/p"
    )
    assert route.name == "/v1/things/{id}/parts/{part}"
    assert params == {"id": "t 1", "part": "p"}


def test_a_literal_segment_goes_before_a_named_one() -> None:
    route, _ = router("/v1/{id}", "/v1/all").find("GET", "/v1/all")
    assert route.name == "/v1/all"


def test_a_named_segment_is_tried_where_the_literal_leads_nowhere() -> None:
    route, params = router("/v1/all/x", "/v1/{id}/y").find("GET", "/v1/all/y")
    assert route.name == "/v1/{id}/y"
    assert params == {"id": "all"}


@pytest.mark.parametrize("path", ["/v1/things", "/v1/things/", "/v1/things/t/more"])
def test_a_path_that_is_no_route_is_a_404(path: str) -> None:
    with pytest.raises(ApiError, match="no path") as refusal:
        router("/v1/things/{id}").find("GET", path)
    assert refusal.value.status == 404


def test_a_verb_that_a_path_does_not_take_is_a_405_that_tells_which_it_does() -> None:
    routes = [Route(verb, "/v1/x", verb, nothing) for verb in ("POST", "GET")]
    with pytest.raises(ApiError, match="takes GET, POST, not PUT") as refusal:
        Router(routes).find("PUT", "/v1/x")
    assert refusal.value.status == 405
    assert refusal.value.headers == {"allow": "GET, POST"}


def test_of_two_routes_for_the_same_the_first_counts() -> None:
    one = Route("GET", "/v1/x", "one", nothing)
    other = Route("GET", "/v1/x", "other", nothing)
    route, _ = Router([one, other]).find("GET", "/v1/x")
    assert route is one


@given(id=st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_id_survives_quoting(id: str) -> None:
    _, params = router("/v1/things/{id}").find(
        "GET", f"/v1/things/{quote(id, safe='')}"
    )
    assert params == {"id": id}


def test_every_operation_of_the_api_is_served_and_no_other() -> None:
    endpoints = surface.FACTS["endpoints"]
    known = {(route.name, route.method, route.template) for route in ROUTES}
    listed = {(each["name"], each["method"], each["path"]) for each in endpoints}
    elsewhere = {"objects.put_content", "objects.get_content", "pty.attach"}
    assert {each for each in known if each[0] not in elsewhere} == listed
