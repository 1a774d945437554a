//! Both Workers as they are deployed, in Cloudflare's runtime: their bindings are read from wrangler.toml, and
//! objects keep their rows on disk. Each message from the front to an object comes twice (tests/edge/twice.js), as
//! Cloudflare may send it: no case is to notice.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::shell::{Settings, cache, root};

/// Returns the folders in which the Workers are built. In test mode the front is another one, which carries the simulator.
fn workers(test_mode: bool) -> [(&'static str, PathBuf); 2] {
    let front = if test_mode { "front/test-mode" } else { "front/build" };
    [("front", root().join("edge").join(front)), ("imager", root().join("edge/imager/build"))]
}

/// Returns the reason why the Workers cannot be started on this machine, if there is one.
pub(crate) fn missing() -> Option<String> {
    if !workerd().is_file() {
        return Some("the Workers: workerd is not installed; `scripts/setup edge` brings it".to_owned());
    }
    let all =
        [true, false].into_iter().flat_map(workers).all(|(_, build)| build.join("index_bg.wasm").is_file());
    (!all).then(|| "the Workers: they are not built; `scripts/build-edge` builds them".to_owned())
}

/// Builds the command that runs both, with their state in this folder.
pub(crate) fn command(folder: &Path, settings: &Settings, port: u16) -> Command {
    let test_mode = settings.iter().any(|(name, value)| *name == "AVATAR_TEST_MODE" && value == "true");
    for (name, build) in workers(test_mode) {
        for file in ["index.js", "index_bg.wasm"] {
            let to = folder.join(format!("{name}-{file}"));
            fs::copy(build.join(file), to).expect("a Worker that is built");
        }
    }
    fs::copy(root().join("tests/edge/twice.js"), folder.join("front-twice.js")).expect("a module");
    fs::create_dir_all(folder.join("rows")).expect("a folder");
    fs::write(folder.join("config.capnp"), config(settings, port)).expect("written");
    let mut command = Command::new(workerd());
    command.args(["serve", "config.capnp", "--control-fd=1"]).current_dir(folder).env_clear();
    command
}

/// Reads the address that a line tells.
pub(crate) fn address(line: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    (event["event"] == "listen").then(|| format!("127.0.0.1:{}", event["port"]))
}

fn workerd() -> PathBuf {
    // The runtime itself, not the script of npm's package that starts it: killing that script leaves the runtime
    // running.
    let folder = cache().join("edge/node_modules/@cloudflare");
    let folders = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut runtimes = folders.map(|folder| folder.join("bin/workerd"));
    runtimes.find(|program| program.is_file()).unwrap_or(folder)
}

/// The settings of a deployment that matter here.
struct Deployed {
    date: String,
    classes: Vec<String>,
    burst: u32,
}

fn deployed() -> Deployed {
    let text = fs::read_to_string(root().join("wrangler.toml")).expect("wrangler.toml");
    let table: toml::Table = text.parse().expect("TOML");
    let classes = table["migrations"].as_array().expect("migrations");
    let classes = classes.iter().flat_map(|step| step["new_sqlite_classes"].as_array().expect("classes"));
    Deployed {
        date: table["compatibility_date"].as_str().expect("a date").to_owned(),
        classes: classes.map(|class| class.as_str().expect("a name").to_owned()).collect(),
        burst: table["ratelimits"][0]["simple"]["limit"]
            .as_integer()
            .expect("a limit")
            .try_into()
            .expect("small"),
    }
}

/// The platform's limiter, which is not part of the runtime: so many calls of one key in a minute.
const LIMITER: &str = "class Ratelimit {
    counts = new Map();
    async limit({ key }) {
        const minute = Math.floor(Date.now() / 60_000);
        const count = this.counts.get(key);
        const next = count?.minute === minute ? count.next + 1 : 1;
        this.counts.set(key, { minute, next });
        return { success: next <= LIMIT };
    }
}
const limiter = new Ratelimit();
export default () => limiter;
";

fn config(settings: &Settings, port: u16) -> String {
    let Deployed { date, classes, burst } = deployed();
    let limiter = text(&LIMITER.replace("LIMIT", &burst.to_string()));
    let mut bindings = String::new();
    for (name, value) in settings {
        append(&mut bindings, &format!("(name = {}, text = {}),\n", text(name), text(value)));
    }
    let (mut spaces, mut bound) = (String::new(), String::new());
    for class in &classes {
        append(
            &mut spaces,
            &format!("(className = \"{class}\", uniqueKey = \"likeness-{class}\", enableSql = true),\n"),
        );
        let name = class.trim_end_matches("Object").to_uppercase();
        append(&mut bound, &format!("(name = \"{name}\", durableObjectNamespace = \"{class}\"),\n"));
    }
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
    services = [
        (name = "front", worker = .front),
        (name = "imager", worker = .imager),
        (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
        (name = "rows", disk = (path = "rows", writable = true)),
    ],
    sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "front")],
    extensions = [(modules = [(name = "likeness:bursts", internal = true, esModule = {limiter})])],
);
const front :Workerd.Worker = (
    modules = [
        (name = "twice.js", esModule = embed "front-twice.js"),
        (name = "index.js", esModule = embed "front-index.js"),
        (name = "index_bg.wasm", wasm = embed "front-index_bg.wasm"),
    ],
    compatibilityDate = "{date}",
    bindings = [
        (name = "IMAGER", service = "imager"),
        (name = "BURSTS", wrapped = (moduleName = "likeness:bursts")),
        {bound}{bindings}
    ],
    durableObjectNamespaces = [{spaces}],
    durableObjectStorage = (localDisk = "rows"),
);
const imager :Workerd.Worker = (
    modules = [
        (name = "index.js", esModule = embed "imager-index.js"),
        (name = "index_bg.wasm", wasm = embed "imager-index_bg.wasm"),
    ],
    compatibilityDate = "{date}",
);
"#
    )
}

/// Writes a text in quotes, as both Cap'n Proto and JSON have it.
fn text(text: &str) -> String {
    serde_json::to_string(text).expect("text")
}

fn append(to: &mut String, more: &str) {
    to.push_str(more);
}
