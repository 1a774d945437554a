//! `likeness demo`: everything once, in the simulator.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use likeness_core::avatar::Gender;

use super::{check, generate, serve, status, train};
use crate::{
    args::{self, Check, Demo, Form, Generate, Serve, Train},
    context::Context,
    disk::private_folder,
    driver::shell::Shell,
    failure::{self, Exit, Failure},
    jobs::{self, For},
    output::Tone,
    photos::sample::{self, PERSON},
    printable::shown,
};

const PROMPT: &str = "portrait in a garden";

/// The duration of the training: long enough to see it work, short enough to watch to the end.
const TRAINING: Duration = Duration::from_secs(6);

pub(crate) async fn run(args: Demo, context: &Context) -> Result<(), Failure> {
    let folder = folder(args.output.as_deref())?;
    if args.page {
        return page(folder, context).await;
    }
    let home = folder.join("data");
    let photos = folder.join("photos");
    for path in [&home, &photos] {
        private_folder(path).map_err(failure::storage)?;
    }
    let settings = context.settings.clone().for_demo(home, TRAINING);
    let (output, interrupt) = (context.output.clone(), context.interrupt.clone());
    let context = Context { settings, output, interrupt };
    let output = &context.output;
    let step = |number: u8, text: &str| {
        output.line(
            output.paint(Tone::Faint, &format!("{}[{number}/4] {text}", if number > 1 { "\n" } else { "" })),
        )
    };

    step(1, "Twelve photos of one drawn person: some lie on their side, one is broken.")?;
    let (to, interrupted) = (photos.clone(), context.interrupt.clone());
    let drawn = tokio::task::spawn_blocking(move || sample::write(&to, PERSON));
    tokio::select! {
        drawn = drawn => drop(drawn.map_err(|error| defect(&error))??),
        failure = interrupted.wait() => return Err(failure),
    }
    // The check shows which photos are good; a bad one, which it reports as an error, must not end the demo.
    match check::run(
        &Check {
            photos: vec![photos.clone()],
            recursive: false,
            sheet: None,
            force: false,
            without_faces: false,
            form: Form::default(),
        },
        &context,
    ) {
        Err(failure) if failure.exit() != Exit::Data => return Err(failure),
        _ => {}
    }
    step(2, "A training in the simulator: prepare, upload, order, follow.")?;
    Box::pin(train::run(training(photos), &context)).await?;
    step(3, "Four pictures with the trained model.")?;
    let pictures = folder.join("pictures");
    generate::run(generation(pictures.clone()), &context).await?;
    step(4, "Everything is here; delete the folder when you have seen it.")?;
    output.line(format_args!("  {}", shown(&folder.display().to_string())))?;
    if output.is_json() {
        let shell = Shell::open(&context)?;
        let (avatar, attempt) = jobs::find(&shell.store, &name()?, For::Seeing)?;
        status::show(&context, &shell, &avatar, attempt)?;
    }
    output.line("")?;
    output.line("With your own photos and a key from https://fal.ai/dashboard/keys:")?;
    output.line("  likeness login")?;
    output.line("  likeness train photos/ --name Anna")
}

/// Serves the page in test mode, on a free port of this machine.
async fn page(folder: PathBuf, context: &Context) -> Result<(), Failure> {
    let settings = context.settings.clone().for_demo(folder, TRAINING);
    let context = Context { settings, output: context.output.clone(), interrupt: context.interrupt.clone() };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Box::pin(serve::run(Serve { listen }, &context)).await
}

fn folder(wanted: Option<&Path>) -> Result<PathBuf, Failure> {
    let failed =
        |error: &std::io::Error| Failure::io("storage.demo", "no folder could be made for the demo", error);
    if let Some(folder) = wanted {
        private_folder(folder).map_err(failure::storage)?;
        // Another person's files would be drawn into the demo, and thrown away with it.
        let mut entries = folder.read_dir().map_err(|error| failed(&error))?;
        if entries.next().is_some() {
            let sentence = format!("{} is not empty", shown(&folder.display().to_string()));
            return Err(Failure::new(Exit::Usage, "usage.folder", sentence)
                .why("the demo writes its own photos, model and pictures, and ends with a folder to delete")
                .next("name a new or empty folder, or leave -o out"));
        }
        return std::path::absolute(folder).map_err(|error| failed(&error));
    }
    let made = tempfile::Builder::new().prefix("likeness-demo-").tempdir();
    made.map(tempfile::TempDir::keep).map_err(|error| failed(&error))
}

fn training(photos: PathBuf) -> Train {
    Train {
        form: Form::default(),
        photos: vec![photos],
        keys: Vec::new(),
        name: PERSON.to_owned(),
        gender: Some(Gender::Female),
        user_id: "demo".to_owned(),
        avatar_id: None,
        webhook_url: None,
        listen_webhook: None,
        min_photos: None,
        max_photos: None,
        without_faces: false,
        again: false,
        on_existing: None,
        recursive: false,
        detach: false,
        yes: false,
        tuning: args::Tuning::default(),
    }
}

fn generation(output: PathBuf) -> Generate {
    Generate {
        job: PERSON.parse().ok(),
        lora: None,
        trigger: None,
        prompt: PROMPT.to_owned(),
        images: 4,
        output,
        seed: None,
        image_size: None,
        steps: None,
        guidance: None,
        scale: None,
        yes: false,
    }
}

fn name() -> Result<args::JobName, Failure> {
    PERSON.parse().map_err(|error: &str| defect(&error))
}

fn defect(why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Internal, "internal.demo", "the demo has a defect").why(why.to_string())
}
