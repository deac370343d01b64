"""Checks the model manifest against its JSON Schema, and that the schema refuses what it should."""

import copy
import json
import pathlib

import jsonschema

models = pathlib.Path(__file__).parents[2] / "models"
manifest = json.loads((models / "manifest.json").read_text())
schema = json.loads((models / "manifest.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

errors = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(manifest)]
assert not errors, "\n".join(errors)

for field, wrong in [
    ("id", "Not An Id"),
    ("local_path", "../elsewhere"),
    ("filename", "/etc/passwd"),
    ("task", "poetry"),
    ("files", [{"path": "x", "sha256": "short"}]),
    ("checksum", {"algorithm": "md5", "value": ""}),
]:
    broken = copy.deepcopy(manifest)
    broken["models"][0][field] = wrong
    assert not validator.is_valid(broken), f"the schema takes {field} = {wrong!r}"

# Unknown fields are for later versions.
later = copy.deepcopy(manifest)
later["models"][0]["unheard_of"] = 1
assert validator.is_valid(later)
print("the manifest fits its schema")
