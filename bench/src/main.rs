//! The bench: the JPEG engine and its peers, photo by photo in shuffled order, each in a process that lives on.
//!
//!     likeness-bench ROUNDS PEERS FOLDER [FILE]   prints the table, and writes every measurement to FILE
//!     likeness-bench worker                       is one of the peers: the engine, and libjpeg-turbo
//!     likeness-bench memory WAY FILE...           goes one way with each file, and prints the most memory taken
//!
//! PEERS is a folder with the programs of the other peers, as scripts/bench makes it. Every process tells the CPU time,
//! user and system, of each job. A ratio compares two jobs of one round on one photo; rows are geometric means.

mod bench;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["worker"] => worker::serve(),
        ["memory", way, files @ ..] => worker::memory(way, files),
        [rounds, peers, folder, file @ ..] => bench::run(rounds, peers, folder, file.first().copied()),
        _ => Err("see the top of bench/src/main.rs".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("likeness-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
