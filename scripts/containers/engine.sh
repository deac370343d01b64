# A Podman store of its own for building images, below .setup/, and what lets build steps reach this machine's package
# mirrors; sourced, after machine.sh.
#
# Nothing of the machine's own engine is used or changed, and nothing of the machine goes into an image: build steps see
# its certificates and mirrors through read-only mounts. OCI_STATE says where the store lies instead.
# shellcheck shell=bash

oci_state=${OCI_STATE:-$setup/containers}
oci_sources=/etc/apt/sources.list.d/debian.sources

# Writes standard input to a file, only if that changes it: other builds may be reading it.
write() {
    local partial; partial=$(mktemp "$1.XXXXXX"); cat >"$partial"
    if cmp -s "$partial" "$1"; then rm -f "$partial"; else chmod 0644 "$partial"; mv -f "$partial" "$1"; fi
}

# Prints what build steps get mounted, one "source:target:ro" a line.
#
# Buildah 1.28 ignores `env` of containers.conf in RUN, and --env would stay in the image: so each tool learns of the
# certificates by a small file.
build_mounts() {
    local folder=$oci_state/host certificates=/run/host-certificates.crt cargo=${CARGO_HOME:-$HOME/.cargo}/config.toml
    mkdir -p "$folder"
    { apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy) ' || true
      printf 'Acquire::https::CaInfo "%s";\n' "$certificates"; } | write "$folder/apt.conf"
    { grep -vE '^ *cert *=' /etc/pip.conf 2>/dev/null || printf '[global]\n'
      printf 'cert = %s\n' "$certificates"; } | write "$folder/pip.conf"
    printf '[http]\ncainfo = "%s"\n' "$certificates" | write "$folder/cargo.toml"
    printf '%s:ro\n' "/etc/ssl/certs/ca-certificates.crt:$certificates" "$oci_sources:$oci_sources" \
        "$folder/apt.conf:/etc/apt/apt.conf.d/99host" "$folder/pip.conf:/etc/pip.conf" "$folder/cargo.toml:/.cargo/config.toml"
    # A mirror that replaces crates.io.
    [ ! -f "$cargo" ] || printf '%s:/usr/local/cargo/config.toml:ro\n' "$cargo"
}

# at_most LIMIT NUMBER: what may be given of a limit, as soft and hard.
at_most() {
    local hard; hard=$(ulimit -H "$1")
    [ "$hard" != unlimited ] && [ "$hard" -lt "$2" ] || hard=$2
    echo "$hard:$hard"
}

# Makes `podman` use the store, to build.
use_build_store() {
    local mounts; mounts=$(build_mounts | sed 's/.*/"&"/' | paste -sd, -)
    use_store build.conf "volumes = [$mounts]"
    # Where Buildah keeps `RUN --mount=type=cache`.
    export TMPDIR=$oci_state/build
}

# Makes `podman` use the store, to run what was built.
use_run_store() { use_store run.conf; }

# use_store FILE [LINE OF ITS SECTION CONTAINERS]
use_store() {
    local runtime=runc
    command -v runc >/dev/null || runtime=crun
    mkdir -p "$oci_state"/{storage,tmp,networks,build}
    [ "$(stat -f -c %T "$oci_state")" != overlayfs ] ||
        fail "$oci_state lies on an overlay file system, on which Podman cannot put another: set OCI_STATE to a folder on a disk"
    write "$oci_state/$1" <<CONF
[containers]
# The engine's defaults may be more than this user may give.
default_ulimits = ["nofile=$(at_most -n 20000)", "nproc=$(at_most -u 4096)"]
log_driver = "k8s-file"
${2:-}
[engine]
runtime = "$runtime"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
static_dir = "$oci_state/storage/libpod"
tmp_dir = "$oci_state/tmp"
volume_path = "$oci_state/storage/volumes"
[network]
network_backend = "netavark"
network_config_dir = "$oci_state/networks"
CONF
    write "$oci_state/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$oci_state/storage"
runroot = "$oci_state/run"
CONF
    write "$oci_state/registries.conf" <<'CONF'
unqualified-search-registries = []
short-name-mode = "disabled"
[[registry]]
prefix = "127.0.0.1"
location = "127.0.0.1"
insecure = true
CONF
    export CONTAINERS_CONF=$oci_state/$1 CONTAINERS_STORAGE_CONF=$oci_state/storage.conf
    export CONTAINERS_REGISTRIES_CONF=$oci_state/registries.conf
    # Health checks are not left to systemd, which a machine that builds may not have.
    export DISABLE_HC_SYSTEMD=true
    unset CONTAINER_HOST DOCKER_HOST
}
