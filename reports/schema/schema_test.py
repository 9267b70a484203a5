"""Validates the golden records and run.json in FOLDER against the schemas beside this file.

    schema_test.py FOLDER

Readers pass over fields that they do not know, so the schemas allow them; the writer may make
none that the schemas lack, so here they are closed first.  Exits with 77 (skipped) where the
module jsonschema is missing.
"""
import collections
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3 has no module jsonschema")
    sys.exit(77)


def close(schema):
    """Forbid what the schema does not name, wherever it names something."""
    if isinstance(schema, dict):
        if "properties" in schema and schema["properties"].keys() != {"type"}:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


def validator(name):
    schema = json.loads((pathlib.Path(__file__).parent / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for definition in schema.get("$defs", {}).values():
        close(definition)
    return jsonschema.Draft202012Validator(schema), schema.get("$defs", {})


def by_type(definitions):
    """A validator for each type of line: the whole schema tries all of them for every line."""
    return {name: jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions})
            for name in definitions}


WHOLE = 25  # so many lines of a type go through the whole schema,
ALIKE = 150  # and so many lines with the same fields are looked at


def main(folder):
    record, definitions = validator("record.schema.json")
    run, _ = validator("run.schema.json")
    types = by_type(definitions)
    passed, failed, seen = 0, 0, collections.Counter()
    shapes = collections.Counter()
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        for number, text in enumerate(path.open(encoding="utf-8", newline="\n"), 1):
            if not text.endswith("\n"):
                continue  # the truncated one
            line = json.loads(text)
            seen[line["type"]] += 1
            shape = tuple(line)
            shapes[line["type"], shape] += 1
            if shapes[line["type"], shape] > ALIKE:
                continue
            judge = record if seen[line["type"]] <= WHOLE else types.get(line["type"], record)
            errors = [error.message for error in judge.iter_errors(line)]
            passed, failed = passed + (not errors), failed + bool(errors)
            for error in errors[:3]:
                print(f"{path.name}:{number}: {line['type']}: {error}")
    errors = list(run.iter_errors(json.loads((pathlib.Path(folder) / "run.json").read_text(encoding="utf-8"))))
    for error in errors:
        print("run.json:", error.message)
    passed, failed = passed + (not errors), failed + bool(errors)
    for name in set(types) - set(seen) - {"time", "number", "big", "fault_id"}:
        print(f"no golden record has a line of type {name}")
        failed += 1
    for wrong in ({"type": "gauge", "lane": "a", "t": -1, "v": 0}, {"type": "msg"}, {"type": "end", "status": "good", "t": 0}):
        if record.is_valid(wrong):
            print("the schema lets this pass:", wrong)
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
