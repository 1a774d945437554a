//! Which job a request means: the same command names the same job, on any machine and at any time.

use serde_json::json;
use uuid::Uuid;

use crate::avatar::{AvatarId, Name, Sha256Sum, TrainingConfig};

/// Everything that makes one training another. Its UUID (version 5, RFC 9562 section 5.5) is the avatar's id
/// unless the caller gave one, and tells for a given id whether the same training is meant.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// Whose avatar it is.
    pub user: &'a Name,
    /// The person's name.
    pub name: &'a Name,
    /// Whether nothing is bought.
    pub test_mode: bool,
    /// Where it is bought, such as `https://queue.fal.run`.
    pub origin: &'a str,
    /// How it is trained.
    pub config: &'a TrainingConfig,
    /// Each photo's own bytes and its caption, in order.
    pub photos: Vec<(Option<Sha256Sum>, Option<&'a str>)>,
}

impl Identity<'_> {
    /// The UUID.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let photos: Vec<_> = self.photos.iter().map(|(sum, caption)| json!([sum, caption])).collect();
        let everything =
            json!([self.user, self.name, self.test_mode, self.origin, self.config.seen_by_fal(), photos]);
        Uuid::new_v5(&NAMESPACE, everything.to_string().as_bytes())
    }

    /// The avatar's id when the caller gave none.
    #[must_use]
    pub fn avatar(&self) -> AvatarId {
        AvatarId::new(self.uuid())
    }
}

/// The namespace of these names: a fixed value of ours.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c69_6b65_6e65_5073_a002_7472_6169_6e73);

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::avatar::{Name, Quality, Sha256Sum, TrainingSettings};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn the_identity_is_stable_and_every_part_of_it_counts() {
        let (user, name) = (Name::new("local").expect("name"), Name::new("Анна").expect("name"));
        let fast = TrainingSettings::default().check().expect("config");
        let high = TrainingSettings { quality: Some(Quality::High), ..TrainingSettings::default() };
        let high = high.check().expect("config");
        let sum = |bytes| Some(Sha256Sum::of(bytes));
        let first = Identity {
            user: &user,
            name: &name,
            test_mode: false,
            origin: "https://queue.fal.run",
            config: &fast,
            photos: vec![(sum(b"one"), None), (sum(b"two"), Some("by the sea"))],
        };
        // Promised: a command that was interrupted before an upgrade must find its job after it.
        assert_eq!(first.uuid().to_string(), "592ea67b-2e0e-5cd6-876a-951a2ec6f023");
        let others = [
            Identity { user: &name, ..first.clone() },
            Identity { name: &user, ..first.clone() },
            Identity { test_mode: true, ..first.clone() },
            Identity { origin: "http://127.0.0.1:1", ..first.clone() },
            Identity { config: &high, ..first.clone() },
            Identity { photos: vec![(sum(b"one"), None), (sum(b"two"), None)], ..first.clone() },
            Identity {
                photos: vec![(sum(b"two"), Some("by the sea")), (sum(b"one"), None)],
                ..first.clone()
            },
        ];
        for other in others {
            assert_ne!(other.uuid(), first.uuid(), "{other:?}");
        }
    }
}
