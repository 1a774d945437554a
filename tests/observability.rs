//! The check that Cloudflare's records of the Workers hold no address: both wrangler.toml say so, and no other
//! settings contradict them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

/// The settings of both Workers.
const SETTINGS: [&str; 2] = ["wrangler.toml", "edge/imager/wrangler.toml"];

/// Tables that deploy the same Worker under settings of their own, in which each of the lines below could be undone.
const OTHER_DEPLOYMENTS: [&str; 2] = ["env", "previews"];

/// The settings that hand every call over to another service, its address with it.
const HANDED_ON: [&str; 3] = ["logpush", "tail_consumers", "streaming_tail_consumers"];

/// The settings that each Worker must have. Left out is not enough: Cloudflare may change its defaults.
const SAID: [(&str, bool); 4] = [
    ("observability.redact_query_string", true),
    ("observability.logs.invocation_logs", false),
    ("observability.traces.enabled", false),
    ("observability.issues.enabled", false),
];

/// Lists the settings that let addresses be recorded.
fn recorded(settings: &Table) -> Vec<String> {
    let forbidden =
        OTHER_DEPLOYMENTS.into_iter().chain(HANDED_ON).filter(|name| settings.contains_key(*name));
    let mut wrong: Vec<String> = forbidden.map(|name| format!("it has {name}")).collect();
    for (path, wanted) in SAID {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = rest.split('.').try_fold(settings.get(first), |value, part| Some(value?.get(part)));
        if value.flatten() != Some(&Value::Boolean(wanted)) {
            wrong.push(format!("{path} is not {wanted}"));
        }
    }
    for part in ["logs", "traces"] {
        let destinations = settings.get("observability").and_then(|all| all.get(part)?.get("destinations"));
        if destinations.is_some() {
            wrong.push(format!("{part} are sent elsewhere"));
        }
    }
    wrong
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> Table {
    fs::read_to_string(root().join(path)).expect(path).parse().expect("TOML")
}

#[test]
fn no_worker_records_addresses() {
    for path in SETTINGS {
        assert_eq!(recorded(&read(path)), Vec::<String>::new(), "{path}");
    }
}

/// Finds no `wrangler.json`, which wrangler would take in a folder before `wrangler.toml`.
#[test]
fn there_are_no_other_settings_of_the_workers() {
    let mut found = Vec::new();
    let folders = ["", "edge", "edge/front", "edge/imager", "edge/platform"];
    for entry in folders.iter().flat_map(|folder| fs::read_dir(root().join(folder)).expect("a folder")) {
        let path = entry.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("wrangler.") {
            found.push(path);
        }
    }
    found.sort();
    let mut known = SETTINGS.map(|path| root().join(path));
    known.sort();
    assert_eq!(found, known);
}

#[test]
fn whatever_turns_it_on_again_is_seen() {
    for path in SETTINGS {
        let whole = fs::read_to_string(root().join(path)).expect(path);
        let sees = |text: &str| {
            assert_ne!(text, whole, "nothing was changed");
            let settings: Table = text.parse().expect("TOML");
            assert!(!recorded(&settings).is_empty(), "this is not seen in {path}:\n{text}");
        };
        for more in [
            "[env.production]\nname = \"x\"\n",
            "[env.production.observability.traces]\nenabled = true\n",
            "[previews.observability]\nenabled = true\n",
            "[[tail_consumers]]\nservice = \"x\"\n",
            "[[streaming_tail_consumers]]\nservice = \"x\"\n",
        ] {
            sees(&format!("{whole}\n{more}"));
        }
        sees(&format!("logpush = true\n{whole}"));
        sees(
            &whole
                .replace("[observability.traces]\nenabled = false", "[observability.traces]\nenabled = true"),
        );
        sees(&whole.replace("[observability.traces]\nenabled = false\n", ""));
        sees(&whole.replace("[observability.traces]", "[observability.traces]\ndestinations = [\"x\"]"));
        sees(&whole.replace("[observability.issues]\nenabled = false\n", ""));
        sees(&whole.replace("invocation_logs = false", "invocation_logs = true"));
        sees(&whole.replace("invocation_logs = false\n", ""));
        sees(&whole.replace("redact_query_string = true\n", ""));
    }
}
