"""Starts a node of ours, or the FastAPI application, for as long as a measurement takes."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from places import HERE, Stop, run

PATIENCE_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A process that answers on a port of this machine."""

    def __init__(self, process, port, started_ns, log):
        self.process, self.port, self.started_ns, self.log = process, port, started_ns, log

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def request(self, method, path, body=None):
        """Returns the status and the body of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def milliseconds_until(self, path, pause=0.0005):
        """Polls until a route answers 200, and returns the time since the process was asked for."""
        last = "nothing"
        while time.monotonic_ns() - self.started_ns < PATIENCE_SECONDS * 1e9:
            if self.process.poll() is not None:
                raise Stop(f"the server ended with {self.process.returncode}:\n{self.log_tail()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, _body = self.request("GET", path)
                if status == 200:
                    return (time.monotonic_ns() - self.started_ns) / 1e6
                last = status
            time.sleep(pause)
        raise Stop(f"{path} did not answer 200 within {PATIENCE_SECONDS} s (last: {last}):\n{self.log_tail()}")

    def wait_for_workers(self, *kinds):
        """Waits for the fact that models are loaded: the workers' own status says so."""
        self.milliseconds_until("/health/live")
        until, body = time.monotonic() + PATIENCE_SECONDS, b""
        while time.monotonic() < until:
            status, body = self.request("GET", "/api/workers")
            workers = json.loads(body)["workers"] if status == 200 else []
            if set(kinds) <= {worker["kind"] for worker in workers if worker["state"] == "ready"}:
                return
            time.sleep(0.05)
        raise Stop(f"no worker became ready within {PATIENCE_SECONDS} s: {body.decode(errors='replace')[:500]}")

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


@contextlib.contextmanager
def _running(command, environment, port, log):
    with log.open("wb") as output:
        started_ns = time.monotonic_ns()
        process = subprocess.Popen([str(part) for part in command], env=environment, stdout=output, stderr=output)
        try:
            yield Server(process, port, started_ns, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Root:
    """A provisioned and migrated tree of its own below a temporary directory, without models."""

    def __init__(self, places):
        self._directory = tempfile.TemporaryDirectory(prefix="ladylinux-bench-")
        self.places = places
        self.path = pathlib.Path(self._directory.name)
        for verb in ["provision", "migrate"]:
            run([places.binary, verb], env=self.environment())

    def environment(self, **settings):
        """Returns a clean environment: nothing of the caller's own node leaks into a measurement."""
        return self.places.environment() | {
            "LADYLINUX_ROOT": str(self.path),
            "LADYLINUX_LOG": "warn",
            # The limit per client address would otherwise be what is measured.
            "LADYLINUX_REQUESTS_PER_MINUTE": "1000000000",
            **settings,
        }

    def serve(self, **settings):
        """Starts `serve`; use it in a `with`."""
        port = free_port()
        environment = self.environment(LADYLINUX_PORT=str(port), **settings)
        return _running([self.places.binary, "serve"], environment, port, self.path / "serve.log")

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._directory.cleanup()


def link_model(root, model):
    """Puts a model into a node's models directory."""
    shutil.copytree(model, root.path / "opt/ladylinux/models" / model.name, copy_function=_link_or_copy)


def _link_or_copy(source, target):
    """Gives a file a second name, for a node refuses models that only a symbolic link brings below its directory."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def fastapi(places, payload, log, plain=False):
    """Starts the FastAPI application under uvicorn with one worker; use it in a `with`.

    With uvloop and httptools, which FastAPI's standard installation brings, or `plain` with neither.
    """
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "BENCH_PAYLOAD": str(payload)}
    command = [places.fastapi_venv / "bin/uvicorn", "fastapi_app:app", "--app-dir", HERE, "--port", port]
    if plain:
        command += ["--loop", "asyncio", "--http", "h11"]
    quiet = ["--workers", 1, "--no-access-log", "--log-level", "warning"]
    return _running([*command, *quiet], environment, port, log)
