//! The conductor of the peers.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use likeness_core::photo::inspect;

use crate::{
    peers::Peers,
    plot,
    table::{Job, Single, Times, differences, jobs, median, table},
    variants::Kind,
};

/// Rounds that are not counted: V8 compiles a module anew while they run.
const WARM_UP: usize = 2;

/// Photos that jSquash gets have at most so many megapixels: it takes a third of a second for each.
const MOST_FOR_JSQUASH: f64 = 5.0;

/// Wall times are measured so many times at least.
const LEAST_WALL_TIMES: usize = 7;

/// A photo of the bench.
pub struct Photo {
    pub kind: Kind,
    pub path: PathBuf,
    pub megapixels: f64,
}

/// Measures, prints the table, and draws the plot to a file.
pub fn run(
    rounds: &str,
    peers: &str,
    variants: &str,
    set: &str,
    drawing: &str,
) -> Result<(), Box<dyn Error>> {
    let (rounds, folder): (usize, &Path) = (rounds.parse()?, Path::new(peers));
    let mut photos = Vec::new();
    for kind in Kind::ALL {
        for path in kind.photos(Path::new(variants))? {
            let info = inspect(&std::fs::read(&path)?)?;
            let megapixels = f64::from(info.width) * f64::from(info.height) / 1e6;
            photos.push(Photo { kind, path, megapixels });
        }
    }
    let times = paired(rounds, folder, &photos)?;
    let mut singles = differences(&times, &photos);
    singles.push(cold(folder, &photos, rounds)?);
    singles.extend(packed(folder, Path::new(set), rounds)?);
    println!("{}", table(&times, &singles)?);
    std::fs::write(drawing, plot::svg(&times, &photos)?)?;
    Ok(())
}

/// Has every peer do every photo, in shuffled order, once in each round.
fn paired(rounds: usize, folder: &Path, photos: &[Photo]) -> Result<Times, Box<dyn Error>> {
    let mut peers = Peers::start(folder, &[])?;
    let jobs: Vec<(Kind, Job)> = jobs().into_iter().filter(|(_, (peer, _))| peers.has(peer)).collect();
    let mut todo: Vec<(usize, Job)> = photos
        .iter()
        .enumerate()
        .flat_map(|(at, photo)| {
            jobs.iter().filter(|(kind, _)| *kind == photo.kind).map(move |(_, job)| (at, *job))
        })
        .filter(|(at, (peer, _))| *peer != "jsquash" || photos[*at].megapixels <= MOST_FOR_JSQUASH)
        .collect();
    let (mut random, mut times) = (1, Times::new());
    for round in 0..WARM_UP + rounds {
        eprintln!("round {} of {}", round + 1, WARM_UP + rounds);
        shuffle(&mut todo, &mut random);
        for (at, job) in &todo {
            let Photo { kind, path, .. } = &photos[*at];
            match peers.run(*job, path)? {
                Ok((time, _)) if round >= WARM_UP => times.entry((*kind, *at, *job)).or_default().push(time),
                Ok(_) => {}
                Err(reason) if round == 0 => eprintln!("{job:?} {}: {reason}", path.display()),
                Err(_) => {}
            }
        }
    }
    Ok(times)
}

/// Measures the first photo of processes that were just started.
fn cold(peers: &Path, photos: &[Photo], rounds: usize) -> Result<Single, Box<dyn Error>> {
    let (ours, theirs): (Job, Job) = (("wasm", "clean"), ("photon", "clean"));
    let off = |photo: &&Photo| (photo.megapixels - 12.0).abs();
    let upright = photos.iter().filter(|photo| photo.kind == Kind::Upright);
    let photo = upright.min_by(|one, other| off(one).total_cmp(&off(other))).ok_or("no photo")?;
    let first = |job: Job| -> Result<f64, Box<dyn Error>> {
        Ok(Peers::start(peers, &[job.0])?.run(job, &photo.path)??.0)
    };
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        ratios.push(first(ours)? / first(theirs)?);
    }
    let name = "wasm, first photo of 12 megapixels in a cold instance: part of photon's CPU";
    Ok(Single { name, count: rounds, value: median(ratios), must: 0.4, aim: 0.2, unit: "x", less: true })
}

/// Measures a whole set: the program beside Pillow, its memory, and what two cores gain.
fn packed(peers: &Path, set: &Path, rounds: usize) -> Result<Vec<Single>, Box<dyn Error>> {
    let mut peers = Peers::start(peers, &["pillow", "program"])?;
    let (mut parts, mut memory, mut gains) = (Vec::new(), 0.0, Vec::new());
    // What else the machine does shows in wall times, so there are more of them.
    for _ in 0..rounds.max(LEAST_WALL_TIMES) {
        let (ours, most) = peers.run(("program", "pack"), set)??;
        let (theirs, _) = peers.run(("pillow", "pack"), set)??;
        parts.push(ours / theirs);
        memory = most.max(memory);
        gains.push(peers.run(("program", "two"), set)??.1 / 1000.0);
    }
    let count = gains.len();
    Ok(vec![
        Single {
            name: "20 photos of 12 megapixels to a stored ZIP: part of Pillow's and zipfile's CPU",
            count,
            value: median(parts),
            must: 0.75,
            aim: 0.5,
            unit: "x",
            less: true,
        },
        Single {
            name: "the same on two cores / two processes of one core, wall time",
            count,
            value: median(gains),
            must: 0.95,
            aim: 1.0,
            unit: "x",
            less: false,
        },
        Single {
            name: "the same, most memory of the process",
            count,
            value: memory / f64::from(1 << 20),
            must: 64.0,
            aim: 24.0,
            unit: " MiB",
            less: true,
        },
    ])
}

fn shuffle<T>(items: &mut [T], random: &mut u64) {
    for at in (1..items.len()).rev() {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (*random >> 33) as usize % (at + 1));
    }
}
