# List the recipes.
default:
    @just --list

# Everything CI checks.
check:
    scripts/test

# A question to a node from source.
ask question="how much disk space is free?":
    scripts/run --once "{{question}}"

# Serve from source.
dev:
    scripts/run

# Only the checks that need no build of their own.
lint:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings

# The unit tests, or those whose name has this in it.
test *filter:
    cargo test --lib {{filter}}

# How well questions are answered from documents.
eval:
    LADYLINUX_TEST_QUESTIONS=yes cargo test --test it knowledge -- --nocapture

# Every benchmark; the machine must be quiet.
bench:
    scripts/bench

# The image, by Podman or Docker, and what it promises.
image:
    scripts/image
    scripts/test-image
