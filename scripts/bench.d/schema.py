"""Part (k): what it adds to each token that an answer has to fit a JSON schema, with a vocabulary of 151,936.

The tokenizer is trained on text of this machine. `ladylinux bench schema` writes three answers by the worker's own code and times, for each
token, masking the logits and taking the token: what an answer without a schema does not do.
"""

import json
import statistics

import figures
from places import HERE, run, say

AT_MOST_P50_US = 200


def measure(places, options):
    """Writes the answers some times over, and returns what the tokens took."""
    places.need(places.binary)
    tokenizer = places.work / "bpe-151936.json"
    if not tokenizer.is_file():
        say("  a tokenizer of 151,936 words from text on this machine, a minute or two")
        made = run([places.venv / "bin/python", HERE / "tokenizer.py", tokenizer], stdout_only=True)
        say(f"  {made.strip()}")
    command = [places.binary, "bench", "schema", "--tokenizer", tokenizer, "--repeat", options.answers_of_a_schema]
    told = json.loads(run(command, env=places.environment(), stdout_only=True))
    every = [time for case in told["cases"] for time in case["token_us"]]
    p50 = figures.percentile(every, 0.5)
    return {
        "vocabulary": told["vocabulary"],
        "prepare_seconds": told["prepare_seconds"],
        "cases": [_row(case) for case in told["cases"]],
        "summary": {"p50_us": p50, "at_most_p50_us": AT_MOST_P50_US, "reached": p50 <= AT_MOST_P50_US, "tokens": len(every)},
        "samples_us": [round(time, 1) for time in every],
    }


def _row(case):
    times = case["token_us"]
    return {
        "name": case["name"],
        "tokens": case["tokens"],
        "begin_ms": statistics.median(case["begin_ms"]),
        "p50_us": figures.percentile(times, 0.5),
        "p95_us": figures.percentile(times, 0.95),
        "max_us": max(times),
    }
