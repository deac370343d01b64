"""Part (j): the first token of a conversation's second turn next to that of its first, through a whole node.

The first turn brings 1,000 tokens that the node has not seen; the second sends all of it again, as OpenAI clients do, with the answer and
one more question. The worker keeps what it has read, so that only what is new is read then.
"""

import http.client
import json
import random
import statistics
import string
import time

import figures
from node import PATIENCE_SECONDS, Root, link_model
from places import Stop, say

TOKENS, ANSWER_TOKENS = 1000, 16
AT_MOST, ENOUGH_PAIRS = 0.15, 7


def measure(places, options):
    """Has some conversations of two turns, one after the other."""
    model = places.onnx(64)
    places.need(places.binary, model)
    rows = []
    with Root(places) as root:
        link_model(root, model)
        settings = {"LADYLINUX_LLM_MODEL": model.name, "LADYLINUX_WORKER_CPU_PERMITS": str(options.threads)}
        with root.serve(**settings) as server:
            server.wait_for_workers("llm")
            for number in range(-1, options.conversations):
                row = _conversation(server, number)
                if number >= 0:
                    rows.append(row)
                    say(f"turns {number + 1}/{options.conversations}: {row['first_ms']:.0f} ms, then {row['second_ms']:.0f} ms")
    summary = figures.paired_ratio([row["second_ms"] for row in rows], [row["first_ms"] for row in rows])
    reached = summary["ratio"] <= AT_MOST if len(rows) >= ENOUGH_PAIRS else None
    return {"threads": options.threads, "summary": summary | {"at_most": AT_MOST, "reached": reached}, "samples": rows}


def _conversation(server, seed):
    # As text: numbers that differ by their sign alone begin the same series, and the worker keeps what it has read.
    chance = random.Random(str(seed))
    # Each of these is one token of the made-up tokenizer.
    words = ["".join(chance.choices(string.ascii_lowercase, k=3)) for _ in range(TOKENS)]
    messages = [{"role": "user", "content": " ".join(words)}]
    first = _turn(server, messages)
    messages += [{"role": "assistant", "content": first["text"]}, {"role": "user", "content": "and what else is there"}]
    second = _turn(server, messages)
    if first["cached_tokens"] > TOKENS // 10 or first["prompt_tokens"] < TOKENS:
        raise Stop(f"the first turn had {first['prompt_tokens']} tokens, of which {first['cached_tokens']} were known: it proves nothing")
    return {f"{turn}_{key}": told[key] for turn, told in (("first", first), ("second", second)) for key in ("ms", "prompt_tokens", "cached_tokens")}


def _turn(server, messages):
    """Returns how long the first text took, what was said, and how much of the prompt was known."""
    body = {"model": "default", "messages": messages, "max_tokens": ANSWER_TOKENS, "temperature": 0}
    body |= {"stream": True, "stream_options": {"include_usage": True}}
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    began = time.monotonic()
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise Stop(f"the node answered {answer.status}: {answer.read()[:500]}")
    took, text, usage = None, "", None
    for line in answer:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        usage = event.get("usage") or usage
        for choice in event["choices"]:
            piece = choice["delta"].get("content") or ""
            if piece and took is None:
                took = (time.monotonic() - began) * 1000
            text += piece
    connection.close()
    if took is None or usage is None:
        raise Stop("the answer had no text, or no usage")
    known = usage.get("prompt_tokens_details", {}).get("cached_tokens", 0)
    return {"ms": took, "text": text, "prompt_tokens": usage["prompt_tokens"], "cached_tokens": known}
