from runloop_async.testing.state.scenarios.scorers import new_scorer
from tests.testing.talk import Desk

PATH = "/v1/scenarios/scorers"


def test_create_answers_with_the_scorer(desk: Desk) -> None:
    scorer = desk.post(PATH, type="t", bash_script="b")
    assert scorer == {"id": scorer["id"], "type": "t", "bash_script": "b"}
    assert desk.get(f"{PATH}/{scorer['id']}") == scorer


def test_create_refuses_what_is_incomplete_or_there_already(desk: Desk) -> None:
    new_scorer(desk.world, type="t")
    assert desk.refused("POST", PATH, type="u") == 400
    assert desk.refused("POST", PATH, type="t", bash_script="b") == 400


def test_update_replaces_type_and_script(desk: Desk) -> None:
    scorer = new_scorer(desk.world, type="t")
    path = f"{PATH}/{scorer['id']}"
    assert desk.post(path, type="t", bash_script="b")["bash_script"] == "b"
    assert desk.post(path, type="u", bash_script="b")["type"] == "u"


def test_update_refuses_the_type_of_another(desk: Desk) -> None:
    new_scorer(desk.world, type="t")
    scorer = new_scorer(desk.world, type="u")
    path = f"{PATH}/{scorer['id']}"
    assert desk.refused("POST", path, type="t", bash_script="b") == 400


def test_list_can_be_searched_by_type(desk: Desk) -> None:
    new_scorer(desk.world, type="linter")
    scorer = new_scorer(desk.world, type="tester")
    assert desk.get(PATH, search="TEST")["scorers"] == [scorer]
    assert desk.get(PATH)["total_count"] == 2
