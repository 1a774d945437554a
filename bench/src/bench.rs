//! The conductor of the peers, and the table.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A row of the table: our job, the peer's, and the ratios that are the least and the aim.
struct Row(&'static str, Job, Job, f64, f64);

/// A peer and its way.
type Job = (&'static str, &'static str);

const ROWS: &[Row] = &[
    Row("kept, fully verified / Pillow", ("native", "keep"), ("pillow", "reencode"), 4.0, 5.5),
    Row("re-encoded to q95 / Pillow", ("native", "requantise"), ("pillow", "reencode"), 1.8, 2.2),
    Row(
        "re-encoded to q95 / libjpeg-turbo C",
        ("native", "requantise"),
        ("native", "turbo_reencode"),
        1.1,
        1.3,
    ),
    Row("re-encoded to nearly q95 / Pillow", ("native", "near_95"), ("pillow", "reencode"), 1.8, 2.2),
    Row("turned / Pillow", ("native", "turn"), ("pillow", "turn"), 1.5, 1.8),
    Row("turned / libjpeg-turbo's transform", ("native", "turn"), ("native", "turbo_turn"), 1.0, 1.3),
    Row("turned and re-encoded to q95 / Pillow", ("native", "turn_requantise"), ("pillow", "turn"), 1.5, 1.8),
    Row("scaled to 1/2, RGB / libjpeg-turbo C", ("native", "half"), ("native", "turbo_half"), 0.9, 1.1),
    Row("scaled to 1/2, RGB / Pillow to 1024", ("native", "half"), ("pillow", "to_1024"), 3.0, 4.0),
    Row("wasm kept, verified / photon", ("wasm", "keep"), ("photon", "reencode"), 15.0, 20.0),
    Row("wasm re-encoded to q95 / photon", ("wasm", "requantise"), ("photon", "reencode"), 4.0, 7.0),
    Row("wasm re-encoded to q95 / native Pillow", ("wasm", "requantise"), ("pillow", "reencode"), 1.0, 1.3),
    Row("wasm turned / native Pillow", ("wasm", "turn"), ("pillow", "turn"), 1.0, 1.3),
];

/// The row of the first photo in a process that was just started.
const COLD: Row = Row(
    "wasm, first photo in a cold instance: part of photon's CPU",
    ("wasm", "requantise"),
    ("photon", "reencode"),
    0.4,
    0.2,
);

/// Rounds that are not counted: V8 compiles a module anew while that runs.
const WARM_UP: u64 = 3;

/// Measures, and prints the table.
pub fn run(
    rounds: &str,
    folder_of_peers: &str,
    folder: &str,
    file: Option<&str>,
) -> Result<(), Box<dyn Error>> {
    let rounds: u64 = rounds.parse()?;
    let photos = photos(Path::new(folder))?;
    let mut peers = Peers::start(Path::new(folder_of_peers))?;
    let mut jobs: Vec<Job> = ROWS.iter().flat_map(|Row(_, ours, theirs, ..)| [*ours, *theirs]).collect();
    jobs.sort_unstable();
    jobs.dedup();
    jobs.retain(|(peer, _)| peers.0.contains_key(peer));

    let mut random = 1_u64;
    let mut times: BTreeMap<(usize, Job), Vec<f64>> = BTreeMap::new();
    for round in 0..WARM_UP + rounds {
        let mut todo: Vec<(usize, Job)> =
            (0..photos.len()).flat_map(|photo| jobs.iter().map(move |job| (photo, *job))).collect();
        shuffle(&mut todo, &mut random);
        for (photo, job) in todo {
            match peers.run(job, &photos[photo])? {
                Ok(time) if round >= WARM_UP => times.entry((photo, job)).or_default().push(time),
                Ok(_) => {}
                Err(reason) if round == 0 => eprintln!("{job:?} {}: {reason}", photos[photo].display()),
                Err(_) => {}
            }
        }
    }
    if let Some(file) = file {
        let line = |((photo, (peer, way)), times): (&(usize, Job), &Vec<f64>)| {
            format!("{}\t{peer}\t{way}\t{times:?}\n", photos[*photo].display())
        };
        std::fs::write(file, times.iter().map(line).collect::<String>())?;
    }
    println!("{}{}", table(&times, photos.len())?, cold(Path::new(folder_of_peers), &photos)?);
    Ok(())
}

/// Measures the first job of processes that were just started, one for each photo, and returns the table's row.
fn cold(peers: &Path, photos: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let Row(name, ours, theirs, must, aim) = COLD;
    let first = |job: Job, photo: &Path| Peers::start(peers)?.run(job, photo);
    let mut ratios = Vec::new();
    for photo in photos {
        if let (Ok(ours), Ok(theirs)) = (first(ours, photo)?, first(theirs, photo)?) {
            ratios.push(ours / theirs);
        }
    }
    let mean = mean(&ratios);
    let verdict = if mean <= aim {
        "aim"
    } else if mean <= must {
        "must"
    } else {
        "missed"
    };
    Ok(format!("| {name} | {} | {must}x | {aim}x | {mean:.2}x | {verdict} |\n", ratios.len()))
}

/// Returns the geometric mean.
fn mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

fn table(times: &BTreeMap<(usize, Job), Vec<f64>>, photos: usize) -> Result<String, Box<dyn Error>> {
    let mut table = String::from("| what | photos | must | aim | measured | |\n|---|---|---|---|---|---|\n");
    for Row(name, ours, theirs, must, aim) in ROWS {
        let ratios = (0..photos).filter_map(|photo| {
            let (ours, theirs) = (times.get(&(photo, *ours))?, times.get(&(photo, *theirs))?);
            Some(median(theirs.iter().zip(ours).map(|(theirs, ours)| theirs / ours).collect()))
        });
        let ratios: Vec<f64> = ratios.collect();
        if ratios.is_empty() {
            writeln!(table, "| {name} | 0 | {must}x | {aim}x | - | not measured |")?;
            continue;
        }
        let mean = mean(&ratios);
        let verdict = if mean >= *aim {
            "aim"
        } else if mean >= *must {
            "must"
        } else {
            "missed"
        };
        writeln!(table, "| {name} | {} | {must}x | {aim}x | {mean:.2}x | {verdict} |", ratios.len())?;
    }
    Ok(table)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

fn shuffle<T>(items: &mut [T], random: &mut u64) {
    for at in (1..items.len()).rev() {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (*random >> 33) as usize % (at + 1));
    }
}

fn photos(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut photos: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    photos.retain(|path| path.extension().is_some_and(|ending| ending == "jpg" || ending == "jpeg"));
    photos.sort();
    Ok(photos)
}

/// Processes that live on from job to job.
struct Peers(BTreeMap<&'static str, Peer>);

struct Peer {
    child: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peers {
    fn start(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut peers =
            BTreeMap::from([("native", Peer::start(Command::new(std::env::current_exe()?).arg("worker"))?)]);
        for name in ["pillow", "wasm", "photon"] {
            let program = folder.join(name);
            if program.exists() {
                peers.insert(name, Peer::start(&mut Command::new(program))?);
            } else {
                eprintln!("{} is not there", program.display());
            }
        }
        Ok(Self(peers))
    }

    /// Has a peer do its job. Returns the CPU time in microseconds, or the reason why there is none.
    fn run(&mut self, (peer, way): Job, photo: &Path) -> Result<Result<f64, String>, Box<dyn Error>> {
        let peer = self.0.get_mut(peer).ok_or("a peer is missing")?;
        writeln!(peer.jobs, "{way} {}", photo.display())?;
        peer.jobs.flush()?;
        let mut answer = String::new();
        peer.answers.read_line(&mut answer)?;
        let time = answer.split(' ').next().and_then(|time| time.parse().ok());
        Ok(time.ok_or(answer.trim().to_owned()))
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
