# What one types while working on Likeness. `just --list` shows it.

# Everything that is missing, or only the named groups.
setup *groups:
    scripts/setup {{groups}}

# Lints, and the core's promises.
check:
    cargo clippy --workspace --all-targets -- -D warnings
    scripts/check-purity
    scripts/check-circles

# All tests that run natively.
test *arguments:
    cargo test --workspace {{arguments}}

# The core's tests as WebAssembly.
wasm *arguments:
    scripts/test-wasm {{arguments}}

# fal's own clients against the simulator.
clients:
    scripts/test-clients

# The page in Chromium.
page *arguments:
    scripts/check-page
    scripts/test-page {{arguments}}

# Every fuzz target, for this many seconds each.
fuzz seconds="30":
    scripts/fuzz {{seconds}}

# The whole gate, or only the named stages.
ci *stages:
    .ci/run {{stages}}

# Making photos clean beside what others do, with the photos of a folder or with drawn ones.
bench folder="" rounds="5":
    scripts/bench "{{folder}}" {{rounds}}

# Formats everything.
fmt:
    cargo fmt
    cargo fmt --manifest-path fuzz/Cargo.toml
    cargo fmt --manifest-path bench/Cargo.toml --all

# A whole training against the simulator: no key, no network.
demo:
    cargo run --bin likeness -- demo
