//! What a command says: lines for people or, with `--json`, one document per line, on standard output;
//! progress and questions on standard error.
//!
//! A closed pipe ends the program quietly and like a success, as ripgrep does: the reader has what it wanted.
//! Any other trouble, such as a full disk, is an error: nobody should take half an output for the whole.

use std::{
    fmt::Display,
    io::{self, BufRead, IsTerminal as _, Write as _},
    path::Path,
};

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::Value;

use crate::{
    exit::{Exit, Failure},
    printable::{columns, printable},
};

mod hidden;
mod progress;

pub(crate) use self::{
    hidden::show_again,
    progress::{Progress, Unit},
};

/// Where a command speaks. Cheap to clone; clones share the same bars.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    voice: Voice,
    bars: Bars,
    /// Standard error is a terminal: bars and questions can be seen.
    terminal: bool,
    colour: bool,
}

/// Whom a command speaks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    People,
    /// People who asked for results only.
    Brief,
    Programs,
}

/// The progress bars of the process.
#[derive(Clone, Debug)]
pub(crate) struct Bars(MultiProgress);

impl Bars {
    /// Takes the bars away while something is written where they stand.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

/// A colour that means something; never the only sign of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Warning,
    Bad,
    Faint,
}

impl Output {
    /// `no_colour` is the NO_COLOR convention (no-color.org).
    pub(crate) fn new(json: bool, quiet: bool, no_colour: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let voice = match (json, quiet) {
            (true, _) => Voice::Programs,
            (false, true) => Voice::Brief,
            (false, false) => Voice::People,
        };
        let bars = MultiProgress::new();
        if voice != Voice::People || !terminal {
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        let colour = !json && !no_colour && io::stdout().is_terminal();
        Self { voice, bars: Bars(bars), terminal, colour }
    }

    /// The bars, for the log.
    pub(crate) fn bars(&self) -> Bars {
        self.bars.clone()
    }

    /// Whether documents are wanted instead of lines.
    pub(crate) fn is_json(&self) -> bool {
        self.voice == Voice::Programs
    }

    /// Whether somebody sees standard error.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Whether bars are seen.
    pub(crate) fn shows_bars(&self) -> bool {
        self.terminal && self.voice == Voice::People
    }

    /// A line for people; with `--json` nothing.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        if self.is_json() { Ok(()) } else { self.bars.suspend(|| print(&format_args!("{text}\n"))) }
    }

    /// A document for programs, on its own line; without `--json` nothing.
    pub(crate) fn document(&self, document: &Value) -> Result<(), Failure> {
        if self.is_json() { self.bars.suspend(|| print(&format_args!("{document}\n"))) } else { Ok(()) }
    }

    /// A line for people on standard error, where the standard output carries something else.
    pub(crate) fn note(&self, text: impl Display) {
        if self.voice == Voice::People {
            // Standard error that cannot be written has nowhere to say so.
            self.bars.suspend(|| writeln!(io::stderr(), "{text}").ok());
        }
    }

    /// The text in the colour of `tone`, on a terminal that wants colours.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => 32,
            Tone::Warning => 33,
            Tone::Bad => 31,
            Tone::Faint => 2,
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// Something that takes a while: a bar on a terminal, a log line now and then elsewhere.
    pub(crate) fn progress(&self, what: &str, total: u64, unit: Unit) -> Progress {
        Progress::new(&self.bars.0, what, total, unit, !self.shows_bars())
    }

    /// Asks before something that cannot be taken back. `yes` is the flag `--yes`. Without a terminal nobody
    /// can answer, so the answer is no.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let mut stdin = io::stdin().lock();
        let person = (self.terminal && stdin.is_terminal()).then_some(&mut stdin as &mut dyn BufRead);
        self.bars.suspend(|| ask(question, person, &mut io::stderr()))
    }

    /// Asks for what nobody else should read; the terminal does not show it. `None` where standard input is not a
    /// terminal.
    pub(crate) fn asked_hidden(&self, question: &str) -> Option<io::Result<String>> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let _asking = crate::interrupt::asking();
        let asked = || write!(io::stderr(), "{question}").and_then(|()| io::stderr().flush());
        Some(self.bars.suspend(asked).and_then(|()| hidden::read_line()))
    }
}

/// Writes to standard output, and makes sure that it arrived there.
pub(crate) fn print(text: &dyn Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    write!(out, "{text}").and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}

/// Nothing of a person's is replaced unless they say so: it may be a photo that cannot be taken again. What is no
/// file is refused by whoever writes.
pub(crate) fn not_there_yet(path: &Path, replace: bool) -> Result<(), Failure> {
    if replace || !path.is_file() {
        return Ok(());
    }
    let sentence = format!("{} is there already", printable(&path.display().to_string()));
    Err(Failure::new(Exit::Usage, "usage.file_exists", sentence)
        .next("name another file, or add --force to replace it"))
}

/// What it means that standard output took no more.
pub(crate) fn unwritten(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::reader_gone()
    } else {
        Failure::io("output.failed", "the output could not be written", error)
    }
}

/// The rows as lines, each column as wide as its widest cell, two spaces between them.
pub(crate) fn table<const N: usize>(rows: &[[String; N]]) -> Vec<[String; N]> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row.get(column).map_or(0, |cell| columns(cell))).max().unwrap_or(0)
    });
    let pad = |row: &[String; N]| -> [String; N] {
        std::array::from_fn(|column| {
            let cell = row.get(column).cloned().unwrap_or_default();
            let width = widths.get(column).copied().unwrap_or(0);
            let space = if column + 1 == N { 0 } else { width.saturating_sub(columns(&cell)) + 2 };
            cell + &" ".repeat(space)
        })
    };
    rows.iter().map(pad).collect()
}

/// A number of bytes as people read it.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

fn ask(question: &str, person: Option<&mut dyn BufRead>, out: &mut dyn io::Write) -> Result<(), Failure> {
    let Some(person) = person else {
        return Err(Failure::new(
            Exit::NotConfirmed,
            "confirm.no_terminal",
            "this needs a yes, and nobody is there to ask",
        )
        .why(format!("the question is: {question}"))
        .next("add --yes to go on without being asked"));
    };
    // A person who is asked can leave at once: nothing is under way.
    let _asking = crate::interrupt::asking();
    let mut answer = String::new();
    let read = write!(out, "{question} [y/N] ")
        .and_then(|()| out.flush())
        .and_then(|()| person.read_line(&mut answer));
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes" | "д" | "да") => Ok(()),
        _ => Err(Failure::new(Exit::NotConfirmed, "confirm.declined", "not confirmed: nothing was done")
            .next("answer `y` next time, or add --yes to go on without being asked")),
    }
}

#[cfg(test)]
mod tests {
    use super::{ask, size, table};
    use crate::exit::Exit;

    fn answer(text: Option<&str>) -> Result<(), Exit> {
        let mut bytes = text.unwrap_or_default().as_bytes();
        let person = text.is_some().then_some(&mut bytes as &mut dyn std::io::BufRead);
        ask("Spend 2 USD?", person, &mut Vec::new()).map_err(|failure| failure.exit())
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        for yes in ["y\n", "Yes\n", " да \n"] {
            assert_eq!(answer(Some(yes)), Ok(()), "{yes}");
        }
        for no in ["", "\n", "n\n", "yesterday\n", "no\n"] {
            assert_eq!(answer(Some(no)), Err(Exit::NotConfirmed), "{no}");
        }
        assert_eq!(answer(None), Err(Exit::NotConfirmed));
    }

    #[test]
    fn sizes_are_read_by_people() {
        assert_eq!(size(999), "0 kB");
        assert_eq!(size(1_500_000), "1.5 MB");
        assert_eq!(size(79_050_000_000), "79.0 GB");
        assert_eq!(size(u64::MAX), "18446744073.7 GB");
    }

    #[test]
    fn columns_stand_under_each_other_in_any_script() {
        let rows = [["имя", "a"], ["x", "b"], ["写真", "c"]].map(|row| row.map(str::to_owned));
        let lines: Vec<String> = table(&rows).iter().map(|row| row.concat()).collect();
        assert_eq!(lines, ["имя   a", "x     b", "写真  c"]);
    }
}
