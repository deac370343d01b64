"""Part (m): judging a draft next to single steps, and the tokens that drafts change.

`ladylinux bench drafts` measures both in one process, in turns, on the int4 export with logits for every token.
"""

import json

import figures
from places import HERE, run

AT_MOST, ENOUGH_PAIRS = 0.45, 7


def measure(places, options):
    """Makes the graph, and has drafts judged on it."""
    export, folder = places.onnx(64), places.work / "onnx-every-logit"
    places.need(places.binary, export)
    run(["rm", "-rf", folder])
    run([places.venv / "bin/python", HERE / "variants.py", export.resolve(), folder, "--keep-level", "--every-logit"])
    counts = ["--repeat", options.draft_pairs, "--tokens", options.greedy_tokens, "--threads", options.threads]
    output = run([places.binary, "bench", "drafts", "--model", folder, *counts, "--json"], env=places.environment(), stdout_only=True)
    told = json.loads(output)
    run(["rm", "-rf", folder])
    pairs = told.pop("pairs")
    summary = figures.paired_ratio([one["draft_seconds"] for one in pairs], [one["single_seconds"] for one in pairs])
    reached = summary["ratio"] <= AT_MOST if len(pairs) >= ENOUGH_PAIRS else None
    return told | {"summary": summary | {"at_most": AT_MOST, "reached": reached}, "samples": pairs}
