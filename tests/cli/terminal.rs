//! The picture on a terminal, at any width: lines broken between words, a warning in one sentence, a failure once.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::{fd::OwnedFd, unix::process::ExitStatusExt as _},
    process::Command,
    thread,
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use crate::{Ending, Place, running::Server};

/// Runs the command on a terminal of so many columns, and returns the bytes sent there and the exit code.
fn seen(command: &mut Command, term: &str, columns: u16) -> (String, i32) {
    seen_answering(command, term, columns, || "")
}

/// Runs the command on a terminal, where the first question is answered with `typed`.
fn seen_answering(
    command: &mut Command,
    term: &str,
    columns: u16,
    typed: impl FnOnce() -> &'static str + Send + 'static,
) -> (String, i32) {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("ours");
    let name = ptsname(&terminal, Vec::new()).expect("a name");
    let open = || -> OwnedFd {
        rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("the other end")
    };
    let held = open();
    tcsetwinsize(&held, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
    let mut child =
        command.env("TERM", term).stdin(open()).stdout(open()).stderr(open()).spawn().expect("started");
    // Only the child's ends are left, which a fresh command in its place lets go of.
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    drop(held);
    let reader = thread::spawn(move || {
        let (mut terminal, mut all) = (File::from(terminal), Vec::new());
        let mut piece = [0; 4096];
        let mut typed = Some(typed);
        // Reading fails at the end (EIO), as no process has the other end open any more.
        while let Ok(read @ 1..) = terminal.read(&mut piece) {
            all.extend_from_slice(&piece[..read]);
            if String::from_utf8_lossy(&all).contains("[y/N]")
                && let Some(typed) = typed.take()
            {
                terminal.write_all(typed().as_bytes()).expect("typed");
            }
        }
        all
    });
    let status = child.wait().expect("an end");
    let all = String::from_utf8(reader.join().expect("a reader")).expect("UTF-8");
    (all, status.code().or(status.signal()).expect("an end"))
}

/// Returns the text that stays: without what bars drew and took back, and without colours.
fn lines(sent: &str) -> Vec<String> {
    let mut text = String::new();
    let mut rest = sent;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        rest = after
            .trim_start_matches(|letter: char| !letter.is_ascii_alphabetic())
            .get(1..)
            .unwrap_or_default();
    }
    text.push_str(rest);
    text.lines().map(|line| line.rsplit('\r').next().unwrap_or_default().trim_end().to_owned()).collect()
}

/// Checks that nothing is wider than the terminal, unless one word alone is.
#[track_caller]
fn fits(sent: &str, columns: usize) {
    for line in lines(sent) {
        let wide = line.chars().count() > columns;
        assert!(!wide || line.split_whitespace().count() == 1, "{columns}: {line}\n{sent}");
    }
}

#[test]
fn everything_fits_into_40_columns() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/broken.jpg", [7; 100]);
    seen(place.testing(&words).arg("--test"), "xterm", 80);
    for words in [
        vec!["check", "set", "--min-photos", "4"],
        vec!["jobs"],
        vec!["status", "Zebulon"],
        vec!["presets"],
        vec!["config"],
        vec!["doctor"],
        vec![],
        vec!["download", "Nobody"],
    ] {
        for columns in [30_u16, 40, 80] {
            let (sent, _) = seen(&mut place.testing(&words), "xterm", columns);
            fits(&sent, columns.into());
        }
    }
}

#[test]
fn a_photo_that_is_left_out_is_named_once_and_bars_leave_nothing_behind() {
    let place = Place::new();
    let words = place.small_training();
    place.write("set/broken.jpg", [7; 100]);
    let (sent, code) = seen(&mut place.testing(&words), "xterm", 100);
    assert_eq!(code, 0, "{sent}");
    assert!(!sent.contains("[FAL AI]") && !sent.contains("WARNING"), "{sent}");
    assert_eq!(lines(&sent).iter().filter(|line| line.starts_with("warning: ")).count(), 0, "{sent}");
    assert_eq!(lines(&sent).iter().filter(|line| line.contains("broken.jpg")).count(), 1, "{sent}");
    assert!(sent.contains("Zebulon's model is ready"), "{sent}");
    let (sent, _) = seen(place.testing(&words).args(["--again", "-v"]), "xterm", 100);
    assert!(sent.contains("[FAL AI]"), "{sent}");
}

/// Buys something else while the question stands, which did not mention that.
#[test]
fn a_yes_to_a_question_that_is_no_longer_true_buys_nothing() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &[]);
    Ending::of(&mut place.buying(&server, &words)).ended(0);
    let mut meanwhile = place.buying(&server, &words);
    meanwhile.arg("--again");
    let asked = [&words[..6], &["--again"]].concat();
    let (sent, code) = seen_answering(&mut place.buying(&server, &asked), "xterm", 100, move || {
        Ending::of(&mut meanwhile).ended(0);
        "y\n"
    });
    assert!(sent.contains("[y/N]"), "{sent}");
    assert_eq!((code, server.orders()), (2, 2), "{sent}");
}

#[test]
fn a_failure_is_said_once() {
    let place = Place::new();
    let words = place.small_training();
    let server = Server::start(&place, "100ms", &["training-failed"]);
    let (sent, code) = seen(&mut place.buying(&server, &words), "xterm", 200);
    assert_eq!(code, 5, "{sent}");
    let ending = lines(&sent).into_iter().find_map(|line| line.strip_prefix("error: ").map(str::to_owned));
    let ending = ending.expect("a failure");
    assert_eq!(lines(&sent).iter().filter(|line| line.contains(&ending)).count(), 1, "{sent}");
}

/// Shows a passing trouble in the bar; where there is no bar, a warning does.
#[test]
fn a_trouble_that_passes_is_left_to_the_bar() {
    for (term, warnings) in [("xterm", 0), ("dumb", 1)] {
        let place = Place::new();
        let words = place.small_training();
        let server = Server::start(&place, "100ms", &["status-dropped"]);
        let (sent, code) = seen(&mut place.buying(&server, &words), term, 200);
        assert_eq!(code, 0, "{sent}");
        assert_eq!(sent.matches("warning: fal.ai did not answer").count(), warnings, "{sent}");
    }
}

/// Reports an obstacle once, in the list of `doctor`: the ending only names what to look at.
#[test]
fn doctor_says_what_is_in_the_way_once() {
    let place = Place::new();
    let mut command = place.command(&["doctor"]);
    command.env("FAL_KEY", "kid:hush").env("HTTPS_PROXY", "http://127.0.0.1:9");
    let (sent, code) = seen(&mut command, "xterm", 200);
    assert_eq!(code, 4, "{sent}");
    assert_eq!(sent.matches("the proxy that is set cannot be reached").count(), 1, "{sent}");
    assert_eq!(sent.matches("or name the server in NO_PROXY").count(), 1, "{sent}");
    assert!(sent.contains("http://127.0.0.1:9 is asked for queue.fal.run, and is in the way"), "{sent}");
    assert!(sent.contains("see above: fal.ai"), "{sent}");
}

#[test]
fn a_terminal_that_only_prints_is_sent_only_text() {
    let place = Place::new();
    let words = place.small_training();
    for (words, term) in [(words.to_vec(), "dumb"), (vec!["jobs"], ""), (vec!["status", "Zebulon"], "dumb")] {
        let (sent, code) = seen(&mut place.testing(&words), term, 80);
        assert!(code == 0 && !sent.contains('\u{1b}'), "{sent:?}");
    }
}
