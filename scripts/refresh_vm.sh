#!/usr/bin/env bash
# Refreshes this node to the newest release of a branch: a thin wrapper around `ladylinux-supervisor refresh`, which goes
# through the six steps and says how that went.
set -uo pipefail

usage() {
    cat <<'TEXT'
Usage: scripts/refresh_vm.sh [BRANCH | TAG | sha256:DIGEST] [OPTION…]

Refreshes this node. Asks nothing. A branch is the channel under the same name: CI pushes `main` as the tag main, and
`feature/x` as feature-x. Without one it is the channel of the stack (main, unless stack.toml says otherwise).

  --from-archive FILE  take the release from an OCI archive, such as /opt/ladylinux/containers/release.oci.tar
  --offline            ask no registry: the release must be on this machine
  --dry-run            only say what a refresh would do
  --help               show this
  Every other option is handed to `ladylinux-supervisor refresh`; see its --help.

  ALWAYS_REBUILD_VENV=true is understood as --always-recreate.

Exit codes: 0 refreshed, or nothing was new; 1 failed: the node is stopped, and held; 2 refused or a prerequisite is
missing: nothing was touched

Examples:
  sudo scripts/refresh_vm.sh
  sudo scripts/refresh_vm.sh develop
  sudo scripts/refresh_vm.sh --from-archive /opt/ladylinux/containers/release.oci.tar
TEXT
}

say() { printf '[refresh] %s\n' "$*"; }
warn() { printf '[refresh][WARN] %s\n' "$*" >&2; }
error() { printf '[refresh][ERROR] %s\n' "$*" >&2; }

# Returns the channel of a branch: a slash is no part of a tag.
channel() {
    local branch=${1#refs/heads/}
    branch=${branch#origin/}
    printf '%s' "${branch//\//-}"
}

target='' verb=refresh changed=0 options=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help) usage; exit 0 ;;
        --dry-run) verb=plan ;;
        --from-archive | --exit-code-if-changed | --lock-wait)
            [ $# -gt 1 ] || { usage >&2; exit 2; }
            [ "$1" != --exit-code-if-changed ] || changed=$2
            options+=("$1" "$2"); shift ;;
        --offline | --always-recreate | --json | --*=*) options+=("$1") ;;
        -*) usage >&2; exit 2 ;;
        *)
            [ -z "$target" ] || { usage >&2; exit 2; }
            case $1 in
                sha256:*) target=$1 ;;
                *) target=$(channel "$1") ;;
            esac
            [[ $target =~ ^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$ ]] || {
                error "$1 is neither a branch, a tag nor a digest"
                exit 2
            } ;;
    esac
    shift
done
if [ "${ALWAYS_REBUILD_VENV:-false}" = true ]; then options+=(--always-recreate); fi

supervisor=${LADYLINUX_SUPERVISOR:-ladylinux-supervisor}
command -v "$supervisor" >/dev/null || {
    error "there is no $supervisor on this machine: run scripts/install first"
    exit 2
}
if [ "$(id -u)" != 0 ] && [ -z "${CONTAINER_HOST:-}${LADYLINUX_SUPERVISOR:-}" ]; then
    error "this needs root: sudo $0${target:+ $target}"
    exit 2
fi

say "$verb${target:+ to $target}"
"$supervisor" "$verb" ${target:+"$target"} "${options[@]}" </dev/null
code=$?
case $code in
    0 | "$changed") [ "$verb" = plan ] || say "Refresh complete." ;;
    1) error "the refresh failed: the node is stopped, and held. See: ladylinux-supervisor status" ;;
    # Another one is at work, or somebody stopped it in time: nothing was touched.
    4 | 130) warn "nothing was touched (ladylinux-supervisor ended with $code)"; code=2 ;;
    2) error "refused: nothing was touched" ;;
    *) warn "ladylinux-supervisor ended with $code" ;;
esac
exit $code
