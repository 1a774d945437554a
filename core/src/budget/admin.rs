//! The admin's token, and the derivation of tokens from other texts.

use hmac::{
    Hmac, KeyInit as _, Mac as _,
    digest::{Key, Output},
};
use sha2::{Digest as _, Sha256};

use super::{Kind, TokenDigest, TokenText};
use crate::{ids::AvatarId, limits::MIN_ADMIN_TOKEN, secret::Secret};

/// The text that lets its holder mint and revoke tokens. It is a setting of the deployment and never stored.
#[derive(Clone, Debug)]
pub struct AdminToken(Secret);

impl AdminToken {
    /// Takes the configured token; `None` when it is shorter than [`MIN_ADMIN_TOKEN`].
    #[must_use]
    pub fn new(secret: Secret) -> Option<Self> {
        (secret.expose().chars().count() >= MIN_ADMIN_TOKEN).then_some(Self(secret))
    }

    /// Takes a token of any length, for test mode, where nothing can be bought and no budget outlives the trial.
    #[must_use]
    pub fn of_test_mode(secret: Secret) -> Self {
        Self(secret)
    }

    /// Tells whether the presented text is this token. Both are hashed first, so that neither content nor length shows
    /// in the time.
    #[must_use]
    pub(crate) fn admits(&self, presented: &str) -> bool {
        TokenDigest::of(self.0.expose()) == TokenDigest::of(presented)
    }

    /// Derives the capability that is issued for an avatar, another one for each seed. The seed alone is not enough to
    /// make the capability.
    pub(crate) fn capability(&self, avatar: AvatarId, seed: [u8; 16]) -> TokenText {
        self.derived(Kind::Capability, &[b"issued", avatar.uuid().as_bytes(), &seed])
    }

    /// Derives a token from this one and from the parts.
    pub(super) fn derived(&self, kind: Kind, parts: &[&[u8]]) -> TokenText {
        derived(self.0.expose(), kind, parts)
    }
}

impl TokenText {
    /// Derives a token from this one and from the parts.
    pub(super) fn derived(&self, kind: Kind, parts: &[&[u8]]) -> TokenText {
        derived(self.expose(), kind, parts)
    }
}

/// Computes HMAC-SHA256 (RFC 2104) of the parts, each behind its length, under a key made from the secret.
///
/// The key is the hash of the secret *and of its purpose*. The bare secret would be a trap: HMAC hashes a key that is
/// longer than 64 bytes, and the hash of an invite's 68 is what is stored. A reader of the stored state could have made
/// every capability from that hash.
fn derived(secret: &str, kind: Kind, parts: &[&[u8]]) -> TokenText {
    let key =
        Sha256::new().chain_update("likeness derives ").chain_update(kind.prefix()).chain_update(secret);
    let mut block = Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key.finalize()) {
        *to = from;
    }
    let mut hmac = Hmac::<Sha256>::new(&block);
    for part in parts {
        hmac.update(&(part.len() as u64).to_le_bytes());
        hmac.update(part);
    }
    let bytes: Output<Sha256> = hmac.finalize().into_bytes();
    TokenText::new(kind, bytes.into())
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use sha2::{Digest as _, Sha256};

    use super::{AdminToken, Kind, TokenText};
    #[cfg(target_arch = "wasm32")]
    use crate::test;
    use crate::{limits::MIN_ADMIN_TOKEN, secret::Secret};

    #[test]
    fn only_the_admin_is_admitted() {
        let text = "x".repeat(MIN_ADMIN_TOKEN);
        let admin = AdminToken::new(Secret::new(&text).expect("text")).expect("long enough");
        assert!(admin.admits(&text));
        for other in ["", &text[1..], &format!("{text}x"), &text.to_uppercase()] {
            assert!(!admin.admits(other), "{other}");
        }
        assert!(AdminToken::new(Secret::new(&text[1..]).expect("text")).is_none());
        assert_eq!(format!("{admin:?}"), "AdminToken([secret])");
    }

    /// Derives from the stored hash of an invite: its capabilities must not come out.
    #[test]
    fn a_capability_does_not_follow_from_the_hash_of_its_invite() {
        let invite = TokenText::new(Kind::Invite, [9; 32]);
        let capability = invite.derived(Kind::Capability, &[b"avatar"]);
        let message = [&6_u64.to_le_bytes()[..], b"avatar"].concat();
        let guess = |key: &[u8]| {
            let hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length").chain_update(&message);
            TokenText::new(Kind::Capability, hmac.finalize().into_bytes().into())
        };
        assert_ne!(capability, guess(&Sha256::digest(invite.expose())));
        assert_ne!(capability, guess(invite.expose().as_bytes()), "the same key, as HMAC hashes it");
        let key = Sha256::digest(format!("likeness derives lkc_{}", invite.expose()));
        assert_eq!(capability, guess(&key), "RFC 2104");
    }

    #[test]
    fn every_part_counts_and_so_does_where_it_ends() {
        let token = TokenText::new(Kind::Invite, [9; 32]);
        let derived = |parts: &[&[u8]]| token.derived(Kind::Server, parts);
        assert_eq!(derived(&[b"ab", b"c"]), derived(&[b"ab", b"c"]));
        assert_ne!(derived(&[b"ab", b"c"]), derived(&[b"a", b"bc"]));
        assert_ne!(derived(&[b"ab"]), derived(&[b"ab", b""]));
    }
}
