"""Makes what the measurements need: llama.cpp, the random model in three formats, and the FastAPI environment.

Everything is fetched by name from PyPI. Each step is skipped when its result is there, so a second run costs nothing.
"""

import os
import shutil
import sys

from places import BLOCKS, HERE, LLAMA_CPP_PYTHON, ROOT, Stop, run, say, tool

OFFLINE = os.environ | {"HF_HUB_OFFLINE": "1"}


def prepare(places, options):
    """Runs every step whose result is missing, or those that `--only` names."""
    places.work.mkdir(parents=True, exist_ok=True)
    for name in options.only or STEPS:
        say(f"setup {name}")
        STEPS[name](places, options)
    say(f"setup is complete in {places.work}")


def fetch_runtime(places, _options):
    """Fetches the ONNX Runtime that `scripts/run` uses, unless ORT_DYLIB_PATH names one."""
    if not places.onnxruntime:
        run(["bash", "-c", ". scripts/machine.sh && need_onnxruntime"], cwd=ROOT)


def build_binary(places, options):
    """Builds the release binary unless another was named; cargo itself knows what is up to date."""
    if options.binary:
        places.need(places.binary)
        return
    run([tool("cargo", "cargo"), "build", "--release", "--locked", "--bin", "ladylinux"], cwd=ROOT)


def build_llama_cpp(places, options):
    if places.llama_bench.exists() and (places.llama_build / "bin/llama-quantize").exists():
        return
    sdist = places.work / "sdist"
    if not places.llama_cpp.exists():
        python = _bootstrap_python(places)
        name = f"llama-cpp-python=={LLAMA_CPP_PYTHON}"
        run([python, "-m", "pip", "download", "--no-deps", "--no-binary", "llama-cpp-python", name, "-d", sdist])
        run(["tar", "-xzf", sdist / f"llama_cpp_python-{LLAMA_CPP_PYTHON}.tar.gz", "-C", sdist])
    switches = ["GGML_NATIVE=ON", "LLAMA_CURL=OFF", "LLAMA_BUILD_TESTS=OFF", "LLAMA_BUILD_SERVER=OFF"]
    switches += ["LLAMA_BUILD_EXAMPLES=OFF", "CMAKE_BUILD_TYPE=Release"]
    defines = [f"-D{switch}" for switch in switches]
    tool("ninja", "ninja-build")
    run([tool("cmake", "cmake"), "-S", places.llama_cpp, "-B", places.llama_build, "-G", "Ninja", *defines])
    say("  building llama-bench and llama-quantize, several minutes")
    jobs = f"-j{options.jobs or os.cpu_count()}"
    targets = ["llama-bench", "llama-quantize"]
    run(["cmake", "--build", places.llama_build, jobs, "--target", *targets], log=places.work / "llama-build.log")


def make_model_venv(places, options):
    """Makes the environment with torch and the ONNX exporter; large, hence `--venv` to use one that exists."""
    if options.venv:
        if not (places.venv / "bin/python").exists():
            raise Stop(f"--venv {places.venv} has no bin/python")
        return
    say("  installing torch and the exporters: several GB, once")
    _make_venv(places.venv, HERE / "model-requirements.txt")


def make_fastapi_venv(places, _options):
    _make_venv(places.fastapi_venv, HERE / "fastapi-requirements.txt")


def make_model(places, _options):
    """Makes the random model and its two int4 exports; needs no llama.cpp."""
    if all(places.onnx(block).exists() for block in BLOCKS):
        return
    python = places.venv / "bin/python"
    places.need(python)
    _make_weights(places, python)
    for block in BLOCKS:
        if not places.onnx(block).exists():
            say(f"  int4 export with blocks of {block}, about a minute and 5 GB of memory")
            _export(places, block, python, OFFLINE)


def make_gguf(places, _options):
    """Makes the pure Q4_0 file of the same weights for llama.cpp."""
    if places.gguf.exists():
        return
    python = places.venv / "bin/python"
    places.need(python)
    _make_weights(places, python)
    say("  Q4_0 for llama.cpp")
    _quantize(places, python, OFFLINE)


def _make_weights(places, python):
    if not (places.hf_model / "model.safetensors").exists():
        say("  random weights")
        run([python, HERE / "random_model.py", places.hf_model], env=OFFLINE)


def _export(places, block, python, environment):
    unfinished = places.work / f"onnx-b{block}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    builder = [python, "-m", "onnxruntime_genai.models.builder", "-i", places.hf_model, "-o", unfinished]
    extra = ["--extra_options", "prune_lm_head=true", f"block_size={block}"]
    run([*builder, "-p", "int4", "-e", "cpu", "-c", places.work / "hfcache", *extra], env=environment)
    unfinished.rename(places.onnx(block))


def _quantize(places, python, environment):
    places.need(places.llama_bench)
    wide, unfinished = places.work / "bf16.gguf", places.work / "unfinished.gguf"
    arguments = [places.llama_cpp, places.hf_model, "--outtype", "bf16", "--outfile", wide]
    run([python, HERE / "to_gguf.py", *arguments], env=environment)
    # Without these two the tied head silently stays at Q8_0, and a token reads a quarter more bytes.
    pure = ["--token-embedding-type", "q4_0", "--output-tensor-type", "q4_0"]
    run([places.llama_build / "bin/llama-quantize", *pure, wide, unfinished, "Q4_0", "2"])
    wide.unlink()
    unfinished.rename(places.gguf)


def _make_venv(directory, requirements):
    """Makes an environment in place, for its scripts carry its path; the marker is written last."""
    marker = directory / "complete"
    if marker.exists():
        return
    shutil.rmtree(directory, ignore_errors=True)
    run([sys.executable, "-m", "venv", directory])
    run([directory / "bin/python", "-m", "pip", "install", "--quiet", "-r", requirements])
    marker.touch()


def _bootstrap_python(places):
    """Returns a Python with pip: downloading needs nothing else."""
    make_fastapi_venv(places, None)
    return places.fastapi_venv / "bin/python"


STEPS = {
    "runtime": fetch_runtime,
    "binary": build_binary,
    "llama": build_llama_cpp,
    "venv": make_model_venv,
    "model": make_model,
    "gguf": make_gguf,
    "fastapi": make_fastapi_venv,
}
