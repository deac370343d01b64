"""Part (a): decode and prefill of our engine next to llama.cpp, in alternating one-shot processes.

Each process loads its model once, warms up, measures once and ends, on both sides. A round runs llama.cpp, block 64 and
block 128 for one measurement; the order rotates with the round, and only runs of the same round are divided.
"""

import json

import figures
import machine
from places import BLOCKS, Stop, run, say

DECODED = 32
# name: tokens before the clock starts, prompt tokens timed, tokens decoded and timed
MEASUREMENTS = {
    "tg@64": {"depth": 64, "prompt": 0, "generate": DECODED},
    "tg@1024": {"depth": 1024, "prompt": 0, "generate": DECODED},
    "pp512": {"depth": 0, "prompt": 512, "generate": 0},
}
ENOUGH_PAIRS = 15
AT_LEAST = {
    64: {"tg@64": 0.92, "tg@1024": 1.0},
    128: {"tg@64": 1.05, "tg@1024": 1.15, "pp512": 1.2},
}


def measure(places, options):
    """Runs all pairs and returns samples and ratios."""
    blocks = options.block or list(BLOCKS)
    places.need(places.binary, places.llama_bench, places.gguf, *(places.onnx(block) for block in blocks))
    sides = ["llama.cpp", *blocks]
    names = options.measurement or list(MEASUREMENTS)
    rows = []
    for pair in range(options.pairs):
        for name in names:
            order = sides[pair % len(sides) :] + sides[: pair % len(sides)]
            for side in order:
                rows.append({"pair": pair, "measurement": name, "side": side, **_run(places, options, side, name)})
        say(f"engine pair {pair + 1}/{options.pairs}: {_latest(rows, pair)}")
    return {
        "threads": options.threads,
        "decoded_tokens": DECODED,
        "interval": "exact, from order statistics of the per-pair ratios",
        "llama_cpp": next(row["build"] for row in rows if row["side"] == "llama.cpp"),
        "summary": summarise(rows, blocks, names),
        "samples": rows,
    }


def summarise(rows, blocks, names):
    """Returns one entry per block size and measurement."""

    def series(side, name):
        return [row["tokens_per_second"] for row in rows if row["side"] == side and row["measurement"] == name]

    return [
        {"block": block, "measurement": name}
        | figures.paired_ratio(
            series(block, name), series("llama.cpp", name), AT_LEAST[block].get(name), ENOUGH_PAIRS, judged="high"
        )
        for block in blocks
        for name in names
    ]


def _run(places, options, side, name):
    with machine.Others() as others:
        if side == "llama.cpp":
            result = _llama_cpp(places, options.threads, MEASUREMENTS[name])
        else:
            result = ours(places, places.onnx(side), options.threads, MEASUREMENTS[name])
    return result | {"other_cores_busy": others.cores}


def _llama_cpp(places, threads, measurement):
    counts = ["-p", measurement["prompt"], "-n", measurement["generate"], "-d", measurement["depth"]]
    output = run([places.llama_bench, "-m", places.gguf, "-t", threads, "-r", 1, "-o", "json", *counts], stdout_only=True)
    (result,) = json.loads(output)
    build = {key: result[key] for key in ["build_commit", "model_size", "type_k", "flash_attn", "n_ubatch", "repack"]}
    return {"tokens_per_second": result["avg_ts"], "build": build}


def ours(places, model, threads, measurement):
    """Runs our engine once, the code of the worker in a process of its own."""
    timed_prompt = measurement["prompt"] > 0
    prompt = measurement["prompt"] or measurement["depth"]
    counts = ["--prompt-tokens", prompt, "--generate-tokens", measurement["generate"]]
    command = [places.binary, "bench", "engine", "--model", model, *counts, "--threads", threads, "--repeat", 1, "--json"]
    output = run(command, env=places.environment(), stdout_only=True)
    (result,) = json.loads(output)["repetitions"]
    rate = result["prefill_tokens_per_second" if timed_prompt else "decode_tokens_per_second"]
    if not rate:
        raise Stop(f"{places.binary} measured nothing: {output.strip()}")
    return {"tokens_per_second": rate, "detail": result}


def _latest(rows, pair):
    return " ".join(f"{row['side']}:{row['measurement']}={row['tokens_per_second']:.1f}" for row in rows if row["pair"] == pair)
