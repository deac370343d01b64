"""Part (h): learning 5,000 files, and hybrid search over the 100,000 passages that they make, on one core.

The files are made of paragraphs of text that is on the machine (`--text`, by default the licences and documents below /usr/share), so
that words are as rare and as frequent as in writing. 2,000 of the passages are embedded by the node itself; the others get
one of these vectors with some noise, as 100,000 would take an hour. Questions are sentences of the text with half of their words left out.
"""

import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import time
import urllib.parse

import figures
from node import Root
from places import Stop, run

FILES, PASSAGES_A_FILE, EMBEDDED, QUESTIONS = 5000, 20, 2000, 200
SEARCH_MS, LEARN_SECONDS = 25, 2

# Run in the Python environment, which has apsw (an SQLite that loads extensions) and sqlite-vec.
FILL = """
import json, random, struct, sys
import apsw, numpy, sqlite_vec
database, vectors = sys.argv[1], numpy.array(json.load(open(sys.argv[2])), dtype="float32")
connection = apsw.Connection(database)
connection.enable_load_extension(True)
connection.load_extension(sqlite_vec.loadable_path())
random.seed(1)
numpy.random.seed(1)
(index, dimensions), = connection.execute("SELECT id, dimensions FROM vector_index WHERE serves")
passages = [one for one, in connection.execute("SELECT id FROM passage ORDER BY id")]
levels = numpy.array([-0.6, 0.0, 0.6], dtype="float32") / numpy.sqrt(numpy.float32(dimensions))
with connection:
    for start in range(0, len(passages), 5000):
        block = passages[start:start + 5000]
        made = vectors[numpy.random.randint(len(vectors), size=len(block))]
        made = made + numpy.random.normal(0, 0.4 / dimensions ** 0.5, made.shape).astype("float32")
        made /= numpy.linalg.norm(made, axis=1, keepdims=True)
        above = numpy.concatenate([made > level for level in levels], axis=1)
        steps = numpy.packbits(above, axis=1, bitorder="little")
        numbers = numpy.round(made / numpy.abs(made).max(axis=1, keepdims=True) * 127).astype("int8")
        for passage, step, number in zip(block, steps, numbers):
            connection.execute("INSERT INTO passage_vector VALUES (?, ?, ?)", (index, passage, number.tobytes()))
            connection.execute(f"INSERT INTO passage_near_{index} (passage_id, audience, steps) VALUES (?, 1, vec_bit(?))", (passage, step.tobytes()))
print(len(passages))
"""


def _paragraphs(folders):
    """Returns paragraphs of 500 to 850 letters from text files."""
    found = set()
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and path.suffix in ("", ".txt", ".md", ".rst") and path.stat().st_size < 1_000_000:
                text = path.read_text(errors="ignore")
                for start in range(0, len(text) - 500, 700):
                    piece = " ".join(text[start : start + 700].split())
                    if len(piece) > 450 and sum(letter.isalpha() or letter == " " for letter in piece) > len(piece) * 0.8:
                        found.add(piece)
    return sorted(found)


def _write(folder, paragraphs):
    shuffled = random.Random(1)
    for number in range(FILES):
        chosen = [shuffled.choice(paragraphs) for _ in range(PASSAGES_A_FILE)]
        # Long enough that each becomes a passage of its own.
        (folder / f"{number:04}.txt").write_text("\n\n".join(f"{shuffled.randrange(10**6)} {one}" for one in chosen) + "\n")


def _questions(paragraphs):
    chosen = random.Random(2)
    words = lambda: re.findall(r"[A-Za-z]{3,}", chosen.choice(paragraphs))
    return [" ".join(chosen.sample(told, min(6, len(told)))) for told in (words() for _ in range(QUESTIONS))]


def measure(places, options):
    """Learns, fills in vectors, and asks."""
    places.need(places.binary)
    paragraphs = _paragraphs(options.text or ["/usr/share/doc", "/usr/share/common-licenses", "/usr/share/perl"])
    if len(paragraphs) < EMBEDDED:
        raise Stop(f"only {len(paragraphs)} paragraphs were found: name folders with more text by --text")
    converted = places.work / "minilm"
    if not (converted / "onnx/model.onnx").is_file():
        raise Stop("run `scripts/bench embeddings` first, which makes the model")
    core = ["taskset", "-c", "0"]
    with Root(places) as root:
        model = root.path / "opt/ladylinux/models/minilm"
        shutil.copytree(converted, model, ignore=shutil.ignore_patterns("model_quantized.onnx"))
        corpus = root.path / "corpus"
        corpus.mkdir()
        _write(corpus, paragraphs)

        def ask(node, question):
            began = time.monotonic()
            status, answer = node.request("GET", "/api/knowledge/search?limit=10&q=" + urllib.parse.quote(question))
            took = (time.monotonic() - began) * 1000
            if status != 200:
                raise Stop(f"the search answered {status}: {answer[:300]}")
            return took, json.loads(answer)

        settings = {"LADYLINUX_WORKER_CPU_PERMITS": "1"}
        # With nothing learned the index is complete at once; and the node's own vectors are what the rest is made of.
        with root.serve(**settings) as node:
            node.milliseconds_until("/health/live")
            vectors = []
            for start in range(0, EMBEDDED, 100):
                body = json.dumps({"model": "default", "input": paragraphs[start : start + 100]})
                status, answer = node.request("POST", "/v1/embeddings", body)
                if status != 200:
                    raise Stop(f"/v1/embeddings answered {status}: {answer[:300]}")
                vectors += [one["embedding"] for one in json.loads(answer)["data"]]
            while ask(node, "anything")[1]["by"] != "words_and_meaning":
                time.sleep(0.2)
        learn = [places.binary, "learn", corpus]

        def learned():
            began = time.monotonic()
            run(learn, env=root.environment())
            return time.monotonic() - began

        first = learned()
        warm = [learned() for _ in range(5)]
        (root.path / "vectors.json").write_text(json.dumps(vectors))
        database = root.path / "var/lib/ladylinux/data/ladylinux.db"
        passages = int(run([places.venv / "bin/python", "-c", FILL, database, root.path / "vectors.json"], stdout_only=True))
        results = {}
        with root.serve(**settings) as node:
            node.milliseconds_until("/health/live")
            subprocess.run(["taskset", "-a", "-p", "-c", "0", str(node.process.pid)], check=True, capture_output=True)
            questions = _questions(paragraphs)
            while ask(node, "anything")[1]["by"] != "words_and_meaning":
                time.sleep(0.2)
            for child in pathlib.Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text().split():
                subprocess.run(["taskset", "-a", "-p", "-c", "0", child], check=True, capture_output=True)
            both, vector = [], []
            for question in questions:
                began = time.monotonic()
                node.request("POST", "/v1/embeddings", json.dumps({"model": "default", "input": question}))
                vector.append((time.monotonic() - began) * 1000)
                took, answer = ask(node, question)
                if answer["by"] != "words_and_meaning":
                    raise Stop("a question was searched for by its words only")
                both.append(took)
        (root.path / "nothing").mkdir()
        with root.serve(LADYLINUX_MODELS_DIR=str(root.path / "nothing")) as node:
            node.milliseconds_until("/health/live")
            subprocess.run(["taskset", "-a", "-p", "-c", "0", str(node.process.pid)], check=True, capture_output=True)
            words = [ask(node, question)[0] for question in questions]
    less = [max(0.0, one - other) for one, other in zip(both, vector, strict=True)]
    told = lambda values: {"p50": figures.percentile(values, 0.5), "p95": figures.percentile(values, 0.95)}
    results = {"search_ms": told(less), "question_vector_ms": told(vector), "words_ms": told(words)}
    return results | {
        "files": FILES,
        "passages": passages,
        "learn_seconds": first,
        "learn_warm_seconds": figures.spread(warm),
        "at_most": {"search_ms": SEARCH_MS, "learn_warm_seconds": LEARN_SECONDS},
        "reached": {"search_ms": results["search_ms"]["p95"] <= SEARCH_MS, "learn_warm_seconds": max(warm) <= LEARN_SECONDS},
    }
