"""Lets schemathesis find server errors and schema violations, and checks that every operation answered 2xx at least once.

Usage: fuzz_api.py SECONDS [SEED]; without a seed, each run looks elsewhere.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from node import node

HERE = pathlib.Path(__file__).parent


# Something carries the command out, as far as it is looked: it is never confirmed here.
COMMANDS = '[commands.disable_service]\nexecutor = "webhook"\n'


def somebody(started, name="olga", token=None):
    """Begins a conversation in which it is certain who speaks, and returns its id."""
    identifier = json.loads(started.send("POST", "/api/conversations", token=token)[1])["id"]
    started.send("POST", f"/api/conversations/{identifier}/identity", {"name": name}, token)
    return identifier


def what_chance_does_not_find(started):
    """Asks what is answered well only to somebody who is certain and says the very right thing."""
    gero = somebody(started, "gero", started.guest)
    started.send("DELETE", f"/api/conversations/{gero}/profile", {"confirm": "gero"}, started.guest)
    started.send("POST", "/disable_service?target=cups&as=olga")


def fuzz(started, seconds, seed):
    """Returns schemathesis' exit code."""
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis",
        "--no-color",
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{started.url}/openapi.json",
        f"--header=Authorization: Bearer {started.token}",
        f"--max-time={seconds}",
        "--request-timeout=60",
        "--continue-on-failure",
        *([f"--seed={seed}"] if seed else []),
    ]
    with tempfile.TemporaryDirectory() as scratch:
        # The configuration names the one document that there is, and conversations of the owner: one that stays as it is for those who
        # read, and one for everything else.
        known = {"FUZZ_DOCUMENT": started.document, "FUZZ_ALONE": somebody(started), "FUZZ_COMPANY": somebody(started)}
        environment = os.environ | known
        return subprocess.run(command, cwd=scratch, env=environment, check=False).returncode


def never_answered_well(started):
    """Returns the operations that never answered 2xx, according to the node's own counters."""
    document = json.loads(started.get("/openapi.json")[1])
    metrics = started.get("/metrics")[1]
    counted = re.compile(r'http_requests_total\{method="(\w+)",route="([^"]+)",status="2\d\d"\}')
    answered = set(counted.findall(metrics))
    operations = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method in {"get", "put", "post", "delete", "patch"}
    }
    return sorted(operations - answered)


def main():
    seconds = int(sys.argv[1])
    with node(
        embedder="mean",
        reranker="one",
        learned="# A guide\n\nIt guides.",
        commands=COMMANDS,
        COMMANDS_WEBHOOK_URL="http://127.0.0.1:9/",
        REQUESTS_PER_MINUTE=10_000_000,
        # What was created a minute ago is looked for again, with thousands in between.
        CONVERSATION_MAX=100_000,
        LLM_MAX_TOKENS=16,
    ) as started:
        what_chance_does_not_find(started)
        code = fuzz(started, seconds, "".join(sys.argv[2:]))
        silent = never_answered_well(started)
    for method, path in silent:
        print(f"never answered 2xx: {method} {path}")
    sys.exit(code or bool(silent))


if __name__ == "__main__":
    main()
