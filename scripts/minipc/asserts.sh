# How tests on a MiniPC are counted, what they ask, and what they install from; sourced by them after scripts/machine.sh.
#
# Everything is asked of the MiniPC in MINIPC_DIR. Its registry is 127.0.0.1:5000 inside.
# shellcheck shell=bash
# shellcheck disable=SC2016  # what is in single quotes is for the shell inside

# ---- how tests are counted

passed=0 failed=0
pass() { passed=$((passed + 1)); printf 'test %s ... ok\n' "$1"; }
broken() { failed=$((failed + 1)); printf 'test %s ... FAILED\n' "$1"; shift; printf '    %s\n' "$@"; }

# is NAME EXPECTED FOUND
is() { if [ "$2" = "$3" ]; then pass "$1"; else broken "$1" "expected: $2" "found:    $3"; fi; }
# says NAME PATTERN TEXT
says() { if grep -qE -- "$2" <<<"$3"; then pass "$1"; else broken "$1" "expected: $2" "found:    $3"; fi; }
# silent NAME PATTERN TEXT
silent() { if grep -qE -- "$2" <<<"$3"; then broken "$1" "not expected: $2" "found:        $3"; else pass "$1"; fi; }

# Says in the test script's list, and here, that a test did not run and why.
skip() {
    printf 'SKIPPED %s: %s\n' "$1" "$2"
    [ -z "${LADYLINUX_TEST_SKIPS:-}" ] || printf '%s: %s\n' "$1" "$2" >>"$LADYLINUX_TEST_SKIPS"
}

# total FINISHED CODE: the closing lines. A script that did not come to its end has failed, whatever it had tested.
total() {
    [ "$1" = yes ] || broken "$(basename "$0") goes to its end" "it ended with $2"
    printf '\ntest result: %s. %d passed; %d failed; 0 ignored\n' "$([ $failed = 0 ] && echo ok || echo FAILED)" $passed $failed
    [ $failed = 0 ] || exit 1
}

# ---- what they ask

inside() { scripts/minipc/ct run "$1"; }
# ends CODE NAME COMMAND: runs it inside, and keeps what it said in $said.
ends() {
    local expected=$1 name=$2 code=0
    said=$(inside "$3" 2>&1) || code=$?
    if [ $code = "$expected" ]; then pass "$name"; else broken "$name" "expected exit code $expected, got $code from: $3" "${said//$'\n'/$'\n'    }"; fi
}
# until_true SECONDS COMMAND: waits for a fact inside. Asking may hang: a container that is killed while it is asked leaves the
# connection open and silent, so what asks a node sets a limit of its own, and a minute is the end of everything else.
until_true() {
    local deadline=$((SECONDS + $1))
    until timeout 60 scripts/minipc/ct run "$2" >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}
ready() { inside 'curl -s -m 5 http://127.0.0.1:8000/health/ready' | tr -d ' \n' || true; }
# Digest of the release that answers, as the published port says; nothing if nobody answers.
answering() { ready | sed -nE 's/.*"digest":"(sha256:[0-9a-f]{64})".*/\1/p'; }

# ---- what a node is installed from

# push_project: what scripts/install needs of this folder, into /srv/ladylinux.
push_project() {
    scripts/minipc/ct push scripts quadlet /srv/ladylinux
    scripts/minipc/ct push src/foundation/layout/ladylinux.env /srv/ladylinux/src/foundation/layout
}

# start_registry ADDRESS: an empty registry inside that listens on this address, at the port 5000.
start_registry() {
    scripts/minipc/ct push "$(command -v docker-registry)" /usr/local/bin
    scripts/minipc/ct run -i sh -es "$1" <<'INSIDE'
mkdir -p /etc/registry /var/lib/registry
printf 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\nhttp: {addr: "%s:5000"}\n' "$1" >/etc/registry/config.yml
printf '[Unit]\nDescription=Registry\n[Service]\nExecStart=/usr/local/bin/docker-registry serve /etc/registry/config.yml\n[Install]\nWantedBy=multi-user.target\n' >/etc/systemd/system/registry.service
printf '[[registry]]\nlocation = "127.0.0.1:5000"\ninsecure = true\n' >/etc/containers/registries.conf.d/50-registry.conf
systemctl daemon-reload
systemctl enable --quiet --now registry
INSIDE
    until_true 30 'curl -sf -m 5 http://127.0.0.1:5000/v2/' || broken "the registry starts"
}
