"""Starts a node of its own for a test: below a temporary root, on a free port, with a tiny talkative model."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("LADYLINUX_PROGRAM", PROJECT / "target/debug/ladylinux"))
PATIENCE_SECONDS = 60


class Node:
    """A running node."""

    def __init__(self, process, url, token, document, guest=None):
        self.process, self.url, self.token, self.document, self.guest = process, url, token, document, guest

    def get(self, path):
        """Returns status and body of one request with the token."""
        return self.send("GET", path)

    def send(self, method, path, body=None, token=None):
        """The same by any method, with a body of JSON, perhaps with another token."""
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def worker(self):
        """Returns what the node says about its language-model worker."""
        workers = json.loads(self.get("/api/workers")[1])["workers"]
        return next(worker for worker in workers if worker["kind"] == "llm")

    def until_worker_is(self, state):
        """Waits until the language-model worker is in this state."""
        until(lambda: self.worker()["state"] == state, f"the worker is not {state}", self.process)


def until(fact, complaint, process):
    """Waits for a fact."""
    start = time.monotonic()
    while not (found := fact()):
        if process.poll() is not None:
            raise SystemExit(f"the node ended with {process.returncode}")
        if time.monotonic() - start > PATIENCE_SECONDS:
            raise SystemExit(f"{complaint} after {PATIENCE_SECONDS} s")
        time.sleep(0.02)
    return found


@contextlib.contextmanager
def node(model="chatty", embedder=None, reranker=None, learned=None, commands=None, **settings):
    """Starts a node and stops it; `settings` are environment variables without their prefix, `learned` is a document's text.

    With `commands`, the text of a commands.toml, there is a household, too: the token is Olga's, who owns it, and `guest` is Gero's.
    """
    with tempfile.TemporaryDirectory(prefix="ladylinux-") as folder:
        root = pathlib.Path(folder)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LADYLINUX_")}
        environment |= {"LADYLINUX_ROOT": folder, "LADYLINUX_PORT": "0", "LADYLINUX_LOG": "error"}
        environment |= {f"LADYLINUX_{name}": str(value) for name, value in settings.items()}
        run = lambda *arguments: subprocess.run(
            [PROGRAM, *arguments], env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()
        run("provision")
        run("migrate")
        create = lambda *more: run("token", "create", "--name", "test", "--scope", "chat,admin", "--expires", "1h", *more)
        guest = None
        if commands:
            (root / "etc/ladylinux/commands.toml").write_text(commands)
            for name, role in [("olga", "owner"), ("gero", "guest")]:
                run("person", "add", name, "--role", role, "--adult")
            guest = create("--person", "gero")
        token = create(*(["--person", "olga"] if commands else []))
        document = root / "learned.md"
        if learned:
            document.write_text(learned)
            run("learn", document)
        # What a supervisor that runs would say; nobody takes up what it is asked.
        requests = root / "var/lib/ladylinux/supervisor/requests"
        requests.mkdir(parents=True)
        said = {"schema": 1, "at": (int(time.time()) + 3600) * 1000, "state": "serving"}
        (requests / "status.json").write_text(json.dumps(said))
        if model:
            shutil.copytree(PROJECT / "tests/fixtures/llm" / model, root / "opt/ladylinux/models" / model)
        if embedder:
            shutil.copytree(PROJECT / "tests/fixtures/embed" / embedder, root / "opt/ladylinux/models" / embedder)
        if reranker:
            shutil.copytree(PROJECT / "tests/fixtures/rerank" / reranker, root / "opt/ladylinux/models" / reranker)
        address = root / "address"
        process = subprocess.Popen([PROGRAM, "serve", "--address-file", address], env=environment, stdout=subprocess.DEVNULL)
        try:
            url = until(lambda: address.exists() and address.read_text(), "the node does not listen", process)
            started = Node(process, url, token, str(document.resolve()), guest)
            if model:
                started.until_worker_is("ready")
            yield started
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE_SECONDS)
