//! The question before anything is bought: the cost, the photos, and this person's earlier purchases.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use likeness_core::{
    avatar::{Avatar, AvatarId, Identity, JobId, OtherTraining, TrainingConfig, training_time},
    fal::pricing::Price,
    price,
    words::{self, Audience, Language},
};
use serde_json::{Value, json};

use super::photos::Named;
use crate::{
    args::{OnExisting, Train},
    clock,
    commands::probe::{ProbeError, probe},
    context::Context,
    driver::shell::{Connection, Shell},
    failure::{Exit, Failure},
    jobs,
    printable::printable,
    words::{age, counted, stage},
};

/// The answer.
pub(super) enum Answer {
    /// Yes, go on.
    Yes,
    /// No, show the other training instead.
    Show(AvatarId, u32),
}

/// The subject of the question.
pub(super) struct Question<'a> {
    pub(super) args: &'a Train,
    pub(super) context: &'a Context,
    pub(super) shell: &'a Shell,
    pub(super) wanted: &'a Identity<'a>,
    pub(super) named: &'a Named,
    /// Every avatar on record.
    pub(super) avatars: &'a [Avatar],
    pub(super) others: &'a [OtherTraining<'a>],
}

const BUY: (&str, &str) = ("Buy it?", "--yes");
const BUY_AS_WELL: (&str, &str) = ("Buy this one as well?", "--again");

impl Question<'_> {
    /// Says the cost and asks, before anything is bought. The price was asked for before: an obstacle to that call is
    /// one to an order as well.
    pub(super) fn ask(&self, cost: Option<&str>) -> Result<Answer, Failure> {
        let output = &self.context.output;
        let others: Vec<_> = self.others.iter().map(|other| self.document(other)).collect();
        if let Some(cost) = cost {
            output.document(
                &json!({ "cost": cost, "photos": self.named.summary(), "other_trainings": others }),
            )?;
            let steps = self.wanted.config.steps();
            let time = words::price::time(Language::English, training_time(steps));
            let steps = counted(usize::try_from(steps).unwrap_or(usize::MAX), "step", "steps");
            output.note(format_args!("A training of {steps} at fal.ai, {time}: {cost}."));
        } else {
            output.note(
                "Test mode: the built-in simulator trains, nothing leaves this machine, nothing is bought.",
            );
        }
        let Some(other) = self.others.first() else { return self.confirm(cost, BUY, self.args.yes) };
        let sentence = self.sentence(other);
        let again = self.args.again || self.args.on_existing == Some(OnExisting::Again);
        match self.args.on_existing {
            _ if again => {}
            Some(OnExisting::Show) => return Ok(Answer::Show(other.avatar.id(), other.training.attempt)),
            Some(OnExisting::Fail) => return Err(self.refusal(other, &sentence)),
            // In test mode nothing is bought: the simulator may train as often as it is asked to.
            _ if cost.is_none() => {}
            _ if other.is_unclear() && self.args.yes => return Err(self.unclear(other, &sentence)),
            _ if !can_be_asked(self.context) => {
                let unclear = other.is_unclear();
                return Err(if unclear {
                    self.unclear(other, &sentence)
                } else {
                    self.refusal(other, &sentence)
                });
            }
            // A yes to a price is not a yes to paying a second time for what may be the same.
            _ => {
                output.note(printable(&sentence));
                return self.confirm(cost, BUY_AS_WELL, false);
            }
        }
        output.note(printable(&sentence));
        self.confirm(cost, BUY_AS_WELL, self.args.yes)
    }

    /// Asks a question, together with the flag that means yes to it.
    fn confirm(
        &self,
        cost: Option<&str>,
        (question, flag): (&str, &str),
        yes: bool,
    ) -> Result<Answer, Failure> {
        if cost.is_some() {
            self.context.output.confirm_or(question, yes, flag)?;
        }
        Ok(Answer::Yes)
    }

    /// Describes the other training: its age, its photos, and the differences.
    fn sentence(&self, other: &OtherTraining<'_>) -> String {
        let now = clock::now();
        let status = other.avatar.status(other.training.attempt, now, Audience::Terminal);
        let stage = match status {
            _ if other.is_unclear() => "unclear whether it was bought".to_owned(),
            Some(status) => stage(&status, self.shell.store.is_attended(other.avatar.id())),
            None => "done".to_owned(),
        };
        let (there, here) = other.other_photos(self.named.set());
        let mut differ = Vec::new();
        if there > 0 {
            differ
                .push(format!("{} not in this set", counted(there, "of its photos is", "of its photos are")));
        }
        if here > 0 {
            differ.push(format!("{} new", counted(here, "of yours is", "of yours are")));
        }
        let settings = other.other_settings(self.wanted);
        differ.extend(settings.iter().map(|(name, there, here)| format!("{name} {here} instead of {there}")));
        if differ.is_empty() {
            differ.push("captions differ".to_owned());
        }
        let name = other.avatar.person().map_or("this person", |person| person.name.as_str());
        let more = match self.others.len() {
            0 | 1 => String::new(),
            more => format!(" (and {} more)", more - 1),
        };
        format!(
            "There is another training of {name} already: job {}, {}, {stage}, from {}; {}{more}.",
            self.short(other),
            age(other.training.order.ordered_at(), now),
            counted(other.photos(), "photo", "photos"),
            differ.join(", "),
        )
    }

    fn short(&self, other: &OtherTraining<'_>) -> String {
        jobs::short_id(other.avatar.id(), self.avatars)
    }

    fn refusal(&self, other: &OtherTraining<'_>, sentence: &str) -> Failure {
        let job = self.short(other);
        Failure::new(Exit::NotConfirmed, "job.other_training", plain(sentence))
            .why("its photos, captions or settings are different, so that this would be bought beside it")
            .next(format!("see it: likeness status {job}"))
            .next("or add --again to buy this one as well")
            .details(json!({ "other_training": self.document(other) }))
    }

    fn unclear(&self, other: &OtherTraining<'_>, sentence: &str) -> Failure {
        let job = self.short(other);
        Failure::new(Exit::Unclear, "job.other_unclear", plain(sentence))
            .why("its photos or settings are different, so it is not simply carried on")
            .next(format!("settle it: likeness status {job}, or likeness resolve {job} …"))
            .next("or add --again to buy this one all the same")
            .details(json!({ "other_training": self.document(other) }))
    }

    fn document(&self, other: &OtherTraining<'_>) -> Value {
        let status = other.avatar.status(other.training.attempt, clock::now(), Audience::Terminal);
        let (there, here) = other.other_photos(self.named.set());
        let settings = other.other_settings(self.wanted).into_iter();
        let settings: serde_json::Map<_, _> =
            settings.map(|(name, there, here)| (name, json!({ "there": there, "here": here }))).collect();
        json!({
            "job": JobId { avatar: other.avatar.id(), attempt: other.training.attempt },
            "stage": status.map(|status| status.stage),
            "created_at": other.training.order.ordered_at(),
            "photos": other.photos(), "photos_only_there": there, "photos_only_here": here,
            "settings": settings,
        })
    }
}

/// Asks fal for the price of a training, which shows as well whether connection and key can be used: an obstacle is an
/// error before the person is asked.
pub(super) async fn cost(
    context: &Context,
    connection: &Connection,
    config: &TrainingConfig,
) -> Result<Option<String>, Failure> {
    if context.settings.test_mode.value {
        return Ok(None);
    }
    let own_place = context.settings.fal_base_url.is_some();
    let listed = match patiently(connection, own_place).await {
        Ok(listed) => listed,
        Err(error) if error.stops_orders(own_place) => return Err(error.into()),
        Err(_) => None,
    };
    let price = price::training(config.steps(), context.settings.training_price.as_ref(), listed);
    Ok(Some(printable(&words::price::training(Language::English, &price)).into_owned()))
}

/// Asks again before an obstacle is believed: fal has been seen to deny a good key once, and any network has its
/// hiccups.
async fn patiently(connection: &Connection, own_place: bool) -> Result<Option<Price>, ProbeError> {
    for pause in PAUSES {
        match probe(&connection.account, &connection.transport).await.listed {
            Err(error) if error.stops_orders(own_place) => log::debug!("asked again in {pause:?}: {error:?}"),
            answered => return answered,
        }
        tokio::time::sleep(pause).await;
    }
    probe(&connection.account, &connection.transport).await.listed
}

const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

fn can_be_asked(context: &Context) -> bool {
    context.output.is_terminal() && io::stdin().is_terminal()
}

fn plain(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}
