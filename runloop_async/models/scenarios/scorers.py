"""The functions that score an attempt at a scenario, built in and of your own."""

from collections.abc import Sequence
from typing import Literal, Required, TypeAlias, TypedDict

import attrs

from runloop_async.annotations import JsonValue
from runloop_async.models.shared import CountedPageParams, Unknown


@attrs.frozen(kw_only=True)
class AstGrepScoringFunction:
    """Scores by whether a pattern of syntax is found."""

    type: Literal["ast_grep_scorer"] = "ast_grep_scorer"
    pattern: str
    """The pattern, as ast-grep takes it."""
    search_directory: str
    """Folder to look in."""
    lang: str | None = None
    """Language of the pattern."""


class AstGrepScoringFunctionParam(TypedDict, total=False):
    """`AstGrepScoringFunction` as a plain dict."""

    type: Required[Literal["ast_grep_scorer"]]
    pattern: Required[str]
    search_directory: Required[str]
    lang: str


@attrs.frozen(kw_only=True)
class BashScriptScoringFunction:
    """Scores by what a bash script prints last: `score=` and a number."""

    type: Literal["bash_script_scorer"] = "bash_script_scorer"
    bash_script: str | None = None
    """The script."""


class BashScriptScoringFunctionParam(TypedDict, total=False):
    """`BashScriptScoringFunction` as a plain dict."""

    type: Required[Literal["bash_script_scorer"]]
    bash_script: str


@attrs.frozen(kw_only=True)
class CommandScoringFunction:
    """Scores by whether a command succeeds."""

    type: Literal["command_scorer"] = "command_scorer"
    command: str | None = None
    """The command."""


class CommandScoringFunctionParam(TypedDict, total=False):
    """`CommandScoringFunction` as a plain dict."""

    type: Required[Literal["command_scorer"]]
    command: str


@attrs.frozen(kw_only=True)
class CustomScoringFunction:
    """Scores by a scorer of your own (`scenarios.scorers`)."""

    type: Literal["custom_scorer"] = "custom_scorer"
    custom_scorer_type: str
    """The `type` that the scorer was made with."""
    scorer_params: JsonValue = None
    """What to hand to it, as JSON."""


class CustomScoringFunctionParam(TypedDict, total=False):
    """`CustomScoringFunction` as a plain dict."""

    type: Required[Literal["custom_scorer"]]
    custom_scorer_type: Required[str]
    scorer_params: JsonValue


@attrs.frozen(kw_only=True)
class PythonScriptScoringFunction:
    """Scores by the number that a Python script prints."""

    type: Literal["python_script_scorer"] = "python_script_scorer"
    python_script: str
    """The script."""
    python_version_constraint: str | None = None
    """Which Python; default `==3.12.10`."""
    requirements_contents: str | None = None
    """Its requirements file."""


class PythonScriptScoringFunctionParam(TypedDict, total=False):
    """`PythonScriptScoringFunction` as a plain dict."""

    type: Required[Literal["python_script_scorer"]]
    python_script: Required[str]
    python_version_constraint: str | None
    requirements_contents: str | None


@attrs.frozen(kw_only=True)
class ScorerTestFile:
    """A file to put in place before a test."""

    file_contents: str | None = None
    """The text."""
    file_path: str | None = None
    """Where it goes, below the working directory."""


class ScorerTestFileParam(TypedDict, total=False):
    """`ScorerTestFile` as a plain dict."""

    file_contents: str
    file_path: str


@attrs.frozen(kw_only=True)
class TestBasedScoringFunction:
    """Scores by whether tests pass."""

    __test__ = False  # its name makes pytest take it for a test

    type: Literal["test_based_scorer"] = "test_based_scorer"
    test_command: str | None = None
    """The command that runs the tests."""
    test_files: list[ScorerTestFile] | None = None
    """Files to put in place before."""


class TestBasedScoringFunctionParam(TypedDict, total=False):
    """`TestBasedScoringFunction` as a plain dict."""

    type: Required[Literal["test_based_scorer"]]
    test_command: str
    test_files: Sequence[ScorerTestFile | ScorerTestFileParam]


Scorer: TypeAlias = (
    AstGrepScoringFunction
    | BashScriptScoringFunction
    | CommandScoringFunction
    | CustomScoringFunction
    | PythonScriptScoringFunction
    | TestBasedScoringFunction
    | Unknown
)
"""How a scoring function comes to its score."""
ScorerParam: TypeAlias = (
    Scorer
    | AstGrepScoringFunctionParam
    | BashScriptScoringFunctionParam
    | CommandScoringFunctionParam
    | CustomScoringFunctionParam
    | PythonScriptScoringFunctionParam
    | TestBasedScoringFunctionParam
)
"""A `Scorer`, or one as a plain dict."""


@attrs.frozen(kw_only=True)
class ScoringFunction:
    """A scorer with a name and a weight."""

    name: str
    """Its name: letters, digits, `_` and `-`."""
    scorer: Scorer
    """How it comes to its score."""
    weight: float
    """Its share in the whole; the weights of a contract should add up to 1."""


class ScoringFunctionParam(TypedDict):
    """`ScoringFunction` as a plain dict."""

    name: str
    scorer: ScorerParam
    weight: float


@attrs.frozen(kw_only=True)
class ScorerView:
    """A scorer of your own."""

    id: str
    """Identifier of the scorer."""
    bash_script: str
    """The script that scores."""
    type: str
    """The name that scenarios use it by."""


@attrs.frozen(kw_only=True)
class ScorerListView:
    """A page of scorers."""

    scorers: list[ScorerView]
    """The scorers on it."""
    has_more: bool
    """Whether another page follows."""
    total_count: int | None = None
    """How many there are on all pages, if counted."""


class ScorerParams(TypedDict):
    """What `scenarios.scorers.create` and `update` take."""

    bash_script: str
    """The script that scores: prints `score=` and a number from 0 to 1."""
    type: str
    """The name for scenarios to use it by."""


class ScorerListParams(CountedPageParams, total=False):
    """What `scenarios.scorers.list` takes."""

    search: str
    """Only those whose type or id contains this."""
