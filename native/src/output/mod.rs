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

/// Where a command speaks. Cheap to clone; clones share the same bars.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    voice: Voice,
    bars: Bars,
    /// Standard error is a terminal: questions can be seen.
    terminal: bool,
    /// The terminal cannot move its cursor.
    dumb: bool,
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

/// How a command is to speak.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag or a setting of its own")]
pub(crate) struct Manner {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// The NO_COLOR convention (no-color.org).
    pub(crate) no_colour: bool,
    /// TERM says that the terminal can do no more than print (terminfo's `dumb`), or nothing.
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

    /// Whether somebody sees what is noted.
    pub(crate) fn shows_notes(&self) -> bool {
        self.terminal && self.voice == Voice::People
    }

    /// Whether bars are seen.
    pub(crate) fn shows_bars(&self) -> bool {
        self.terminal && !self.dumb && self.voice == Voice::People
    }

    /// Whether a person sees both what is said and why it ended, so that neither needs to repeat the other.
    pub(crate) fn is_seen_in_one(&self) -> bool {
        self.terminal && !self.is_json() && io::stdout().is_terminal()
    }

    /// Lines for people, broken at words where they are seen; with `--json` nothing.
    pub(crate) fn line(&self, text: impl Display) -> Result<(), Failure> {
        self.hanging(text, 0)
    }

    /// A fact with its name in front of it.
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

    /// A command to type, on lines of its own.
    pub(crate) fn command(&self, line: impl Display) -> Result<(), Failure> {
        self.out(|width| match width {
            Some(width) => format!("{}\n", lines::command(&line.to_string(), width)),
            None => format!("{line}\n"),
        })
    }

    /// Rows under each other.
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

    /// A document for programs, on its own line; without `--json` nothing.
    pub(crate) fn document(&self, document: &Value) -> Result<(), Failure> {
        if self.is_json() { self.bars.suspend(|| print(&format_args!("{document}\n"))) } else { Ok(()) }
    }

    /// A line for people on standard error, where the standard output carries something else.
    pub(crate) fn note(&self, text: impl Display) {
        if self.voice == Voice::People {
            let text = seen(&text.to_string(), 0);
            // Standard error that cannot be written has nowhere to say so.
            self.bars.suspend(|| writeln!(io::stderr(), "{text}").ok());
        }
    }

    /// The text in the colour of `tone`, on a terminal that wants colours.
    pub(crate) fn paint(&self, tone: Tone, text: &str) -> String {
        if self.colour { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()) } else { text.to_owned() }
    }

    /// Something that takes a while: a bar on a terminal, a log line now and then elsewhere.
    pub(crate) fn progress(&self, what: &str, total: u64, unit: Unit) -> Progress {
        Progress::new(&self.bars, what, total, unit, !self.shows_bars())
    }

    /// Asks before something that cannot be taken back. `yes` is the flag `--yes`. Without a terminal nobody
    /// can answer, so the answer is no.
    pub(crate) fn confirm(&self, question: &str, yes: bool) -> Result<(), Failure> {
        self.confirm_or(question, yes, "--yes")
    }

    /// The same, where another flag than `--yes` stands for a yes.
    pub(crate) fn confirm_or(&self, question: &str, yes: bool, flag: &str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let mut stdin = io::stdin().lock();
        let person = (self.terminal && stdin.is_terminal()).then_some(&mut stdin as &mut dyn BufRead);
        let width = width_of(&io::stderr()).unwrap_or(usize::MAX);
        self.bars.suspend(|| ask::ask(question, flag, person, &mut io::stderr(), width))
    }

    /// Asks for what nobody else should read; the terminal does not show it. `None` where standard input is not a
    /// terminal.
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
