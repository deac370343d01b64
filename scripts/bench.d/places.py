"""Where the benchmarks keep what they make, and how they run a step and say so."""

import dataclasses
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys

import machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
LLAMA_CPP_PYTHON = "0.3.36"
BLOCKS = (64, 128)


class Stop(Exception):
    """Ends the run with a sentence that says what to do."""


@dataclasses.dataclass(frozen=True)
class Places:
    """The work directory and what is in it once `setup` has run."""

    work: pathlib.Path
    venv: pathlib.Path
    binary: pathlib.Path
    onnxruntime: str

    @classmethod
    def of(cls, options):
        work = pathlib.Path(options.work or os.environ.get("LADYLINUX_BENCH_DIR") or ROOT / ".setup/bench").resolve()
        venv = pathlib.Path(options.venv).resolve() if options.venv else work / "model-venv"
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
        binary = pathlib.Path(options.binary).resolve() if options.binary else target / "release/ladylinux"
        return cls(work, venv, binary, os.environ.get("ORT_DYLIB_PATH", ""))

    @property
    def llama_cpp(self):
        return self.work / f"sdist/llama_cpp_python-{LLAMA_CPP_PYTHON}/vendor/llama.cpp"

    @property
    def llama_build(self):
        return self.work / "llama-build"

    @property
    def llama_bench(self):
        return self.llama_build / "bin/llama-bench"

    @property
    def hf_model(self):
        return self.work / "hf"

    @property
    def gguf(self):
        return self.work / "Q4_0_pure.gguf"

    @property
    def fastapi_venv(self):
        return self.work / "fastapi-venv"

    def onnx(self, block):
        return self.work / f"onnx-b{block}"

    def runtime(self):
        """Returns the ONNX Runtime library: ORT_DYLIB_PATH, or the one that `scripts/run` and `setup` fetch."""
        if self.onnxruntime:
            return self.onnxruntime
        setup = pathlib.Path(os.environ.get("LADYLINUX_SETUP_DIR") or ROOT / ".setup")
        found = sorted(setup.glob("onnxruntime-*/libonnxruntime.so"))
        if not found:
            raise Stop("no ONNX Runtime library found: run `scripts/bench setup`, or set ORT_DYLIB_PATH to libonnxruntime.so")
        return str(found[-1])

    def environment(self):
        """Returns a clean environment for our binary."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.work), "ORT_DYLIB_PATH": self.runtime()}

    def need(self, *paths):
        """Stops with the command that makes what is missing."""
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            raise Stop(f"missing {', '.join(missing)}: run `scripts/bench setup` first")


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, log=None, stdout_only=False, **options):
    """Runs a step to its end and returns what it printed; a failure stops with the end of that."""
    command = [str(part) for part in command]
    stderr = subprocess.PIPE if stdout_only else subprocess.STDOUT
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, errors="replace", **options)
    if log:
        log.write_text(done.stdout)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + (done.stderr or "")).splitlines()[-15:])
        raise Stop(f"`{' '.join(command)}` ended with {done.returncode}:\n{tail}")
    return done.stdout


def tool(name, package):
    """Returns the path of a program, or stops naming the Debian package that has it."""
    found = shutil.which(name)
    if not found:
        raise Stop(f"{name} is not installed: apt-get install {package}")
    return found


def new_record(places, note=""):
    """Returns the empty JSON record of a run."""
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
    started = datetime.datetime.now(datetime.UTC)
    return {
        "started": started.isoformat(timespec="seconds"),
        "commit": commit.stdout.strip() or None,
        "binary": str(places.binary),
        "machine": machine.describe(),
        "load_average_before": os.getloadavg(),
        "note": note,
        "parts": {},
    }


def keep(record, path):
    """Writes the record; called after each part, so that an interrupted run keeps what it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")


def record_path(record):
    stamp = record["started"].replace("+00:00", "Z").replace(":", "").replace("-", "")
    return ROOT / "target/bench" / f"{stamp}.json"
