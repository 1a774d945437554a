# shellcheck shell=bash
# What the other scripts share: where the project's own tools lie, and how wasm32 is built. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Everything that the scripts install or build for themselves. Several checkouts may share one.
cache=${LIKENESS_CACHE:-$root/.cache}
export PATH="$cache/tools/bin:$PATH"

wasm_target=wasm32-unknown-unknown
# Compilers differ between the host's build and this one: with one folder each would rebuild the other's work.
export wasm_target_dir=${LIKENESS_WASM_TARGET_DIR:-$root/target/wasm}

# What builds the Workers and runs them: npm's packages of tests/edge, a Node among them that is new enough for wrangler.
export edge_tools=$cache/edge/node_modules

# Nothing here asks anything; and cargo hands its own input on to the compilers that it starts.
exec </dev/null

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The version of a package in Cargo.lock.
locked_version() {
    sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p;q}" "$root/Cargo.lock"
}

# Runs a command with a compiler that has the standard library for wasm32: rustup's where it has the target,
# else the distribution's (Debian: rustc-web, with the linker of lld-19).
with_wasm_compiler() {
    if builds_wasm rustc; then
        "$@"
    else
        PATH="/usr/bin:$PATH" CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 "$@"
    fi
}

# Does this compiler have a standard library for wasm32 that it can read? (Into a folder: rustc renames its
# output into place, which would replace a device such as /dev/null.)
builds_wasm() {
    local output status=0
    output=$(mktemp -d)
    (cd "$root" && printf 'pub fn f() -> String { String::new() }' |
        "$1" --target "$wasm_target" --crate-type lib --crate-name probe --emit metadata --out-dir "$output" -) \
        >"$output/log" 2>&1 || status=$?
    rm -r "$output"
    return $status
}
