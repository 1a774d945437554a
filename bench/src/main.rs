//! The bench: the product's core and its peers, photo by photo in shuffled order, each in a process that lives on.
//!
//!     likeness-bench ROUNDS PEERS VARIANTS SET PLOT   prints the table, and draws the plot
//!     likeness-bench album FOLDER                     draws photographs of all kinds
//!     likeness-bench set FOLDER                       draws twenty photographs of a phone
//!     likeness-bench variants FOLDER OUT MAKER        makes the variants of a folder's photos
//!     likeness-bench worker                           is one of the peers: core, engine, and libjpeg-turbo
//!
//! PEERS is a folder with the programs of the other peers, as scripts/bench makes it. Every process tells the CPU time,
//! user and system, of each job. A ratio compares two jobs of one round on one photo; rows are geometric means of the
//! photos' medians.

mod bench;
mod drawn;
mod exif;
mod peers;
mod plot;
mod table;
mod variants;
mod worker;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["worker"] => worker::serve(),
        ["album", folder] => drawn::album(Path::new(folder)),
        ["set", folder] => drawn::set(Path::new(folder)),
        ["variants", folder, out, maker] => {
            variants::make(Path::new(folder), Path::new(out), Path::new(maker))
        }
        [rounds, peers, variants, set, plot] => bench::run(rounds, peers, variants, set, plot),
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
