"""Validates the golden records and run.json in FOLDER against the schemas beside this file.

    schema_test.py FOLDER

Readers pass over fields that they do not know, so the schemas allow them; the writer may make
none that the schemas lack, so here they are closed first.  Exits with 77 (skipped) where the
module jsonschema is missing.
"""
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
    return jsonschema.Draft202012Validator(schema), set(schema.get("$defs", {}))


def main(folder):
    record, types = validator("record.schema.json")
    run, _ = validator("run.schema.json")
    passed, failed, seen = 0, 0, set()
    for path in sorted(pathlib.Path(folder).glob("*.jsonl")):
        for number, text in enumerate(path.open(encoding="utf-8", newline="\n"), 1):
            if not text.endswith("\n"):
                continue  # the truncated one
            line = json.loads(text)
            seen.add(line["type"])
            errors = [error.message for error in record.iter_errors(line)]
            passed, failed = passed + (not errors), failed + bool(errors)
            for error in errors[:3]:
                print(f"{path.name}:{number}: {line['type']}: {error}")
    errors = list(run.iter_errors(json.loads((pathlib.Path(folder) / "run.json").read_text(encoding="utf-8"))))
    for error in errors:
        print("run.json:", error.message)
    passed, failed = passed + (not errors), failed + bool(errors)
    for name in types - seen - {"time", "number", "big", "fault_id"}:
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
