//! The binary as a person uses it: its output, and its exit codes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use likeness_core::simulator::drawing;
use serde_json::Value;
use tempfile::TempDir;

#[cfg(target_os = "linux")]
mod address;
mod backup;
mod bucket;
mod check;
mod connections;
mod delivery;
#[cfg(target_os = "linux")]
mod disk;
mod documented;
mod endings;
mod erase;
mod faults;
#[cfg(target_os = "linux")]
mod full;
mod generate;
#[cfg(target_os = "linux")]
mod hostile;
mod interrupted;
mod killed;
mod lost;
mod meant;
#[cfg(target_os = "linux")]
mod minio;
#[cfg(target_os = "linux")]
mod obstacles;
mod pack;
mod prices;
mod proxy;
#[cfg(target_os = "linux")]
mod relay;
mod running;
mod serve;
mod settings;
mod simulate;
mod swallowed;
mod telegram;
#[cfg(target_os = "linux")]
mod terminal;
mod token;
mod train;
mod unexplained;

/// A folder of its own for each test, in which nothing of the machine's settings is seen.
struct Place {
    folder: TempDir,
}

/// The exit code and the output of a run.
struct Ending {
    code: i32,
    stdout: Vec<u8>,
    stderr: String,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("written");
        path
    }

    /// Writes so many good photos, each different, into a folder of this name.
    fn photos(&self, folder: &str, count: u8) -> PathBuf {
        for number in 0..count {
            self.write(Path::new(folder).join(format!("{number:02}.jpg")), photo(number, 520));
        }
        self.path(folder)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_likeness"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Ending {
        Ending::of(&mut self.command(words))
    }

    /// Lists the names in this folder, in order.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Ending {
    fn of(command: &mut Command) -> Self {
        let output = command.output().expect("started");
        Self {
            code: output.status.code().expect("ended by itself"),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", String::from_utf8_lossy(&self.stdout), self.stderr);
        self
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("UTF-8")
    }

    /// Parses every line of standard output as a document.
    fn documents(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

/// Makes a square picture of soft colours as a JPEG; another `tint` is another picture.
fn photo(tint: u8, side: u32) -> Vec<u8> {
    drawing::jpeg(&pixels(tint, side), side, side).expect("a JPEG")
}

/// A drawn portrait, which has nothing to complain of.
fn portrait(variation: u64) -> Vec<u8> {
    drawing::jpeg(&drawing::portrait(5, variation, 520, 650), 520, 650).expect("a JPEG")
}

fn pixels(tint: u8, side: u32) -> Vec<u8> {
    let shade = |at: u32| u8::try_from(at * 255 / side).unwrap_or(u8::MAX);
    let row = |y: u32| (0..side).flat_map(move |x| [shade(x), shade(y), tint.wrapping_mul(13)]);
    (0..side).flat_map(row).collect()
}

/// Returns a name that is not UTF-8, where the system allows one.
#[cfg(target_os = "linux")]
fn odd_name() -> &'static std::ffi::OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(b"caf\xe9.jpg")
}
