//! `likeness erase`: forgets a person.

mod question;

use std::{fs, io::ErrorKind, time::Duration};

use crate::{
    args::Erase,
    clock,
    context::Context,
    disk::storage_error,
    driver::{
        drive,
        payloads::{self, Deleted},
        shell::Shell,
    },
    failure::{self, Exit, Failure},
    files::store::Lock,
    jobs::{self, For},
    output::log::of_job,
    printable::shown,
    transport::objects::{Objects, patiently},
};
use likeness_core::{
    avatar::{Avatar, AvatarId, Command, Event, FolderPart, Goal, JobId},
    error::StorageErrorKind,
    fal::{Account, RequestId},
    limits::TRANSFER_TIMEOUT,
    storage::BucketFolder,
};
use serde_json::json;

pub(crate) async fn run(args: Erase, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open_to_erase(context)?;
    let (avatar, attempt) = jobs::find(&shell.store, &args.job, For::Erasing)?;
    let (id, output) = (avatar.id(), &context.output);
    let name = avatar.person().map_or("(erased)", |person| person.name.as_str());
    let all = shell.store.load_all().map_err(failure::storage)?;
    let question = question::question(&avatar, &jobs::short_id(id, &all));
    output.confirm(&question, args.yes)?;
    // This comes before anything is forgotten: without its settings the files in a bucket could not be erased.
    let objects = reachable(&shell, &avatar)?;
    if let Some(objects) = &objects {
        // The name still finds the job now: a bucket that refuses would refuse when the name is gone.
        for bucket_folder in
            avatar.bucket_folders().iter().filter(|bucket_folder| bucket_folder.is_in(objects.bucket()))
        {
            match patiently(async || objects.list(bucket_folder.prefix()).await, |error| Some(error)).await {
                Err(error) if error.kind != StorageErrorKind::NoBucket => {
                    return Err(failure::storage(error));
                }
                _ => {}
            }
        }
    }
    let remains = avatar.remains(clock::now());
    let mut requests: Vec<_> = avatar.request_ids().cloned().collect();
    let test_mode = avatar.test_mode();
    let avatar = shell.ask(id, Command::Erase)?;
    remove_files(&shell, id)?;
    let stopped = if avatar.ended() {
        Ok(avatar)
    } else {
        let job = JobId { avatar: id, attempt }.to_string();
        let mut silent = |_: &Avatar| Ok(());
        of_job(job, drive::drive(&shell, &context.interrupt, id, Goal::AllEnded, &mut silent)).await
    };
    // A process that was at work on the avatar may still write: it sees that the avatar is erased, and ends.
    let _lock = alone(&shell, context, id).await?;
    shell.tell(id, Event::Restarted)?;
    remove_files(&shell, id)?;
    let emptied_here = shell.store.forget(id);
    // An unclear order may have become a request meanwhile.
    let named = stopped.as_ref().ok().map(|avatar| avatar.request_ids().cloned().collect::<Vec<_>>());
    requests.extend(named.unwrap_or_default());
    requests.sort();
    requests.dedup();
    let deleted = delete_payloads(context, &shell, stopped.as_ref().ok(), &requests).await;
    let emptied = empty_depots(&shell, objects.as_ref(), id).await;
    output.document(&json!({
        "erased": id, "stopped": stopped.is_ok(), "remains_at_fal": remains, "payloads_deleted": deleted,
        "objects_deleted": emptied.as_ref().ok(), "nothing_left_here": emptied_here.is_ok(),
    }))?;
    let again = |failure: Failure| failure.next(format!("run `likeness erase {id}` again"));
    let left = match &emptied_here {
        Ok(()) => "Nothing of it is left in the data folder.",
        Err(_) => "Its files are gone; older states of it may still stand in the database.",
    };
    output.line(format_args!(
        "Erased: {}. {left} Models and pictures that you saved elsewhere stay.",
        shown(name)
    ))?;
    if objects.is_some() && emptied.is_ok() {
        output.line("  Nothing of it is left in the bucket; your own objects stay.")?;
    }
    for remains in &remains {
        output.line(format_args!("  fal.ai keeps the {} until {}.", remains.what, remains.until))?;
    }
    if !deleted && !requests.is_empty() && !test_mode {
        output.line(
            "  fal.ai keeps what was asked of it for 30 days; with FAL_ADMIN_KEY set, erase has it deleted.",
        )?;
    }
    emptied_here.map_err(|error| {
        let why =
            "what was deleted could not be emptied out of the database's files, which another program reads";
        again(failure::storage(error).why(why))
    })?;
    emptied.map_err(again)?;
    match stopped {
        Ok(_) => Ok(()),
        Err(failure) if failure.exit() == Exit::Interrupted => Err(failure),
        Err(failure) => {
            Err(again(failure.why("an order that was still open at fal.ai could not be stopped yet")))
        }
    }
}

fn remove_files(shell: &Shell, id: AvatarId) -> Result<(), Failure> {
    let folder = shell.folder(id);
    match fs::remove_dir_all(&folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failure::storage(storage_error(&folder, &error))),
    }
}

/// Waits until no other process is at work on the avatar. A transfer that is under way may take its time.
async fn alone(shell: &Shell, context: &Context, id: AvatarId) -> Result<Lock, Failure> {
    let until = clock::now().plus(TRANSFER_TIMEOUT * 2);
    loop {
        if let Some(lock) = shell.store.lock(id).map_err(failure::storage)? {
            return Ok(lock);
        }
        if clock::now() > until {
            return Err(Failure::new(
                Exit::Storage,
                "storage.busy",
                "another process is still at work on this job",
            )
            .next(format!("end it, and run `likeness erase {id}` again")));
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
            failure = context.interrupt.wait() => return Err(failure),
        }
    }
}

/// Opens the bucket of the settings, where files of the avatar lie in one. At least some of them must be within reach.
fn reachable(shell: &Shell, avatar: &Avatar) -> Result<Option<Objects>, Failure> {
    let Some(first) = avatar.bucket_folders().first() else { return Ok(None) };
    let objects = shell.objects()?;
    if avatar.bucket_folders().iter().any(|bucket_folder| bucket_folder.is_in(objects.bucket())) {
        return Ok(Some(objects));
    }
    Err(elsewhere(first))
}

fn elsewhere(bucket_folder: &BucketFolder) -> Failure {
    Failure::new(
        Exit::Usage,
        "settings.other_bucket",
        "files of it lie in another bucket than the settings say",
    )
    .why(format!("they lie in {}", bucket_folder.address()))
    .next("set MINIO_ENDPOINT and MINIO_BUCKET as they were then")
}

/// Deletes every file of ours in the bucket, and returns the number of objects. A bucket that cannot be reached is
/// named.
async fn empty_depots(shell: &Shell, objects: Option<&Objects>, id: AvatarId) -> Result<usize, Failure> {
    let Some(objects) = objects else { return Ok(0) };
    let mut deleted = 0;
    for bucket_folder in
        shell.load(id)?.bucket_folders().iter().filter(|bucket_folder| bucket_folder.is_in(objects.bucket()))
    {
        let cleared = patiently(
            async || objects.clear(bucket_folder, FolderPart::Everything).await,
            |error| Some(error),
        )
        .await;
        deleted += cleared.map_err(failure::storage)?;
        shell.tell(
            id,
            Event::Cleared { bucket_folder: bucket_folder.clone(), what: FolderPart::Everything },
        )?;
    }
    match shell.load(id)?.bucket_folders().first() {
        Some(bucket_folder) => Err(elsewhere(bucket_folder)),
        None => Ok(deleted),
    }
}

/// Has fal delete the files that were sent and made, where an admin key allows it.
async fn delete_payloads(
    context: &Context,
    shell: &Shell,
    avatar: Option<&Avatar>,
    requests: &[RequestId],
) -> bool {
    let (Some(key), Some(avatar)) = (context.settings.fal_admin_key.clone(), avatar) else {
        return false;
    };
    let Ok(link) = shell.connection_of(avatar) else { return false };
    let Ok(admin) = Account::new(key, link.account.origins().clone()) else { return false };
    !requests.is_empty() && payloads::delete(&link.transport, &admin, requests).await == Deleted::All
}
