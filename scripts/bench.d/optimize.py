"""Part (i): what `ladylinux models optimize` gains, on the int4 export as other exporters would have left it.

The command measures both graphs itself, in turns, each in a process of its own; its medians and the median of its ratios are taken.
"""

import json

from node import Root
from places import HERE, run, say

VARIANTS = {"no accuracy level": [], "head of 32 bits": ["--keep-level", "--wide-head"], "both": ["--wide-head"]}


def measure(places, options):
    """Makes each variant, and has it optimised."""
    export = places.onnx(64)
    places.need(places.binary, export)
    rows = []
    for name, flags in VARIANTS.items():
        with Root(places) as root:
            folder = root.path / "opt/ladylinux/models/variant"
            # Hard links do not reach from one file system to another, and the weights are large: beside the export, then moved in.
            made = places.work / "variant.unfinished"
            run(["rm", "-rf", made])
            run([places.venv / "bin/python", HERE / "variants.py", export.resolve(), made, *flags])
            run(["mv", made, folder])
            counts = ["--rounds", options.rounds, "--prompt-tokens", 256, "--written-tokens", 32]
            output = run([places.binary, "models", "optimize", "variant", *counts, "--json"], env=root.environment(
                LADYLINUX_WORKER_CPU_PERMITS=str(options.threads)), stdout_only=True)
            told = json.loads(output)
            record = told.get("record") or told
            rows.append({"variant": name, "outcome": told["outcome"], "speed": record.get("speed"), "answers": record.get("answers")})
            say(f"optimize {name}: {told['outcome']} {record.get('speed')}")
    return {"threads": options.threads, "rounds": options.rounds, "summary": rows}
