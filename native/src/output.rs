//! Output of a command: lines for people or, with `--json`, one document per line, on standard output; progress and
//! questions on standard error.
//!
//! A closed pipe ends the program quietly and like a success, as ripgrep does: the reader has what it wanted. Any other
//! trouble, such as a full disk, is an error: half an output must not be taken for the whole.

use std::{
    fmt::Display,
    io::{self, BufRead, IsTerminal as _, Write as _},
    path::Path,
};

use serde_json::Value;

use crate::{
    failure::{Exit, Failure},
    printable::printable,
};

mod ask;
mod gauge;
mod hidden;
mod lines;
pub(crate) mod log;
pub(crate) mod narrate;
mod progress;
mod table;
mod tone;

pub(crate) use self::{
    hidden::show_again,
    lines::{clipped, seen, typed, width_of, wrapped},
    progress::{Bars, Progress, Unit},
    table::Row,
    tone::Tone,
};

/// The output of a command. Cheap to clone; clones share the same bars.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    voice: Voice,
    bars: Bars,
    /// True if standard error is a terminal: questions can be seen.
    terminal: bool,
    /// True if the terminal cannot move its cursor.
    dumb: bool,
    colour: bool,
}

/// The reader of a command's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    People,
    /// People who asked for results only.
    Brief,
    Programs,
}

/// The manner of a command's output.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag or a setting of its own")]
pub(crate) struct Manner {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// True under the NO_COLOR convention (no-color.org).
    pub(crate) no_colour: bool,
    /// True if TERM says that the terminal can do no more than print (terminfo's `dumb`), or is not set.
    pub(crate) dumb: bool,
}

/// The columns of a label and of the space behind it.
const LABEL: usize = 9;

impl Output {
    pub(crate) fn new(manner: Manner) -> Self {
        let terminal = io::stderr().is_terminal();
        let voice = match (manner.json, manner.quiet) {
            (true, _) => Voice::Programs,
            (false, true) => Voice::Brief,
            (false, false) => Voice::People,
        };
        let bars = Bars::new(voice == Voice::People && terminal && !manner.dumb);
        let plain = manner.json || manner.no_colour || manner.dumb;
        let colour = !plain && io::stdout().is_terminal();
        Self { voice, bars, terminal, dumb: manner.dumb, colour }
    }

    /// Returns the bars, for the log.
    pub(crate) fn bars(&self) -> Bars {
        self.bars.clone()
    }

    /// Tells whether documents are wanted instead of lines.
    pub(crate) fn is_json(&self) -> bool {
        self.voice == Voice::Programs
    }

    /// Tells whether a person sees standard error.
    pub(crate) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Tells whether a person sees notes.
    pub(crate) fn shows_notes(&self) -> bool {
        self.terminal && self.voice == Voice::People
    }

    /// Tells whether bars are seen.
    pub(crate) fn shows_bars(&self) -> bool {
        self.terminal && !self.dumb && self.voice == Voice::People
    }

    /// Tells whether a person sees both output and ending, so that neither needs to repeat the other.
    pub(crate) fn is_seen_in_one(&self) -> bool {
        self.terminal && !self.is_json() && io::stdout().is_terminal()
    }

    /// Prints lines for people, broken at words where they are seen; with `--json` nothing.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        self.hanging(text, 0)
    }

    /// Prints a fact with its name in front of it.
    pub(crate) fn fact(&self, label: &str, text: &str) -> Result<(), Failure> {
        let longest = text.split(' ').map(crate::printable::columns).max().unwrap_or(0);
        match width_of(&io::stdout()) {
            // Beside its label the fact would have to be broken inside a word.
            Some(width) if 2 + LABEL + longest > width => {
                self.line(format_args!("  {label}"))?;
                self.line(format_args!("    {text}"))
            }
            _ => self.hanging(format_args!("  {label:<LABEL$}{text}"), LABEL),
        }
    }

    fn hanging(&self, text: impl Display, hang: usize) -> Result<(), Failure> {
        self.out(|width| match width {
            Some(width) => format!("{}\n", wrapped(&text.to_string(), width, hang)),
            None => format!("{text}\n"),
        })
    }

    /// Prints a command to type, on lines of its own.
    pub(crate) fn command(&self, line: impl Display) -> Result<(), Failure> {
        self.out(|width| match width {
            Some(width) => format!("{}\n", lines::command(&line.to_string(), width)),
            None => format!("{line}\n"),
        })
    }

    /// Prints rows under each other.
    pub(crate) fn rows<const N: usize>(&self, rows: &[Row<N>]) -> Result<(), Failure> {
        if rows.is_empty() {
            return Ok(());
        }
        self.out(|width| table::laid_out(rows, width, |tone, text| self.paint(tone, text)).join("\n") + "\n")
    }

    fn out(&self, text: impl FnOnce(Option<usize>) -> String) -> Result<(), Failure> {
        if self.is_json() {
            return Ok(());
        }
        let text = text(width_of(&io::stdout()));
        self.bars.suspend(|| print(&text))
    }

    /// Prints a document for programs, on its own line; without `--json` nothing.
    pub(crate) fn document(&self, document: &Value) -> Result<(), Failure> {
        if self.is_json() { self.bars.suspend(|| print(&format_args!("{document}\n"))) } else { Ok(()) }
    }

    /// Prints a line for people on standard error, where the standard output carries other data.
    pub(crate) fn note(&self, text: impl Display) {
        if self.voice == Voice::People {
            let text = seen(&text.to_string(), 0);
            // Standard error that cannot be written cannot report that either.
            self.bars.suspend(|| writeln!(io::stderr(), "{text}").ok());
        }
    }

    /// Colours the text by `tone`, on a terminal that wants colours.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()) } else { text.to_owned() }
    }

    /// Shows the progress of work that takes a while: a bar on a terminal, a log line now and then elsewhere.
    pub(crate) fn progress(&self, what: &str, total: u64, unit: Unit) -> Progress {
        Progress::new(&self.bars, what, total, unit, !self.shows_bars())
    }

    /// Asks before a step that cannot be taken back. `yes` is the flag `--yes`. Without a terminal there is no one to
    /// answer, so the answer is no.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        self.confirm_or(question, yes, "--yes")
    }

    /// Asks, where another flag than `--yes` stands for a yes.
    pub(crate) fn confirm_or(&self, question: &str, yes: bool, flag: &str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let mut stdin = io::stdin().lock();
        let person = (self.terminal && stdin.is_terminal()).then_some(&mut stdin as &mut dyn BufRead);
        let width = width_of(&io::stderr()).unwrap_or(usize::MAX);
        self.bars.suspend(|| ask::ask(question, flag, person, &mut io::stderr(), width))
    }

    /// Asks for a secret; the terminal does not show the typed text. `None` where standard input is not a terminal.
    pub(crate) fn asked_hidden(&self, question: &str) -> Option<io::Result<String>> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let question = seen(question, 0);
        let asked = || write!(io::stderr(), "{question} ").and_then(|()| io::stderr().flush());
        let _asking = crate::interrupt::asking();
        Some(self.bars.suspend(asked).and_then(|()| hidden::read_line()))
    }
}

/// Writes to standard output, and makes sure that the text arrived there.
pub(crate) fn print(text: &dyn Display) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    write!(out, "{text}").and_then(|()| out.flush()).map_err(|error| unwritten(&error))
}

/// Refuses to replace an existing file without a word from the person: it may be a photo that cannot be taken again. A
/// path that is not a file is refused by the code that writes.
pub(crate) fn not_there_yet(path: &Path, replace: bool) -> Result<(), Failure> {
    if replace || !path.is_file() {
        return Ok(());
    }
    let sentence = format!("{} is there already", printable(&path.display().to_string()));
    Err(Failure::new(Exit::Usage, "usage.file_exists", sentence)
        .next("name another file, or add --force to replace it"))
}

/// Makes the failure of a standard output that took no more.
pub(crate) fn unwritten(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::reader_gone()
    } else {
        Failure::io("output.failed", "the output could not be written", error)
    }
}
