# shellcheck shell=bash
# Shared by the other scripts: the place of the project's own tools, and the build for wasm32. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Everything that the scripts install or build for themselves. Several checkouts may share one.
cache=${LIKENESS_CACHE:-$root/.cache}
export PATH="$cache/tools/bin:$PATH"

wasm_target=wasm32-unknown-unknown
# Compilers differ between the host's build and this one: with one folder each would rebuild the other's work.
export wasm_target_dir=${LIKENESS_WASM_TARGET_DIR:-$root/target/wasm}

# The tools that build the Workers and run them: npm's packages of tests/edge, a Node among them that is new enough for wrangler.
export edge_tools=$cache/edge/node_modules

# What drives the browser and checks the page's script: npm's packages of tests/page.
export page_tools=$cache/page/node_modules

# No command here asks a question, and cargo would hand its own input on to the compilers that it starts.
exec </dev/null

say() { printf '%s\n' "$*"; }

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints the version of a package in Cargo.lock.
locked_version() {
    sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p;q}" "$root/Cargo.lock"
}

# starts_in FOLDER SETTINGS: how long the Worker of this folder, under this wrangler.toml, computes before its first
# answer. Cloudflare's own tool compiles and starts it in the runtime.
starts_in() {
    local profile report status=0
    profile=$(mktemp)
    report=$(PATH=$edge_tools/node/bin:$PATH WRANGLER_SEND_METRICS=false CLOUDFLARE_CF_FETCH_ENABLED=false CI=1 \
        "$edge_tools/.bin/wrangler" check startup --outfile "$profile" \
        --args="$1/index.js --config $2" 2>&1) || status=$?
    rm -f "$profile"
    [ "$status" -eq 0 ] || die "$report"
    report=$(sed -n 's/.*Active: \([0-9.]* ms\).*/starts in \1/p' <<<"$report")
    say "${report:?wrangler did not say how long it takes to start}"
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

# Tells whether this compiler has a standard library for wasm32 that it can read. (Output goes into a folder: rustc renames its
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

# The crates whose tests run as WebAssembly. They are built at once: alone, each would want shared libraries with features of
# its own, and build most of them anew.
wasm_tested=(core jpeg faces heic platform imager front page)

# Builds the tests of these crates, and prints a line `CRATE MODULE` for each.
wasm_test_modules() {
    (cd "$root" && CARGO_TARGET_DIR=$wasm_target_dir with_wasm_compiler cargo test "${wasm_tested[@]/#/--package=likeness-}" --lib \
        --target "$wasm_target" --locked --no-run --message-format json-render-diagnostics) |
        sed -n 's/.*"name":"likeness_\([a-z]*\)".*"executable":"\([^"]*\)".*/\1 \2/p'
}

# module_of CRATE MODULES: the crate's one among such lines.
module_of() {
    local module
    module=$(sed -n "s/^$1 //p" <<<"$2")
    say "${module:?the tests of $1 were not built}"
}
