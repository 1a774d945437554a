//! Questions to a budget, and the rows that each takes.

use super::{
    AvatarId, Payer, PurchaseId, Sums, TokenDigest, TokenId,
    invite::Guest,
    rows::{DUE, INVITES, Name, Rows, SERVERS, Want},
    spend::SWEPT,
};
use crate::{limits::MOST_INVITED, time::Timestamp};

/// A question to a budget, or an event that it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Nothing that depends on a token or a purchase.
    Sums,
    /// The owner of a token.
    Who(TokenDigest),
    /// All server tokens, as their list shows them and as a new one takes its place among them.
    Servers,
    /// All invites, as their list shows them and as a new one takes its place among them.
    Invites,
    /// One server token.
    Server(TokenId),
    /// One invite.
    Invite(TokenId),
    /// An invite, shown for an avatar.
    Redeem(TokenDigest, AvatarId),
    /// The news that an avatar has nothing of an invite.
    TurnAway(TokenId, AvatarId),
    /// A purchase that is about to be made.
    Reserve(PurchaseId, Payer),
    /// The news that a purchase was made, or was not.
    Spent(PurchaseId),
    /// The news that an avatar was erased.
    Forget(AvatarId),
}

impl Question {
    /// Returns the rows that the answer depends on, as far as the rows seen so far tell. Once all of them were asked
    /// for, the answer can be given.
    pub(crate) fn wants(&self, seen: &Rows, now: Timestamp) -> Vec<Want> {
        let mut wants = Wants { seen, wants: vec![Want::row(&Name::Sums)] };
        match self {
            Self::Sums => {}
            Self::Who(digest) => drop(wants.token(digest)),
            Self::Servers => wants.add(Want::under(&SERVERS)),
            Self::Invites => wants.add(Want::under(&INVITES)),
            Self::Server(id) => wants.row(&Name::Server(id)),
            Self::Invite(id) => wants.row(&Name::Invite(id)),
            Self::Redeem(digest, avatar) => {
                let is_known = wants.token(digest);
                let sums: Option<Sums> = seen.value(&Name::Sums).ok().flatten();
                if is_known && sums.is_some_and(|sums| sums.invited >= MOST_INVITED) {
                    wants.add(Want::under(&INVITES));
                }
                if is_known {
                    wants.row(&Name::Avatar(*avatar));
                }
            }
            Self::TurnAway(id, avatar) => {
                wants.row(&Name::Invite(id));
                wants.row(&Name::Avatar(*avatar));
            }
            Self::Reserve(id, payer) => {
                wants.purchase(*id);
                if *payer == Payer::Avatar {
                    wants.guest(id.avatar);
                }
                wants.add(Want::until(DUE, now, SWEPT));
                for due in seen.due().filter(|due| due != id) {
                    wants.purchase(due);
                }
            }
            Self::Spent(id) => {
                wants.purchase(*id);
                if seen.reservation(*id).is_some_and(|known| known.invite.is_some()) {
                    wants.row(&Name::Avatar(id.avatar));
                }
            }
            Self::Forget(avatar) => {
                wants.guest(*avatar);
                wants.add(Want::under(&format_args!("purchase/{avatar}/")));
            }
        }
        wants.wants
    }
}

struct Wants<'a> {
    seen: &'a Rows,
    wants: Vec<Want>,
}

impl Wants<'_> {
    fn add(&mut self, want: Want) {
        self.wants.push(want);
    }

    fn row(&mut self, name: &Name<'_>) {
        self.add(Want::row(name));
    }

    /// Asks for the token of this hash; tells whether there is one.
    fn token(&mut self, digest: &TokenDigest) -> bool {
        let name = Name::Hash(digest);
        self.row(&name);
        let token = self.seen.0.get(&name.to_string());
        self.wants.extend(token.map(Want::row));
        token.is_some()
    }

    /// Asks for a purchase, with the invite that pays for it.
    fn purchase(&mut self, id: PurchaseId) {
        self.row(&Name::Purchase(id));
        if let Some(paid_by) = self.seen.reservation(id).and_then(|known| known.invite) {
            self.row(&Name::Invite(&paid_by.id));
        }
    }

    /// Asks for an avatar, with the invites that it redeemed.
    fn guest(&mut self, id: AvatarId) {
        self.row(&Name::Avatar(id));
        let guest: Option<Guest> = self.seen.value(&Name::Avatar(id)).ok().flatten();
        for invite in guest.iter().flatten() {
            self.row(&Name::Invite(invite.0));
        }
    }
}
