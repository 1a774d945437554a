//! `likeness generate`: pictures with a trained model.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use likeness_core::{
    avatar::{
        Avatar, AvatarId, Command, Goal, Imported, Name, OrderKey, Person, PictureRequest, PictureSettings,
        Sha256Sum, TriggerPhrase,
    },
    fal::{generate, pricing},
    lora, price,
    words::{self, Language},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::train::changed_meanwhile;
use crate::{
    args::Generate,
    clock,
    context::Context,
    disk::{locked_part_of, making_error, private_folder, put, storage_error},
    driver::{
        drive, ending,
        shell::{Connection, Shell},
    },
    failure::{self, Exit, Failure},
    jobs::{self, For},
    moment::moment,
    output::{
        Tone,
        log::of_job,
        narrate::{Narrator, pictures_document},
    },
    printable::shown,
};

pub(crate) async fn run(args: Generate, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    let (avatar, file) = match &args.job {
        Some(job) => (jobs::find(&shell.store, job, For::ItsModel)?.0, None),
        None => imported(&args, context, &shell)?,
    };
    let Some(trigger) = avatar.trigger() else {
        return Err(Failure::new(Exit::Data, "job.no_model", "this job has no model yet").next(format!(
            "`likeness status {} --watch` follows it to its end",
            jobs::called(&shell.store, &avatar, jobs::last_attempt(&avatar), For::Seeing)
        )));
    };
    let request = picture_request(&args, context, &trigger)?;
    let (id, connection) = (avatar.id(), shell.connection_of(&avatar)?);
    let asked = avatar.pictures_under_way(&request).is_none();
    let is_new = !args.output.exists();
    prepare_folder(&args.output)?;
    if asked {
        let consent = consent(&args, context, &connection, &request, avatar.test_mode()).await;
        if consent.is_err() && is_new {
            // Nothing was done, so the new folder is removed; one that has files in it by now stays.
            let _ = fs::remove_dir(&args.output);
        }
        consent?;
    }
    let moment = moment(connection.poll)?;
    // While the lock is held, no other process takes the folder of a new model for an orphan.
    let lock = shell.store.lock(id).map_err(failure::storage)?;
    if let Some(file) = file {
        take_in(file, &shell.folder(id))?;
    }
    let number = shell
        .store
        .update(id, |known| {
            let avatar = avatar.or_known(known);
            // Only an order that the person was asked about is placed.
            if avatar.pictures_under_way(&request).is_none() != asked {
                return (None, Err(changed_meanwhile()));
            }
            let (avatar, number) = avatar.open_pictures(request, &moment);
            (Some(avatar), Ok(number))
        })
        .map_err(failure::storage)??
        .ok_or_else(|| Failure::new(Exit::Data, "job.no_model", "this job has no model yet"))?;
    drop(lock);
    let avatar = {
        let mut narrator = Narrator::new(&context.output, shell.folder(id), shell.transfers.clone());
        let watcher = &mut |avatar: &Avatar| narrator.pictures(avatar, number);
        let drive = drive::drive(&shell, &context.interrupt, id, Goal::Pictures(number), watcher);
        of_job(jobs::order_name(id, OrderKey::Pictures(number)), drive).await?
    };
    ending::of_order(&shell, &avatar, OrderKey::Pictures(number))?;
    show(&args, context, &shell, &avatar, number)?;
    // Only now is the same command a new order: the paid pictures have been handed over.
    shell.ask(id, Command::Delivered(number)).map(drop)
}

fn show(
    args: &Generate,
    context: &Context,
    shell: &Shell,
    avatar: &Avatar,
    number: u32,
) -> Result<(), Failure> {
    let output = &context.output;
    let Some(status) = avatar.pictures_status(number, clock::now()) else { return Ok(()) };
    let mut paths = Vec::new();
    for file in &status.files {
        let extension = Path::new(&file.name).extension().and_then(|one| one.to_str()).unwrap_or("jpg");
        let source = shell.folder(avatar.id()).join(&file.name);
        paths.push(copy(&source, &args.output, extension)?);
    }
    let mut document = pictures_document(&status, &shell.folder(avatar.id()));
    document["paths"] = json!(paths);
    output.document(&document)?;
    for (index, path) in paths.iter().enumerate() {
        let path = shown(&path.display().to_string());
        if status.blanked.contains(&index) {
            let note = "blanked by fal.ai's safety filter; it was paid for all the same";
            output.line(format_args!("{path}  {}", output.paint(Tone::Warning, note)))?;
        } else {
            output.line(path)?;
        }
    }
    output.note(format_args!(
        "Seed {}: the same seed, prompt and settings make the same pictures.",
        status.seed
    ));
    if status.test_mode {
        output.note("Test mode: the simulator drew them; nothing was bought.");
    }
    Ok(())
}

/// Copies a picture into the folder under the first free number.
fn copy(source: &Path, folder: &Path, extension: &str) -> Result<PathBuf, Failure> {
    for number in 1..100_000_u32 {
        let path = folder.join(format!("picture-{number:03}.{extension}"));
        match File::create_new(&path) {
            Ok(mut file) => {
                let copied = File::open(source).and_then(|mut source| {
                    io::copy(&mut source, &mut file)?;
                    file.sync_all()
                });
                return match copied {
                    Ok(()) => Ok(path),
                    Err(error) => {
                        // Half a picture is useless.
                        let _ = fs::remove_file(&path);
                        Err(failure::storage(storage_error(&path, &error)))
                    }
                };
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failure::storage(storage_error(&path, &error))),
        }
    }
    Err(Failure::new(Exit::Storage, "storage.full", "the folder holds too many pictures")
        .next("choose another one"))
}

/// Checks that the folder takes files, before anything is bought.
fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    let taken = fs::create_dir_all(folder).and_then(|()| tempfile::NamedTempFile::new_in(folder).map(drop));
    taken.map_err(|error| failure::storage(making_error(folder, &error)))
}

fn picture_request(
    args: &Generate,
    context: &Context,
    trigger: &TriggerPhrase,
) -> Result<PictureRequest, Failure> {
    let defaults = &context.settings.defaults;
    let wrong =
        |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, "usage.pictures", error.to_string());
    let size = args.image_size.as_ref().or(defaults.image_size.as_ref());
    let image_size = size.map(|size| size.parse()).transpose().map_err(|error| wrong(&error))?;
    let seed = args.seed.map(u32::try_from).transpose().map_err(|_| wrong(&"a seed is 0 to 4294967295"))?;
    let settings = PictureSettings {
        prompt: args.prompt.clone(),
        count: Some(args.images.into()),
        image_size,
        steps: args.steps.or(defaults.picture_steps),
        guidance_scale: args.guidance.or(defaults.guidance),
        lora_scale: args.scale.or(defaults.scale),
        seed,
    };
    settings.check(Some(trigger)).map_err(|error| wrong(&error))
}

async fn consent(
    args: &Generate,
    context: &Context,
    connection: &Connection,
    request: &PictureRequest,
    test_mode: bool,
) -> Result<(), Failure> {
    if test_mode {
        return Ok(());
    }
    let endpoint = generate::endpoint();
    let answer = connection.transport.send(pricing::request(&connection.account, &endpoint), None).await;
    let listed = answer.ok().and_then(|answer| pricing::parse(answer, &endpoint).ok()).flatten();
    let price = price::pictures(request.count(), request.image_size(), listed);
    let cost = words::price::pictures(Language::English, &price);
    context.output.document(&json!({ "cost": cost }))?;
    context.output.note(format_args!("{}.", shown(&cost)));
    let question = if price.count == 1 { "Buy it?" } else { "Buy them?" };
    context.output.confirm(question, args.yes)
}

/// Makes the avatar of a model that was trained elsewhere; returns the model's file too if it is not copied yet. The
/// same model is the same avatar.
fn imported<'a>(
    args: &'a Generate,
    context: &Context,
    shell: &Shell,
) -> Result<(Avatar, Option<&'a Path>), Failure> {
    let (Some(lora), Some(trigger)) = (&args.lora, &args.trigger) else {
        return Err(Failure::new(Exit::Usage, "usage.lora", "--lora and --trigger belong together"));
    };
    context.settings.account()?;
    let trigger = TriggerPhrase::new(trigger)
        .map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))?;
    let test_mode = context.settings.test_mode.value;
    let nil = AvatarId::new(uuid::Uuid::nil());
    let origin = shell.connection(nil)?.account.origins().origin();
    let url = Url::parse(lora).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let sum = match &url {
        Some(url) => Sha256Sum::of(url.as_str().as_bytes()),
        None => sum_of_file(Path::new(lora))?,
    };
    let text = format!("{sum} {trigger} {test_mode} {origin}");
    let id = AvatarId::new(uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, text.as_bytes()));
    let known = shell.store.load(id).map_err(failure::storage)?;
    if let Some(avatar) = known.filter(|avatar| avatar.person().is_some()) {
        return Ok((avatar, None));
    }
    let path = Path::new(lora);
    let file = if url.is_none() { Some((MODEL.to_owned(), length_of_model(path)?)) } else { None };
    let new = file.is_some().then_some(path);
    let name = Name::new(trigger.as_str()).map_err(|error| {
        Failure::new(Exit::Usage, "usage.trigger", "this is not a trigger word").why(error.to_string())
    })?;
    let user = Name::new("local")
        .map_err(|error| Failure::new(Exit::Internal, "internal.user", error.to_string()))?;
    let person = Person { user, name, gender: None };
    let moment = moment(likeness_core::limits::POLL_INTERVAL)?;
    let avatar = Avatar::new(id, person, test_mode, origin, &moment);
    Ok((avatar.with_model(Imported { file, url, trigger }), new))
}

/// The name of a model's file among its avatar's.
const MODEL: &str = "model.safetensors";

/// Reads a model's length in bytes. A file that is not a whole model is not taken in, and never sent.
fn length_of_model(path: &Path) -> Result<u64, Failure> {
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        let mut start = [0; 8];
        if length < 8 {
            return Ok(None);
        }
        file.read_exact(&mut start)?;
        let Some(size) = lora::header_length(start) else { return Ok(None) };
        let mut header = Vec::new();
        file.take(size).read_to_end(&mut header)?;
        let whole = lora::tensor_bytes(&header).and_then(|tensors| tensors.checked_add(8 + size));
        Ok((header.len() as u64 == size && whole == Some(length)).then_some(length))
    });
    if let Some(length) = read.map_err(|error| unreadable(path, &error))? {
        return Ok(length);
    }
    let sentence = format!("{} is not a whole model", shown(&path.display().to_string()));
    Err(Failure::new(Exit::Usage, "usage.lora", sentence)
        .why(
            "a model is a safetensors file, such as a training makes; this is another file, or a part of one",
        )
        .next("name the .safetensors file with --lora, or copy it again"))
}

/// Makes the failure of a file that cannot be read. A path that leads to nothing may be mistyped: "put it back" would
/// be no help.
fn unreadable(path: &Path, error: &io::Error) -> Failure {
    if error.kind() != io::ErrorKind::NotFound {
        return failure::storage(storage_error(path, error));
    }
    let sentence = format!("{}: the file is not there", shown(&path.display().to_string()));
    Failure::new(Exit::Usage, "usage.lora", sentence)
        .next("name the .safetensors file, or its URL, with --lora")
}

fn sum_of_file(path: &Path) -> Result<Sha256Sum, Failure> {
    let mut hasher = Sha256::new();
    let read = File::open(path).and_then(|mut file| {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                read => hasher.update(buffer.get(..read).unwrap_or_default()),
            }
        }
    });
    read.map_err(|error| unreadable(path, &error))?;
    Ok(Sha256Sum::from_bytes(hasher.finalize().into()))
}

/// Copies the file, so that the model is still there when fal's copy has expired.
fn take_in(path: &Path, folder: &Path) -> Result<(), Failure> {
    private_folder(folder).map_err(failure::storage)?;
    let target = folder.join(MODEL);
    let mut part = locked_part_of(&target).map_err(failure::storage)?;
    let copied = File::open(path).and_then(|mut source| io::copy(&mut source, &mut part));
    let copied = copied.and_then(|_| put(part, &target));
    copied.map_err(|error| failure::storage(storage_error(path, &error)))
}
