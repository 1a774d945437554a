//! `likeness train`: from photos to a trained model.

mod found;
mod photos;
mod place;
mod question;

use likeness_core::{
    avatar::{
        self, Avatar, AvatarId, Goal, Identity, JobId, Name, Opened, OrderKey, OtherTraining, Person,
        TrainingConfig, TrainingJob, TrainingRequest, TrainingSettings,
    },
    storage::BucketFolder,
};

pub(super) use self::place::changed_meanwhile;
use self::{
    found::Job,
    photos::Named,
    place::{Order, is_new},
    question::{Answer, Question},
};
use super::status;
use crate::{
    args::Train,
    context::Context,
    driver::{drive, ending, shell::Shell, sweep},
    failure::{self, Exit, Failure},
    jobs::{self, For},
    moment::moment,
    output::{log::of_job, narrate::Narrator},
    printable::printable,
    serve::webhooks,
    words::counted,
};

pub(crate) async fn run(args: Train, context: &Context) -> Result<(), Failure> {
    let shell = Shell::open(context)?;
    // Checked before any photo is read: without a key, or --test, nothing can be bought.
    context.settings.account()?;
    let (config, person, given) = (config(&args, context)?, person(&args)?, given(&args)?);
    let objects = if args.keys.is_empty() { None } else { Some(shell.objects()?) };
    jobs::lost::none_is_lost(&shell.store, &person, &context.output)?;
    sweep::in_bucket(&shell).await;
    let mut named = match &objects {
        Some(objects) => Named::in_bucket(&args.keys, objects, context).await?,
        None => Named::on_disk(&args.photos, args.recursive, context)?,
    };
    let origin = shell
        .connection(given.unwrap_or_else(|| AvatarId::new(uuid::Uuid::nil())))?
        .account
        .origins()
        .origin();
    let wanted = Identity {
        user: &person.user,
        name: &person.name,
        test_mode: context.settings.test_mode.value,
        origin: &origin,
        config: &config,
    };
    let job = Job::find(&shell, &wanted, &mut named, given, context).await?;
    let link = shell.connection(job.id)?;
    let order = Order {
        request: TrainingRequest {
            identity: job.identity,
            person: person.clone(),
            config: config.clone(),
            photos: Some(named.set().clone()),
            bucket_folder: objects
                .as_ref()
                .map(|objects| BucketFolder::new(objects.bucket(), &person.user, job.id)),
            again: args.again,
        },
        job,
        wanted: &wanted,
        moment: moment(link.poll)?,
    };
    let known = shell.store.load(job.id).map_err(failure::storage)?;
    let would = order.would_open(known.clone());
    check_way(&shell, known.as_ref(), would, wanted.test_mode)?;
    let avatars = every_avatar(&shell, &args)?;
    let others = OtherTraining::among(&avatars, &wanted, job.id);
    let mut named_before = Vec::new();
    if is_new(would) {
        if let Some(before) = known.as_ref().and_then(|avatar| avatar.trainings().last()) {
            let (name, number) = (printable(person.name.as_str()), before.attempt + 1);
            context.output.note(format_args!(
                "These photos of {name} were asked for before: this would be attempt {number} of that job."
            ));
        }
        named.warn_of_unmatched();
        named.judge(config.photos(), &shell, context).await?;
        // A person is not asked for money for photos that do not make a set.
        named.are_a_set(config.photos())?;
        named_before = named.announce(context);
    } else if let Some(avatar) = known.as_ref().filter(|_| is_unordered(known.as_ref(), would)) {
        let left_out = avatar.photos().left_out();
        let good = counted(left_out.iter().filter(|why| why.is_none()).count(), "photo", "photos");
        let all = left_out.len();
        context
            .output
            .note(format_args!("Nothing was ordered yet for this job: it carries on with {good} of {all}."));
    }
    if is_new(would) || is_unordered(known.as_ref(), would) {
        let cost = question::cost(context, &link, &config).await;
        let cost = cost.map_err(|failure| failure.why("nothing was ordered"))?;
        let (args, shell, wanted, named) = (&args, &shell, &wanted, &named);
        let question = Question { args, context, shell, wanted, named, avatars: &avatars, others: &others };
        if let Answer::Show(id, attempt) = question.ask(cost.as_deref())? {
            return status::show(context, shell, &shell.load(id)?, attempt);
        }
    }
    // Before the job exists: an address that is taken must not leave a job behind.
    let _webhooks = match args.listen_webhook {
        Some(address) => Some(webhooks::listen(shell.clone(), link.clone(), address).await?),
        None => None,
    };
    let told_of: Vec<_> = others.iter().map(|other| other.avatar.id()).collect();
    let (avatar, opened) =
        order.place(&shell, would, &mut named, &told_of, known.as_ref().map_or(0, attempts))?;
    let attempt = jobs::last_attempt(&avatar);
    if opened == Opened::Resumed && args.again {
        context.output.note("This job is not over yet: it carries on. --again buys after its end only.");
    }
    let id = avatar.id();
    let followed = follow(&args, context, &shell, (id, attempt), named_before);
    let followed = of_job(JobId { avatar: id, attempt }.to_string(), followed).await;
    followed.map_err(|failure| interrupted(failure, &shell, id))
}

/// Loads every avatar on record. One that cannot be read may be a training of this person, so nothing is bought beside
/// it unless the person says which it is, or to buy all the same.
fn every_avatar(shell: &Shell, args: &Train) -> Result<Vec<Avatar>, Failure> {
    let (avatars, mut unreadable) = shell.store.load_readable().map_err(failure::storage)?;
    match unreadable.pop() {
        Some(row) if !args.again && args.avatar_id.is_none() => {
            let sentence =
                format!("job {} cannot be read, and may be a training of this person", printable(&row.id));
            Err(Failure::new(Exit::Storage, row.error.kind.code(), sentence)
                .why(row.error.to_string())
                .next("`likeness doctor` looks into it")
                .next("or add --again to buy this one all the same"))
        }
        _ => Ok(avatars),
    }
}

fn attempts(avatar: &Avatar) -> u32 {
    avatar.trainings().last().map_or(0, |training| training.attempt)
}

/// Tells whether the training is under way and was not ordered yet, so that carrying it on is a purchase.
fn is_unordered(known: Option<&Avatar>, would: Opened) -> bool {
    let unordered = |training: &TrainingJob| training.order.is_unplaced();
    would == Opened::Resumed && known.and_then(|avatar| avatar.trainings().last()).is_some_and(unordered)
}

/// Says, where the command was interrupted, whether anything was ordered.
fn interrupted(failure: Failure, shell: &Shell, id: AvatarId) -> Failure {
    let known = shell.store.load(id).ok().flatten().filter(|_| failure.exit() == Exit::Interrupted);
    let Some(avatar) = known else { return failure };
    let order = avatar.trainings().last().map(|training| &training.order);
    let (sentence, ends) = match order {
        Some(order) if order.is_unplaced() => ("interrupted: nothing was ordered yet", "drops it"),
        // The built-in simulator ends with this process.
        Some(order) if order.may_be_bought() && !order.is_done() && !avatar.test_mode() => {
            ("interrupted: what was ordered goes on at fal.ai", "asks fal.ai to stop")
        }
        _ => return failure,
    };
    let job = jobs::called(&shell.store, &avatar, jobs::last_attempt(&avatar), For::Good);
    Failure::new(Exit::Interrupted, "interrupted", sentence)
        .next(format!("the same command carries on, `likeness cancel {job}` {ends}"))
}

async fn follow(
    args: &Train,
    context: &Context,
    shell: &Shell,
    (id, attempt): (AvatarId, u32),
    named_before: Vec<String>,
) -> Result<(), Failure> {
    let goal = match (args.detach, args.listen_webhook) {
        (true, _) => Goal::Accepted(attempt),
        // fal's own report settles an unclear purchase: it is worth waiting for.
        (false, Some(_)) => Goal::Reported(attempt),
        (false, None) => Goal::Trained(attempt),
    };
    let avatar = {
        let mut narrator =
            Narrator::new(&context.output, shell.folder(id), shell.transfers.clone()).after(named_before);
        let watcher = &mut |avatar: &Avatar| narrator.training(avatar, attempt);
        drive::drive(shell, &context.interrupt, id, goal, watcher).await?
    };
    sweep::after(shell, &avatar).await;
    // Loaded anew: a copy of the model may have been made.
    let avatar = shell.load(avatar.id())?;
    status::show_with_ending(context, shell, &avatar, attempt)?;
    if args.detach && !avatar.ended() {
        let called = jobs::called(&shell.store, &avatar, attempt, For::Seeing);
        context.output.line(format_args!(
            "It goes on without this command. Follow it: likeness status {called} --watch"
        ))?;
    }
    Ok(())
}

fn config(args: &Train, context: &Context) -> Result<TrainingConfig, Failure> {
    if args.webhook_url.is_none() && args.listen_webhook.is_some_and(|address| address.port() == 0) {
        return Err(Failure::new(Exit::Usage, "usage.listen", "fal.ai cannot be told to come to port 0")
            .next("name a port with --listen-webhook, or say with --webhook-url how fal.ai gets here"));
    }
    let photos = context.settings.photos(args.min_photos, args.max_photos)?;
    let webhook = args.webhook_url.as_ref().or(context.settings.fal_webhook_url.as_ref());
    let nearby = args.listen_webhook.map(|address| format!("http://{address}/"));
    let settings = TrainingSettings {
        webhook_url: webhook.map(ToString::to_string).or(nearby),
        min_photos: Some(photos.min_photos),
        max_photos: Some(photos.max_photos),
        ..context.settings.defaults.tuned(&args.tuning)
    };
    settings.check().map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))
}

fn given(args: &Train) -> Result<Option<AvatarId>, Failure> {
    args.avatar_id.as_deref().map(str::parse).transpose().map_err(|error: avatar::NameError| {
        Failure::new(Exit::Usage, "usage.avatar_id", error.to_string())
            .next("give a UUID, or leave --avatar-id out: one is made from the photos and the settings")
    })
}

fn person(args: &Train) -> Result<Person, Failure> {
    let name = |text: &str| {
        Name::new(text).map_err(|error| {
            Failure::new(Exit::Usage, "usage.name", format!("`{}` cannot be a name", printable(text)))
                .why(error.to_string())
        })
    };
    Ok(Person { user: name(&args.user_id)?, name: name(&args.name)?, gender: args.gender })
}

/// Refuses to buy twice, or to buy beside an order that is not over.
fn check_way(shell: &Shell, known: Option<&Avatar>, would: Opened, test_mode: bool) -> Result<(), Failure> {
    let Some(avatar) = known else { return Ok(()) };
    if avatar.is_hosted() {
        return Err(Failure::new(Exit::Usage, "job.hosted", "this avatar lives behind the API")
            .why("what is bought for it counts there, in its user's budget")
            .next("ask for the training through the API, or use another --avatar-id"));
    }
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
    shell.connection_of(avatar)?;
    let over = avatar.trainings().last().is_some_and(|training| training.order.ended());
    if would == Opened::Busy && over {
        return Err(Failure::new(
            Exit::NotConfirmed,
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
    ending::of_order(shell, avatar, OrderKey::Training(training.attempt))
}
