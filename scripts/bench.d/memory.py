"""Part (l): the memory that each process of a node holds, once its models are loaded and after they have worked.

Resident memory (VmRSS) of the core as the kernel tells it, and of each worker as `/api/workers` does.
"""

import json

import machine
from embeddings import converted
from node import Root, link_model
from places import Stop, say

WORDS = "time way year work government day man world life part house course case system place end group company party "


def measure(places, options):
    """Starts a node with a language model and an embedding model, and reads what each process holds."""
    model, encoder = places.onnx(64), converted(places)
    places.need(places.binary, model)
    with Root(places) as root:
        link_model(root, model)
        link_model(root, encoder)
        settings = {"LADYLINUX_LLM_MODEL": model.name, "LADYLINUX_EMBED_MODEL": encoder.name}
        settings |= {"LADYLINUX_WORKER_CPU_PERMITS": str(options.threads)}
        with root.serve(**settings) as server:
            server.wait_for_workers("llm", "embed")
            loaded = _held(server)
            _work(server)
            worked = _held(server)
    say(f"memory: {worked}")
    rows = [{"process": name, "loaded_mib": loaded[name], "worked_mib": worked[name]} for name in loaded]
    return {"threads": options.threads, "models": {"llm": "Qwen2.5-0.5B's shape, int4, blocks of 64", "embed": "all-MiniLM-L6-v2, int8"}, "summary": rows}


def _work(server):
    question = {"model": "default", "messages": [{"role": "user", "content": WORDS * 50}], "max_tokens": 64, "temperature": 0}
    texts = {"model": "default", "input": [WORDS * 6] * 32}
    for path, body in [("/v1/chat/completions", question), ("/v1/embeddings", texts)]:
        status, answer = server.request("POST", path, json.dumps(body))
        if status != 200:
            raise Stop(f"{path} answered {status}: {answer[:500]}")


def _held(server):
    status, body = server.request("GET", "/api/workers")
    if status != 200:
        raise Stop(f"/api/workers answered {status}: {body[:500]}")
    held = {"core": machine.resident_kib(server.process.pid) / 1024}
    for worker in json.loads(body)["workers"]:
        if worker.get("resident_bytes"):
            held[worker["kind"]] = worker["resident_bytes"] / 2**20
    return held
