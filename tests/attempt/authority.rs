//! The authority of an attempt, as far as a widget has to do with it.

use nod::attempt::Attempt;
use nod_protocol::challenge::{Challenge, Mode};
use nod_protocol::envelope::Envelope;
use nod_protocol::http::{ChallengeReply, KeysReply, SessionReply};
use nod_protocol::ids::{KeyId, Nonce};
use nod_protocol::key_config::RootKey;
use nod_protocol::payload::Payload;
use nod_protocol::seal::{self, SealKeyPair};

use crate::support::served;

/// What an authority has: keys, and a session that it stored.
pub(crate) struct Authority {
    pub(crate) root: RootKey,
    sealing: SealKeyPair,
    pub(crate) keys: KeysReply,
    pub(crate) session: SessionReply,
}

pub(crate) const NOW: u64 = 1_700_000_000;

impl Authority {
    pub(crate) fn new(model_sets: &[String]) -> Self {
        let root = RootKey::generate().unwrap();
        let sealing = SealKeyPair::generate().unwrap();
        let kid = KeyId::parse("k1").unwrap();
        let signed = root.sign(kid, &sealing.public_key(), NOW - 60, NOW + 3600);
        let session = serde_json::json!({
            "session": "s_AAAAAAAAAAAAAAAAAAAAAA",
            "session_nonce": serde_json::to_value(Nonce::random().unwrap()).unwrap(),
            "expires_in": 1800, "purpose": "verify", "sitekey": "pk_court",
            "origin": "https://court.example.gov", "action": "efile-submit", "level": "full",
            "ask": [], "rp_nonce": null, "bind": null, "consent_version": "1", "ticket": null,
            "model_sets": model_sets,
            "site": { "name": "Court", "purpose_text": "Filing", "still": true, "evidence": false, "remember": true, "kiosk": false,
                      "alternative": "https://court.example.gov/counter" },
        });
        let session = serde_json::from_value(session).unwrap();
        Self {
            root,
            sealing,
            keys: KeysReply { keys: vec![signed] },
            session,
        }
    }

    /// A widget with its models loaded and the session open.
    pub(crate) fn widget(&self) -> Attempt {
        let mut attempt = Attempt::new(self.root.public_key(), [7; 32]);
        let json = std::fs::read_to_string(served().directory.join("manifest.json")).unwrap();
        attempt.set_manifest(&json).unwrap();
        let view = attempt.open(self.session.clone(), &self.keys, NOW).unwrap();
        let ids: Vec<String> = view.model_sets.iter().map(ToString::to_string).collect();
        let needed: Vec<(String, String)> = attempt
            .models_needed(&ids)
            .unwrap()
            .iter()
            .map(|f| (f.name.clone(), f.file.clone()))
            .collect();
        for (name, file) in needed {
            let plan = std::fs::read(served().directory.join(file)).unwrap();
            attempt.load_model(&name, &plan).unwrap();
        }
        attempt
    }

    pub(crate) fn challenge(&self) -> ChallengeReply {
        self.challenge_to(Mode::Still)
    }

    /// To move without steps is to rest before the first one.
    pub(crate) fn challenge_to(&self, mode: Mode) -> ChallengeReply {
        let challenge = Challenge {
            nonce: Nonce::random().unwrap(),
            mode,
            steps: vec![],
        };
        ChallengeReply {
            challenge,
            expires_in: 60,
        }
    }

    pub(crate) fn open(&self, body: &[u8], challenge: &Challenge) -> Payload {
        let envelope = Envelope::decode(body).unwrap();
        seal::open(&self.sealing, &envelope, &self.session.context(challenge)).unwrap()
    }
}
