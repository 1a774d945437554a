//! The question before a job is erased. Paid results come first: they cannot be had again.

use likeness_core::{
    avatar::{Avatar, OrderView, Stage},
    time::Timestamp,
};

use crate::{
    clock,
    printable::shown,
    words::{age, day},
};

/// Asks whether this job is to go, and names all that goes with it.
pub(super) fn question(avatar: &Avatar, short_id: &str) -> String {
    let name = avatar.person().map_or("(erased)", |person| person.name.as_str());
    let mut parts: Vec<String> = models(avatar);
    parts.extend(orders(avatar));
    parts.extend(pictures(avatar));
    let photos = avatar.photos().photos().len();
    if photos > 0 {
        parts.push(format!("what was prepared of {}", counted(photos, "photo")));
    }
    let what = if parts.is_empty() { "what is left of it".to_owned() } else { parts.join(", ") };
    format!("Erase {} (job {short_id}): {what}? Your own photos and copies stay.", shown(name))
}

fn models(avatar: &Avatar) -> Vec<String> {
    let mut models: Vec<String> = avatar
        .trainings()
        .iter()
        .filter_map(|training| match training.order.stage() {
            Stage::Done { at, .. } if avatar.test_mode() => {
                Some(format!("the model that the simulator made {}", when(*at)))
            }
            Stage::Done { at, .. } => Some(format!("the trained model, paid for {}", when(*at))),
            _ => None,
        })
        .collect();
    if models.is_empty() && avatar.trainings().is_empty() && avatar.trigger().is_some() {
        models.push("the copy of the model that you gave".to_owned());
    }
    models
}

/// Lists the orders that may still become a paid result.
fn orders(avatar: &Avatar) -> Vec<String> {
    let open = avatar.orders().filter(|order| !order.ended()).map(|order| {
        let what = match order {
            OrderView::Training(_) => "the training",
            OrderView::Pictures(_) => "the pictures",
        };
        if order.may_be_bought() {
            format!("{what} under way, which may be paid for all the same")
        } else {
            format!("{what} under way")
        }
    });
    open.collect()
}

fn pictures(avatar: &Avatar) -> Option<String> {
    let made = avatar.pictures().iter().map(|pictures| match pictures.order.stage() {
        Stage::Done { kept, .. } => kept.len(),
        _ => 0,
    });
    let made: usize = made.sum();
    (made > 0).then(|| counted(made, "picture"))
}

fn when(at: Timestamp) -> String {
    format!("{} ({})", age(at, clock::now()), day(at))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
