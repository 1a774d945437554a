//! Questions before a step that cannot be taken back.

use std::io::{self, BufRead};

use super::lines::wrapped;
use crate::failure::{Exit, Failure};

/// Asks, and accepts only a yes. `flag` is the one that goes on without asking, `width` is that of the terminal.
pub(super) fn ask(
    question: &str,
    flag: &str,
    person: Option<&mut dyn BufRead>,
    out: &mut dyn io::Write,
    width: usize,
) -> Result<(), Failure> {
    let Some(person) = person else {
        return Err(Failure::new(
            Exit::NotConfirmed,
            "confirm.no_terminal",
            "this needs a yes, and nobody is there to ask",
        )
        .why(format!("the question is: {question}"))
        .next(format!("add {flag} to go on without being asked")));
    };
    // A person who is asked can leave at once: nothing is under way.
    let _asking = crate::interrupt::asking();
    let mut answer = String::new();
    let question = wrapped(&format!("{question} [y/N]"), width, 0);
    let read =
        write!(out, "{question} ").and_then(|()| out.flush()).and_then(|()| person.read_line(&mut answer));
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes" | "д" | "да") => Ok(()),
        _ => Err(Failure::new(Exit::NotConfirmed, "confirm.declined", "not confirmed: nothing was done")
            .next(format!("answer `y` next time, or add {flag} to go on without being asked"))),
    }
}

#[cfg(test)]
mod tests {
    use super::ask;
    use crate::failure::Exit;

    fn answer(text: Option<&str>) -> Result<(), Exit> {
        let mut bytes = text.unwrap_or_default().as_bytes();
        let person = text.is_some().then_some(&mut bytes as &mut dyn std::io::BufRead);
        ask("Spend 2 USD?", "--yes", person, &mut Vec::new(), 80).map_err(|failure| failure.exit())
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
}
