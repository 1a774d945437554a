//! SIGHUP: tells whether to ignore it, and whether the terminal is gone.

use std::{
    fs::{self, File},
    process::{Command, Stdio},
};

/// Tells whether SIGHUP was ignored when the program was started, as under `nohup`. Listening to the signal would end
/// that.
pub(super) fn is_ignored() -> bool {
    by_the_kernel().unwrap_or_else(by_a_child)
}

/// Asks the kernel, which publishes a mask of ignored signals (Linux, proc_pid_status(5)): SIGHUP is its lowest bit.
fn by_the_kernel() -> Option<bool> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    Some(u128::from_str_radix(mask.trim(), 16).ok()? & 1 == 1)
}

/// Has a child send itself SIGHUP, and sees whether the child survives: an ignored signal stays ignored over `execve`,
/// and no portable shell may undo that ("Signals that were ignored on entry to a non-interactive shell cannot be
/// trapped or reset", POSIX.1-2024, `trap`).
fn by_a_child() -> bool {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "kill -HUP $$; exit 0"]);
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

/// The terminal that the program was started from, if there was one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    was_there: bool,
}

impl Terminal {
    pub(super) fn at_start() -> Self {
        Self { was_there: is_there() }
    }

    /// Tells whether there was a terminal, and is none any more.
    pub(super) fn is_gone(self) -> bool {
        self.was_there && !is_there()
    }
}

/// Tells whether there is a terminal now: a process without a controlling one cannot open this file (tty(4)).
fn is_there() -> bool {
    File::open("/dev/tty").is_ok()
}

#[cfg(test)]
mod tests {
    use super::{by_a_child, by_the_kernel};

    #[test]
    fn kernel_and_child_agree() {
        assert_eq!(by_the_kernel().unwrap_or_else(by_a_child), by_a_child());
    }
}
