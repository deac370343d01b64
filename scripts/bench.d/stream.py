"""Part (b): what pipe, core and HTTP cost on top of the bare engine.

The worker stamps CLOCK_MONOTONIC when the engine returns a token; with the feature `token-timing` the event on the
socket carries that stamp, and the client stamps the same clock when the read that completed the event returns. Bare
engine runs alternate with the streamed answers, so that the speed of both can be compared as well.
"""

import json
import statistics

import engine
import figures
from node import Root, link_model
from places import Stop, run, say

AT_MOST_P50_US = 300
QUESTION = "tell me a long story about a fox and a lighthouse"
BARE_DEPTH = 64


def measure(places, options):
    """Streams answers from a node with a worker and returns the cost per token."""
    model = places.onnx(64)
    places.need(places.binary, model)
    answers, bare = [], []
    with Root(places) as root:
        link_model(root, model)
        settings = {
            "LADYLINUX_FEATURES": "token-timing",
            "LADYLINUX_LLM_MODEL": model.name,
            "LADYLINUX_LLM_MAX_TOKENS": str(options.tokens),
            "LADYLINUX_WORKER_CPU_PERMITS": str(options.threads),
        }
        with root.serve(**settings) as server:
            server.wait_for_workers("llm")
            for number in range(-1, options.answers):
                answer = _stream(places, server)
                if number < 0:
                    continue
                answers.append(answer)
                bare.append(_bare(places, options))
                say(f"stream answer {number + 1}/{options.answers}: {_latest(answer, bare[-1])}")
    costs = [(token["arrived_ns"] - token["engine_ns"]) / 1000 for answer in answers for token in answer["tokens"]]
    if min(costs) < 0:
        raise Stop("a token arrived before the engine returned it: the clocks of worker and client differ")
    return {
        "threads": options.threads,
        "tokens_per_answer": options.tokens,
        "client": "blocking reads on a TCP socket, in a process of its own",
        "summary": summarise(costs, answers, bare),
        "samples_us": [round(cost, 1) for cost in costs],
    }


def summarise(costs, answers, bare):
    p50 = figures.percentile(costs, 0.50)
    return {
        "tokens": len(costs),
        "p50_us": p50,
        "p95_us": figures.percentile(costs, 0.95),
        "p99_us": figures.percentile(costs, 0.99),
        "max_us": max(costs),
        "at_most_p50_us": AT_MOST_P50_US,
        "reached": p50 <= AT_MOST_P50_US,
        "decode_streamed_over_bare": figures.paired_ratio([_decode_rate(answer) for answer in answers], bare),
    }


def _stream(places, server):
    output = run(
        [places.binary, "bench", "stream", "--url", server.url, "--question", QUESTION, "--json"],
        env=places.environment(),
        stdout_only=True,
    )
    answer = json.loads(output)
    if len(answer["tokens"]) < 2:
        raise Stop(f"the answer streamed {len(answer['tokens'])} tokens; the node said:\n{server.log_tail()}")
    return answer


def _decode_rate(answer):
    stamps = [token["engine_ns"] for token in answer["tokens"]]
    return (len(stamps) - 1) * 1e9 / (stamps[-1] - stamps[0])


def _bare(places, options):
    counts = {"depth": BARE_DEPTH, "prompt": 0, "generate": options.tokens}
    return engine.ours(places, places.onnx(64), options.threads, counts)["tokens_per_second"]


def _latest(answer, bare):
    costs = [(token["arrived_ns"] - token["engine_ns"]) / 1000 for token in answer["tokens"]]
    return f"{len(costs)} tokens, median {statistics.median(costs):.0f} us; {_decode_rate(answer):.1f} tok/s, bare {bare:.1f}"
