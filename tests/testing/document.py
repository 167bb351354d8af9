"""The API's own document, and whether a value is what it describes."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from runloop_async.testing.messages import JsonObject, JsonValue

FACTS = Path(__file__).parent.parent / "data" / "openapi.json"

TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


@cache
def document() -> JsonObject:
    """Return what `tests/distil.py` kept of the OpenAPI document."""
    loaded: JsonObject = json.loads(FACTS.read_text())
    return loaded


def misfits(
    value: JsonValue, schema: JsonObject, schemas: JsonObject, where: str = "$"
) -> Iterator[str]:
    """Tell in what `value` differs from what `schema` describes."""
    if fits(value, "null") and schema.get("nullable"):
        return
    schema = resolved(schema, schemas)
    if "oneOf" in schema:
        tag = schema["discriminator"]
        schema = resolved({"$ref": tag["mapping"][value[tag["propertyName"]]]}, schemas)
    kind = schema.get("type")
    if kind is not None and not fits(value, kind):
        yield f"{where}: {value!r} is no {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    elif kind == "array":
        yield from list_misfits(value, schema, schemas, where)
    elif kind == "object":
        yield from object_misfits(value, schema, schemas, where)


def list_misfits(
    value: list[JsonValue], schema: JsonObject, schemas: JsonObject, where: str
) -> Iterator[str]:
    for place, item in enumerate(value):
        yield from misfits(item, schema["items"], schemas, f"{where}[{place}]")


def object_misfits(
    value: JsonObject, schema: JsonObject, schemas: JsonObject, where: str
) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}.{name} is missing"
    for name, part in value.items():
        known = properties.get(name, schema.get("additionalProperties", {}))
        if known is False:
            yield f"{where}.{name} is not in the document"
        else:
            yield from misfits(part, known, schemas, f"{where}.{name}")


def resolved(schema: JsonObject, schemas: JsonObject) -> JsonObject:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES[kind])
