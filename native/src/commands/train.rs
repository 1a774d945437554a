//! `likeness train`: from photos to a trained model.

mod photos;

use likeness_core::{
    avatar::{
        self, Avatar, AvatarId, Goal, Identity, Name, Opened, OrderKey, Person, Stage, TrainingConfig,
        TrainingRequest, TrainingSettings,
    },
    price,
    storage::Depot,
    words::{self, Language},
};
use serde_json::json;

use self::photos::Named;
use super::{Context, status};
use crate::{
    args::{Gender, Train},
    drive,
    exit::{Exit, Failure},
    failures,
    jobs::{self, For},
    log::of_job,
    narrate::Narrator,
    photos_in_bucket,
    printable::printable,
    probe::probe,
    shell::{Link, Shell, moment},
    sweep, webhooks,
};

pub(crate) async fn run(args: Train, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    // Before any photo is read: without a key, or --test, nothing will come of it.
    context.settings.account()?;
    if args.webhook_url.is_none() && args.listen_webhook.is_some_and(|address| address.port() == 0) {
        return Err(Failure::new(Exit::Usage, "usage.listen", "fal.ai cannot be told to come to port 0")
            .next("name a port with --listen-webhook, or say with --webhook-url how fal.ai gets here"));
    }
    let config = config(&args, context)?;
    let person = person(&args)?;
    let objects = if args.keys.is_empty() { None } else { Some(shell.objects()?) };
    jobs::lost::none_is_lost(&shell, &person, &context.output)?;
    sweep::in_bucket(&shell).await;
    let named = match &objects {
        Some(objects) => Named::in_bucket(photos_in_bucket::read(&args.keys, objects, context).await?),
        None => Named::on_disk(&args.photos, context)?,
    };
    let test_mode = context.settings.test_mode.value;
    let given = args.avatar_id.as_deref().map(str::parse::<AvatarId>).transpose().map_err(|error| {
        Failure::new(Exit::Usage, "usage.avatar_id", error.to_string())
            .next("give a UUID, or leave --avatar-id out: one is made from the photos and the settings")
    })?;
    let origin =
        shell.link(given.unwrap_or_else(|| AvatarId::new(uuid::Uuid::nil())))?.account.origins().origin();
    let identity =
        Identity { user: &person.user, name: &person.name, test_mode, origin: &origin, config: &config };
    let listed: Vec<_> =
        named.set.photos().iter().map(|photo| (photo.sha256, photo.caption.as_deref())).collect();
    let identity = identity.as_listed(&listed);
    let id = given.unwrap_or_else(|| AvatarId::new(identity));
    let link = shell.link(id)?;
    let moment = moment(link.poll)?;
    let depot = objects.as_ref().map(|objects| Depot::new(objects.bucket(), &person.user, id));
    let request = TrainingRequest {
        identity,
        person: person.clone(),
        config,
        photos: Some(named.set.clone()),
        depot,
        again: args.again,
    };
    let known = shell.store.load(id).map_err(failures::storage)?;
    let new = || Avatar::new(id, person.clone(), test_mode, origin.clone(), &moment);
    let would = known.clone().unwrap_or_else(new).would_open(&request);
    check_way(&shell, known.as_ref(), would, test_mode)?;
    if matches!(would, Opened::Began | Opened::Reopened) {
        named.warn_of_unmatched();
        // Nobody is asked for money for a set that cannot be one.
        let possible = named.set.could_be_a_set(request.config.photos());
        possible.map_err(|error| failures::of(&error.into()))?;
        named.announce(context);
        consent(&args, context, &shell, &link, &request, id, &named).await?;
    }
    // Before the job is there: an address that is taken must not leave one behind.
    let _webhooks = match args.listen_webhook {
        Some(address) => Some(webhooks::listen(shell.clone(), link.clone(), address).await?),
        None => None,
    };
    let again = args.again;
    let (avatar, opened) = shell
        .store
        .settle(id, |avatar| {
            let avatar = avatar.unwrap_or_else(new);
            // What was asked for is what is placed, unless another command has placed it meanwhile.
            let now = avatar.would_open(&request);
            if now != would && !matches!(now, Opened::Resumed | Opened::Ended) {
                return (None, None);
            }
            let (avatar, opened) = avatar.open_training(request, &moment);
            (Some(avatar.clone()), Some((avatar, opened)))
        })
        .map_err(failures::storage)?
        .ok_or_else(changed_meanwhile)?;
    let attempt = crate::jobs::last_attempt(&avatar);
    if opened == Opened::Resumed && again {
        context.output.note("This job is not over yet: it carries on. --again buys after its end only.");
    }
    let job = avatar::JobId { avatar: id, attempt };
    of_job(job.to_string(), follow(&args, context, &shell, id, attempt)).await
}

async fn follow(
    args: &Train,
    context: &Context,
    shell: &Shell,
    id: AvatarId,
    attempt: u32,
) -> Result<(), Failure> {
    let goal = match (args.detach, args.listen_webhook) {
        (true, _) => Goal::Accepted(attempt),
        // fal's own report settles what is unclear: it is worth waiting for.
        (false, Some(_)) => Goal::Reported(attempt),
        (false, None) => Goal::Trained(attempt),
    };
    let avatar = {
        let mut narrator = Narrator::new(&context.output, shell, id);
        let watcher = &mut |avatar: &Avatar| narrator.training(avatar, attempt);
        drive::drive(shell, &context.interrupt, id, goal, watcher).await?
    };
    sweep::after(shell, &avatar).await;
    // As it is now: a copy of the model may have been made.
    let avatar = shell.load(avatar.id())?;
    status::show_with_ending(context, shell, &avatar, attempt)?;
    if args.detach && !avatar.ended() {
        let called = jobs::called(shell, &avatar, attempt, For::Seeing);
        context.output.line(format_args!(
            "It goes on without this command. Follow it: likeness status {called} --watch"
        ))?;
    }
    Ok(())
}

fn config(args: &Train, context: &Context) -> Result<TrainingConfig, Failure> {
    let tuned = context.settings.defaults.tuned(&args.tuning);
    let photos = context.settings.photos(args.min_photos, args.max_photos)?;
    let webhook = args.webhook_url.as_ref().or(context.settings.fal_webhook_url.value.as_ref());
    let nearby = args.listen_webhook.map(|address| format!("http://{address}/"));
    let settings = TrainingSettings {
        quality: None,
        steps: Some(tuned.steps),
        learning_rate: Some(tuned.learning_rate),
        trigger_phrase: args.tuning.trigger.clone(),
        multiresolution_training: Some(tuned.multiresolution),
        subject_crop: Some(tuned.subject_crop),
        create_masks: Some(tuned.create_masks),
        webhook_url: webhook.map(ToString::to_string).or(nearby),
        min_photos: Some(photos.min_photos),
        max_photos: Some(photos.max_photos),
    };
    settings.check().map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))
}

fn person(args: &Train) -> Result<Person, Failure> {
    let name = |text: &str| {
        Name::new(text).map_err(|error| {
            Failure::new(Exit::Usage, "usage.name", format!("`{}` cannot be a name", printable(text)))
                .why(error.to_string())
        })
    };
    let gender = args.gender.map(|gender| match gender {
        Gender::Female => avatar::Gender::Female,
        Gender::Male => avatar::Gender::Male,
        Gender::Other => avatar::Gender::Other,
    });
    Ok(Person { user: name(&args.user_id)?, name: name(&args.name)?, gender })
}

/// Nothing is bought twice, and nothing is bought beside something that is not over.
fn check_way(shell: &Shell, known: Option<&Avatar>, would: Opened, test_mode: bool) -> Result<(), Failure> {
    let Some(avatar) = known else { return Ok(()) };
    // A job is only ever followed in the mode and at the place where it began.
    if avatar.test_mode() != test_mode {
        let (sentence, next) = if test_mode {
            ("this avatar was bought, and test mode is asked for", "leave --test out")
        } else {
            ("this avatar was made in test mode", "add --test")
        };
        return Err(Failure::new(Exit::Usage, "job.other_mode", sentence)
            .why("what is bought and what is simulated are never mixed in one avatar")
            .next(format!("{next}, or use another --avatar-id")));
    }
    shell.link_of(avatar)?;
    let over = avatar.trainings().last().is_some_and(|training| training.order.ended());
    if would == Opened::Busy && over {
        return Err(Failure::new(
            Exit::Usage,
            "job.other_training",
            "this avatar had another training before",
        )
        .why("its photos or its settings are different")
        .next("`--again` buys this one as its next attempt; or use another --avatar-id"));
    }
    if would == Opened::Busy {
        return Err(Failure::new(Exit::Usage, "job.busy", "another training of this avatar is not over")
            .why("its photos or its settings are different")
            .next("wait for it (likeness status --watch), cancel it, or use another --avatar-id"));
    }
    let Some(training) = avatar.trainings().last().filter(|_| would == Opened::Ended) else { return Ok(()) };
    match training.order.stage() {
        Stage::Done { .. } => Ok(()),
        _ => drive::ending(shell, avatar, OrderKey::Training(training.attempt), &training.order),
    }
}

/// Another process changed the job between the question and the order.
pub(super) fn changed_meanwhile() -> Failure {
    Failure::new(Exit::Usage, "job.changed", "the job changed while you were asked")
        .why("another command is at work on it")
        .next("run the same command again")
}

/// Says what it costs and asks, before anything is bought.
async fn consent(
    args: &Train,
    context: &Context,
    shell: &Shell,
    link: &Link,
    request: &TrainingRequest,
    id: AvatarId,
    named: &Named,
) -> Result<(), Failure> {
    if context.settings.test_mode.value {
        context.output.note(
            "Test mode: the built-in simulator trains, nothing leaves this machine, nothing is bought.",
        );
        return Ok(());
    }
    let cost = cost(context, link, &request.config).await;
    context.output.document(&json!({ "cost": cost, "photos": named.summary() }))?;
    context.output.note(format_args!("A training of {} steps at fal.ai: {cost}.", request.config.steps()));
    let user = &request.person;
    let unclear = shell.store.load_all().map_err(failures::storage)?.into_iter().find(|avatar| {
        let same = avatar.person().is_some_and(|one| one.user == user.user && one.name == user.name);
        // One whose process died with its order is found to be unclear when it is looked at next.
        let unclear = |training: &avatar::TrainingJob| {
            matches!(training.order.stage(), Stage::Submitting { .. } | Stage::Unclear { .. })
        };
        avatar.id() != id && same && avatar.trainings().iter().any(unclear)
    });
    if let Some(other) = unclear {
        let sentence =
            format!("another training of {} may have been bought: job {} is unclear", user.name, other.id());
        let called = jobs::called(shell, &other, jobs::last_attempt(&other), For::Good);
        if args.yes && !args.again {
            // `--yes` says yes to a price, not to paying a second time for what may be the same.
            return Err(Failure::new(Exit::Unclear, "job.other_unclear", sentence)
                .why("its photos or settings are different, so it is not simply carried on")
                .next(format!("settle it: likeness status {called}, or likeness resolve {called} …"))
                .next("or add --again to buy this one all the same"));
        }
        context.output.note(format_args!("But {}.", printable(&sentence)));
    }
    context.output.confirm("Buy it?", args.yes)
}

/// Says what a training costs. fal is only asked where the settings leave it open.
async fn cost(context: &Context, link: &Link, config: &TrainingConfig) -> String {
    let setting = context.settings.training_price.value.as_ref();
    let listed = match setting {
        Some(_) => None,
        None => probe(&link.account, &link.transport).await.listed.ok().flatten(),
    };
    let price = price::training(config.steps(), setting, listed);
    printable(&words::price::training(Language::English, &price)).into_owned()
}
