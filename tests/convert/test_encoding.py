import json
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from runloop_async.convert.encoding import dump, encode
from runloop_async.models.benchmark_jobs import (
    BenchmarkJobCreateParams,
    JobAgentConfig,
    JobOrchestratorConfig,
)
from runloop_async.models.benchmarks.benchmarks import (
    BenchmarkCreateParams,
    BenchmarkListParams,
    BenchmarkStartRunParams,
    BenchmarkUpdateParams,
)
from runloop_async.models.launch import (
    AgentMount,
    FileMount,
    FileMountParam,
    LaunchParameters,
    RunProfile,
    UserParameters,
)
from runloop_async.models.scenarios.scenarios import (
    InputContext,
    ScenarioCreateParams,
    ScenarioUpdateParams,
)
from runloop_async.models.scenarios.scorers import (
    CommandScoringFunction,
    CustomScoringFunctionParam,
)
from runloop_async.models.shared import PageParams, Unknown


def start(**profile: object) -> Mapping[str, object]:
    """Start a run with a profile, and return that as it is sent."""
    fields = {"benchmark_id": "bmd_1", "run_profile": profile}
    sent: Any = encode(fields, BenchmarkStartRunParams)
    return sent["runProfile"]  # type: ignore[no-any-return]


def create(scorer: object) -> object:
    """Create a scenario with one scorer, and return that as it is sent."""
    function = {"name": "tests", "weight": 1.0, "scorer": scorer}
    sent: Any = encode(
        {
            "name": "sums",
            "input_context": {"problem_statement": "1 + 1 = ?"},
            "scoring_contract": {"scoring_function_parameters": [function]},
        },
        ScenarioCreateParams,
    )
    return sent["scoring_contract"]["scoring_function_parameters"][0]["scorer"]


def custom(parameters: object) -> object:
    """Encode any JSON, and return it as it is sent."""
    fields = {"type": "custom_scorer", "custom_scorer_type": "mine"}
    sent = encode({**fields, "scorer_params": parameters}, CustomScoringFunctionParam)
    return sent["scorer_params"]


def test_a_misspelt_argument_is_refused_with_the_right_one() -> None:
    with pytest.raises(TypeError) as caught:
        encode({"nmae": "sums"}, BenchmarkCreateParams)

    assert str(caught.value) == (
        "the call got an unexpected argument 'nmae'; did you mean 'name'?"
    )


def test_an_argument_like_no_other_is_refused_with_those_there_are() -> None:
    with pytest.raises(TypeError, match=r"'colour'; there is limit, starting_after$"):
        encode({"colour": "blue"}, PageParams)


def test_an_unexpected_argument_within_is_refused_with_its_path() -> None:
    with pytest.raises(
        TypeError, match=r"^run_profile\.launch_parameters got an unexp"
    ):
        start(launch_parameters={"arch": "arm64"})


def test_a_name_of_the_wire_is_refused_with_ours() -> None:
    with pytest.raises(TypeError, match="'envVars'; did you mean 'env_vars'"):
        start(envVars={})


def test_a_missing_argument_is_told() -> None:
    with pytest.raises(TypeError, match=r"^the call is missing 'name'"):
        encode({}, BenchmarkCreateParams)


def test_a_missing_argument_within_is_told_by_its_path() -> None:
    with pytest.raises(
        TypeError, match=r"^run_profile\.mounts\[1\] is missing 'target'"
    ):
        start(mounts=[
            {"type": "file_mount", "content": "", "target": "/a"},
            {"type": "file_mount", "content": ""},
        ])  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": 7}, "name must be a string, not int"),
        ({"name": None}, "name must be a string, not NoneType"),
        ({"name": b"sums"}, "name must be a string, not bytes"),
        ({"scenario_ids": "scn_1"}, "scenario_ids must be a list, not str"),
        ({"scenario_ids": {"scn_1"}}, "scenario_ids must be a list, not set"),
        ({"scenario_ids": ["a", 7]}, "scenario_ids[1] must be a string, not int"),
        ({"metadata": "a=b"}, "metadata must be a dict, not str"),
        ({"metadata": [("a", "b")]}, "metadata must be a dict, not list"),
        ({"metadata": {"a": 1}}, "metadata['a'] must be a string, not int"),
        ({"metadata": {1: "a"}}, "metadata must be a dict with string keys, not int"),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_with_its_path(
    fields: Mapping[str, object], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        encode({"name": "sums", **fields}, BenchmarkCreateParams)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"custom_disk_size": 2.5}, "custom_disk_size must be a whole number, "),
        ({"custom_disk_size": True}, "custom_disk_size must be a whole number, "),
        ({"custom_cpu_cores": "2"}, "custom_cpu_cores must be a number, not str"),
        ({"custom_cpu_cores": True}, "custom_cpu_cores must be a number, not bool"),
        ({"architecture": 64}, "architecture must be a string, not int"),
        ({"available_ports": [80, "a"]}, "available_ports[1] must be a whole number, "),
        ({"user_parameters": "me"}, "user_parameters must be a dict or UserParamet"),
    ],
)
def test_a_wrong_type_within_is_refused_with_its_path(
    parameters: Mapping[str, object], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        start(launch_parameters=parameters)

    assert str(caught.value).startswith(f"run_profile.launch_parameters.{message}")


def test_a_change_to_a_part_must_be_a_dict() -> None:
    with pytest.raises(TypeError, match=r"^scoring_contract must be a dict \("):
        encode({"scoring_contract": "mean"}, ScenarioUpdateParams)


@pytest.mark.parametrize("value", ["true", 1, None])
def test_only_true_and_false_are_taken_for_a_flag(value: object) -> None:
    with pytest.raises(TypeError, match="include_total_count must be true or false"):
        encode({"include_total_count": value}, BenchmarkListParams)


@pytest.mark.parametrize("limit", [1, 20, 5000])
def test_a_number_within_its_range_is_taken(limit: int) -> None:
    assert encode({"limit": limit}, PageParams) == {"limit": limit}


@pytest.mark.parametrize("limit", [-1, 0, 5001])
def test_a_number_out_of_its_range_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit must be from 1 to 5000, not {limit}"):
        encode({"limit": limit}, PageParams)


@pytest.mark.parametrize("limit", ["20", 20.0, True, None])
def test_a_number_with_a_range_has_a_type_as_well(limit: object) -> None:
    with pytest.raises(TypeError, match="limit must be a whole number"):
        encode({"limit": limit}, PageParams)


def test_arguments_are_sent_by_their_wire_names() -> None:
    parameters = {"architecture": "arm64"}

    sent = start(env_vars={"A": "1"}, launch_parameters=parameters)

    assert sent == {"envVars": {"A": "1"}, "launchParameters": parameters}


def test_what_is_absent_is_not_sent_and_none_is_null() -> None:
    sent = encode({"name": None, "description": ""}, BenchmarkUpdateParams)

    assert sent == {"name": None, "description": ""}


def test_a_word_that_this_release_does_not_know_is_sent() -> None:
    sent = start(launch_parameters={"architecture": "riscv64"})

    assert sent == {"launchParameters": {"architecture": "riscv64"}}


def test_a_tuple_is_as_good_as_a_list_and_any_mapping_as_a_dict() -> None:
    fields = MappingProxyType({"name": "a", "scenario_ids": ("b", "c")})

    sent = encode(fields, BenchmarkCreateParams)

    assert sent == {"name": "a", "scenario_ids": ["b", "c"]}


def test_a_model_is_sent_in_place_of_a_dict() -> None:
    profile = RunProfile(env_vars={"A": "1"}, mounts=[Unknown({"type": "new"})])

    sent = encode(
        {"benchmark_id": "bmd_1", "run_profile": profile}, BenchmarkStartRunParams
    )

    assert sent == {
        "benchmark_id": "bmd_1",
        "runProfile": {"envVars": {"A": "1"}, "mounts": [{"type": "new"}]},
    }


def test_models_and_dicts_may_stand_side_by_side() -> None:
    file = {"type": "file_mount", "content": "", "target": "/a"}

    sent = start(
        launch_parameters=LaunchParameters(custom_disk_size=2),
        mounts=[AgentMount(agent_id="agt_1", agent_name=None), file],
    )

    assert sent == {
        "launchParameters": {"custom_disk_size": 2},
        "mounts": [
            {"type": "agent_mount", "agent_id": "agt_1", "agent_name": None},
            file,
        ],
    }


def test_another_model_than_the_one_due_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^run_profile\.launch_parameters must be"):
        start(launch_parameters=UserParameters(uid=0, username="root"))


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"purpose": 7}, "run_profile.purpose"),
        ({"env_vars": {"A": 1}}, "run_profile.env_vars['A']"),
        ({"launch_parameters": {}}, "run_profile.launch_parameters"),
    ],
)
def test_a_model_with_a_wrong_type_in_it_is_refused_with_its_path(
    fields: Mapping[str, Any], path: str
) -> None:
    given = {"benchmark_id": "bmd_1", "run_profile": RunProfile(**fields)}

    with pytest.raises(TypeError) as caught:
        encode(given, BenchmarkStartRunParams)

    assert str(caught.value).startswith(path)


def test_a_model_with_a_number_that_has_no_form_in_json_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a finite number, not nan"):
        start(launch_parameters=LaunchParameters(custom_cpu_cores=math.nan))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_has_no_form_in_json_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match=f"must be a finite number, not {number}"):
        start(launch_parameters={"custom_cpu_cores": number})
    with pytest.raises(
        ValueError, match=r"^scorer_params\['a'\]\[1\] must be a finite"
    ):
        custom({"a": [0, number]})


@pytest.mark.parametrize(
    "scorer",
    [
        {"type": "command_scorer", "command": "make test"},
        CommandScoringFunction(command="make test"),
        Unknown({"type": "command_scorer", "command": "make test"}),
    ],
    ids=["dict", "model", "unknown"],
)
def test_a_kind_is_given_as_dict_or_as_model(scorer: object) -> None:
    assert create(scorer) == {"type": "command_scorer", "command": "make test"}


def test_a_kind_is_checked_by_its_tag() -> None:
    with pytest.raises(TypeError, match=r"scorer is missing 'python_script'"):
        create({"type": "python_script_scorer"})
    with pytest.raises(TypeError, match=r"scorer got an unexpected argument 'lang'"):
        create({"type": "command_scorer", "lang": "python"})


@pytest.mark.parametrize("tag", ["oracle_scorer", None, 7, ["command_scorer"]])
def test_a_kind_with_another_tag_is_refused_with_those_there_are(tag: object) -> None:
    with pytest.raises(ValueError, match="it must be one of 'ast_grep_scorer', ") as e:
        create({"type": tag, "command": "make test"})

    assert f"has type {tag!r}" in str(e.value)


def test_a_kind_without_a_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="has type None"):
        create({"command": "make test"})


@pytest.mark.parametrize(
    "scorer", [None, "command_scorer", 7, FileMount(content="", target="")]
)
def test_a_kind_of_a_wrong_type_is_refused(scorer: object) -> None:
    with pytest.raises(TypeError, match=r"\[0\]\.scorer must be a dict or AstGrepScor"):
        create(scorer)


def test_the_only_kind_there_is_has_its_tag_checked() -> None:
    agent = {"type": "external_api", "name": "a"}
    spec = {"type": "benchmark", "benchmark_id": "bmd_1", "agent_configs": [agent]}

    with pytest.raises(ValueError, match=r"has type 'external_api'.* 'job_agent'$"):
        encode({"spec": spec}, BenchmarkJobCreateParams)


def test_a_closed_set_of_words_takes_no_other() -> None:
    with pytest.raises(ValueError, match=r"^type must be 'file_mount', not 'folder'$"):
        encode({"type": "folder", "content": "", "target": "/a"}, FileMountParam)


def test_a_kind_with_dicts_alone_takes_models_within() -> None:
    spec = {
        "type": "scenarios",
        "scenario_ids": ["scn_1"],
        "agent_configs": [JobAgentConfig(name="a"), {"type": "job_agent", "name": "b"}],
        "orchestrator_config": JobOrchestratorConfig(n_attempts=2),
    }

    sent = encode({"spec": spec}, BenchmarkJobCreateParams)

    assert sent["spec"] == {
        **spec,
        "agent_configs": [
            {"type": "job_agent", "name": "a"},
            {"type": "job_agent", "name": "b"},
        ],
        "orchestrator_config": {"n_attempts": 2},
    }


def test_a_whole_number_of_any_size_is_json() -> None:
    assert custom(10**400) == 10**400


@pytest.mark.parametrize(
    "value", [{1, 2}, b"a", object(), {"a": 1j}, [InputContext(problem_statement="")]]
)
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match=r"^scorer_params.* must be JSON: a dict, list"):
        custom(value)


def test_what_is_given_stays_as_it_was() -> None:
    fields = {"name": "a", "metadata": {"a": "b"}, "scenario_ids": ["scn_1"]}
    before = json.dumps(fields)

    sent: Any = encode(fields, BenchmarkCreateParams)
    sent["metadata"]["a"] = "c"
    sent["scenario_ids"].clear()

    assert json.dumps(fields) == before


def test_a_dump_leaves_out_none_where_nothing_need_be() -> None:
    mount = AgentMount(agent_id="agt_1", agent_name=None)

    assert dump(mount) == {
        "type": "agent_mount",
        "agent_id": "agt_1",
        "agent_name": None,
    }


def test_models_are_dumped_within_lists_and_dicts() -> None:
    context = InputContext(problem_statement="?")

    dumped = dump({"a": [context], "b": Unknown({"type": "new"})})

    assert dumped == {"a": [{"problem_statement": "?"}], "b": {"type": "new"}}
