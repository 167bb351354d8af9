"""Fields that take one of several plain types."""

import pytest

from runloop_async.convert.encoding import encode
from runloop_async.models.devboxes.executions import ExecutionRetrieveParams
from runloop_async.models.shared import MetadataFilterParams


@pytest.mark.parametrize("value", [5, "5"])
def test_a_field_may_take_one_of_several_types(value: object) -> None:
    assert encode({"last_n": value}, ExecutionRetrieveParams) == {"last_n": value}


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        (5, "metadata must be a dict, not int"),
        ({"a": 5}, r"metadata\['a'\] must be a string or a list, not int"),
        ({"a": ["x", 5]}, r"metadata\['a'\]\[1\] must be a string, not int"),
    ],
)
def test_a_value_of_none_of_several_types_is_told(metadata: object, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        encode({"metadata": metadata}, MetadataFilterParams)


def test_a_list_may_stand_for_one_value_of_a_filter() -> None:
    given = {"metadata": {"team": "a", "stage": ["b", "c"]}}

    assert encode(given, MetadataFilterParams) == given
