"""Whether documents of `sealkeep wipe` are what docs/spec/wipe-report.schema.json says.

    python3 check_wipe_report.py docs/spec/wipe-report.schema.json REPORT…

Readers of reports must take fields that are new to them. Here each field must be one that the schema names: what this version
writes is written down.
"""

import argparse
import copy
import json
import sys

import jsonschema


def closed(schema):
    """The same, with no room for fields that it does not name."""
    schema = copy.deepcopy(schema)
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            if "properties" in part:
                part["additionalProperties"] = False
            waiting.extend(part.values())
    return schema


def part_for(schema, document):
    """The schema of this kind of document, with all that it refers to."""
    for name, part in schema["$defs"].items():
        kind = part.get("properties", {}).get("schema", {}).get("const")
        if kind is not None and kind == document.get("schema"):
            return {**schema, "oneOf": [{}], "$ref": f"#/$defs/{name}"}
    sys.exit(f"the schema knows no {document.get('schema')}")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("schema")
    options.add_argument("reports", nargs="+")
    chosen = options.parse_args()
    with open(chosen.schema, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    strict = closed(schema)
    failed = 0
    for path in chosen.reports:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        errors = list(jsonschema.Draft202012Validator(part_for(strict, document)).iter_errors(document))
        for error in errors:
            print(f"{path}: {error.json_path}: {error.message}", file=sys.stderr)
        if not errors:
            jsonschema.Draft202012Validator(schema).validate(document)
            print(f"{path} is a {document['schema']}")
        failed += len(errors)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
