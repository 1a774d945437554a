//! The peers: processes that live on from job to job.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::table::Job;

/// The names of the programs in the peers' folder.
const PROGRAMS: [&str; 6] = ["pillow", "sharp", "wasm", "photon", "jsquash", "program"];

/// All peers that are there.
pub struct Peers(BTreeMap<&'static str, Peer>);

struct Peer {
    child: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The answer to a job: the CPU time in microseconds, and a second number; or the reason why there is none.
pub type Answer = Result<(f64, f64), String>;

impl Peers {
    /// Starts the peers, all of them or those of these names.
    pub fn start(folder: &Path, only: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut peers = BTreeMap::new();
        if only.is_empty() {
            let own = std::env::current_exe()?;
            peers.insert("native", Peer::start(Command::new(own).arg("worker"))?);
        }
        for name in PROGRAMS.into_iter().filter(|name| only.is_empty() || only.contains(name)) {
            let program = folder.join(name);
            if program.exists() {
                peers.insert(name, Peer::start(&mut Command::new(program))?);
            } else {
                eprintln!("{} is not there", program.display());
            }
        }
        Ok(Self(peers))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Has a peer do its job.
    pub fn run(&mut self, (peer, way): Job, photo: &Path) -> Result<Answer, Box<dyn Error>> {
        let peer = self.0.get_mut(peer).ok_or("a peer is missing")?;
        writeln!(peer.jobs, "{way} {}", photo.display())?;
        peer.jobs.flush()?;
        let mut answer = String::new();
        peer.answers.read_line(&mut answer)?;
        let numbers = answer
            .trim()
            .split_once(' ')
            .and_then(|(time, second)| Some((time.parse().ok()?, second.parse().ok()?)));
        Ok(numbers.ok_or(answer.trim().to_owned()))
    }
}

impl Peer {
    fn start(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let jobs = child.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, jobs, answers })
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A peer that is still at work after an error is of no use.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
