"""Reduce the service's OpenAPI document to the facts that tests check.

Run `python -m tests.distil openapi.yml` after the service publishes a new document.
The result has each operation's parameters, bodies and statuses, and each schema's
types. Descriptions are the service's own text and are left out.
"""

import json
import sys
from pathlib import Path
from typing import cast

import yaml

from runloop_async.testing.messages import JsonObject

TARGET = Path(__file__).parent / "data" / "openapi.json"
FACTS = {
    "$ref",
    "additionalProperties",
    "discriminator",
    "enum",
    "items",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "type",
}


def schema_facts(schema: JsonObject) -> JsonObject:
    """Return what a schema says of types, without its descriptions."""
    kept = {key: value for key, value in schema.items() if key in FACTS}
    if properties := kept.get("properties"):
        kept["properties"] = by_name(properties)
    if variants := kept.get("oneOf"):
        kept["oneOf"] = [schema_facts(each) for each in variants]
    for key in ("items", "additionalProperties"):
        if isinstance(inner := kept.get(key), dict):
            kept[key] = schema_facts(cast("JsonObject", inner))
    return kept


def by_name(schemas: JsonObject) -> JsonObject:
    return {name: schema_facts(schema) for name, schema in schemas.items()}


def content_facts(content: JsonObject) -> JsonObject:
    return {
        kind: {"schema": schema_facts(body.get("schema", {}))}
        for kind, body in content.items()
    }


def operation_facts(operation: JsonObject) -> JsonObject:
    """Return an operation's parameters, request body and responses."""
    facts: JsonObject = {
        "parameters": [
            {
                "name": each["name"],
                "in": each["in"],
                "required": each["required"],
                "schema": schema_facts(each["schema"]),
            }
            for each in operation.get("parameters", [])
        ],
        "responses": {
            status: {"content": content_facts(response["content"])}
            if response.get("content")
            else {}
            for status, response in operation["responses"].items()
        },
    }
    if body := operation.get("requestBody"):
        facts["requestBody"] = {"content": content_facts(body["content"])}
    return facts


def distilled(document: JsonObject) -> JsonObject:
    """Return the facts of a whole document, in the document's own structure."""
    return {
        "paths": {
            path: {verb: operation_facts(each) for verb, each in operations.items()}
            for path, operations in document["paths"].items()
        },
        "components": {"schemas": by_name(document["components"]["schemas"])},
    }


def written(facts: JsonObject) -> str:
    """Return the facts as JSON with a line for each path and schema."""
    schemas = by_line(facts["components"]["schemas"])
    paths = by_line(facts["paths"])
    return f'{{"components":{{"schemas":{schemas}}},\n"paths":{paths}}}\n'


def by_line(values: JsonObject) -> str:
    lines = (
        f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}"
        for name, value in sorted(values.items())
    )
    return "{\n" + ",\n".join(lines) + "\n}"


def main(source: str) -> None:
    document = yaml.load(Path(source).read_text(), Loader=yaml.CSafeLoader)
    facts = distilled(document)
    TARGET.write_text(written(facts))


if __name__ == "__main__":
    main(sys.argv[1])
