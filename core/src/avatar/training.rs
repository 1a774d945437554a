//! An attempt to train a model.

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::{
    AvatarId, OrderKey, PhotoSet, TokenHash, TrainingConfig,
    order::{Order, Plan},
    task::UploadSource,
};
use crate::{
    fal::{self, result::TrainedModel},
    storage::ObjectPlace,
};

/// An attempt to train a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingJob {
    /// Number of the attempt, counted from 1.
    pub attempt: u32,
    /// Identity of the training: see [`super::Identity`].
    pub identity: Uuid,
    /// Settings of the training.
    pub config: TrainingConfig,
    /// The order at fal.
    pub order: Order<TrainedModel>,
    /// Progress that was shown last, in percent, so that progress never goes backwards.
    pub(super) progress: u8,
    /// Destination of a copy of the model, when the photos come from a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy_to: Option<ObjectPlace>,
    /// Number of times that the prepared photos were gone when they were to be sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) prepared_again: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl TrainingJob {
    /// Calls `then` with the order's plan.
    pub(super) fn with_plan<T>(
        &self,
        avatar: AvatarId,
        photos: &PhotoSet,
        then: impl FnOnce(&Plan<'_>) -> T,
    ) -> T {
        then(&Plan {
            order: OrderKey::Training(self.attempt),
            endpoint: fal::trainers::portrait::endpoint(),
            input: &|archive| self.config.input(archive, avatar).to_json(),
            is_input: &|archive, listed| self.config.input(archive, avatar).is_input_of(listed),
            upload_source: &|| {
                let dataset = photos.dataset(self.config.photos()).ok()?;
                let length = dataset.archive().ok()?.length();
                Some((UploadSource::Archive(dataset), length))
            },
            webhook: &|token| self.config.webhook_url().map(|url| webhook(url, avatar, token)),
            file_name: &|_, _| model_file(self.attempt),
            copy: &|_| self.copy_to.clone(),
            steps: Some(self.config.steps()),
        })
    }
}

/// Names the file under which a model is kept.
pub(super) fn model_file(attempt: u32) -> String {
    match attempt {
        1 => "model.safetensors".to_owned(),
        attempt => format!("model-{attempt}.safetensors"),
    }
}

/// Reads from a call of our webhook's address which avatar and which order the call is about.
#[must_use]
pub fn addressee(url: &Url) -> Option<(AvatarId, TokenHash)> {
    // Our parameters stand last: the caller's own address may have parameters of these names.
    let value = |name: &str| url.query_pairs().filter(|(key, _)| key == name).last().map(|(_, value)| value);
    Some((value("avatar")?.parse().ok()?, TokenHash::of(&value("token")?)))
}

/// Makes the webhook's address: the caller's own, with our query added.
fn webhook(url: &Url, avatar: AvatarId, token: &str) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("avatar", &avatar.to_string()).append_pair("token", token);
    url
}

#[cfg(test)]
mod tests {
    use super::{addressee, webhook};
    use crate::avatar::{AvatarId, TokenHash};
    #[cfg(target_arch = "wasm32")]
    use crate::test;

    #[test]
    fn what_we_add_to_the_address_leads_back() {
        let url = "https://example.com/hook?a=b&token=theirs".parse().expect("an address");
        let id = AvatarId::new(uuid::Uuid::from_u128(7));
        let ours = webhook(&url, id, "secret");
        assert!(ours.as_str().starts_with("https://example.com/hook?a=b&token=theirs&avatar="));
        assert_eq!(addressee(&ours), Some((id, TokenHash::of("secret"))));
        assert_eq!(addressee(&url), None);
    }
}
