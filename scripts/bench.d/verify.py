"""Part (f): `ladylinux models verify --full` of one large file next to `sha256sum`, and the second time, without reading it.

The file is in the page cache for both: what is compared is hashing, not the disk. Both end with the digest, and either of the
two is first in turn.
"""

import hashlib
import json
import os
import time

import figures
from node import Root
from places import Stop, run, tool

AT_MOST, ENOUGH_PAIRS = 1.1, 7


def measure(places, options):
    """Verifies a model of one file and compares the time."""
    sha256sum = tool("sha256sum", "coreutils")
    places.need(places.binary)
    with Root(places) as root:
        # Where `--root` puts the normative directory of models.
        models = root.path / "opt/ladylinux/models"
        file = models / "llm/large/model.onnx"
        digest = _write(file, options.megabytes)
        entry = {"path": "model.onnx", "bytes": file.stat().st_size, "sha256": digest}
        model = {"id": "large", "display_name": "Large", "format": "onnx", "local_path": "llm/large", "filename": "model.onnx", "files": [entry]}
        (models / "manifest.json").write_text(json.dumps({"schema_version": "0.2", "models": [model]}))
        ours = [places.binary, "models", "verify", "large", "--root", root.path]

        def seconds(side):
            command = [*ours, "--full"] if side == "ours" else [sha256sum, file]
            began = time.monotonic()
            said = run(command, stdout_only=True)
            took = time.monotonic() - began
            if ("verified" if side == "ours" else digest) not in said:
                raise Stop(f"{side} did not verify the file: {said}")
            return took

        for side in ("ours", "theirs"):
            seconds(side)
        samples = []
        for number in range(options.verify_pairs):
            order = ("ours", "theirs") if number % 2 == 0 else ("theirs", "ours")
            samples.append({side: seconds(side) for side in order})
        again = []
        for _ in range(options.verify_pairs):
            began = time.monotonic()
            run(ours, stdout_only=True)
            again.append((time.monotonic() - began) * 1000)
    ratio = figures.paired_ratio([one["ours"] for one in samples], [one["theirs"] for one in samples])
    reached = ratio["ratio"] <= AT_MOST if ratio["pairs"] >= ENOUGH_PAIRS else None
    return {
        "megabytes": options.megabytes,
        "summary": ratio | {"at_most": AT_MOST, "reached": reached, "again_ms": figures.spread(again)},
        "samples": samples,
    }


def _write(file, megabytes):
    """Writes random bytes, and returns their digest."""
    file.parent.mkdir(parents=True)
    hasher = hashlib.sha256()
    with file.open("wb") as output:
        for _ in range(megabytes):
            block = os.urandom(1_000_000)
            hasher.update(block)
            output.write(block)
    return hasher.hexdigest()
