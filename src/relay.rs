//! Requests to the authority through a relay, which has served this frame and reads none of them (docs/relay.md): each is
//! sealed to the authority's key as Oblivious HTTP (RFC 9458).

use nod_protocol::bhttp::{Field, Request, Response};
use nod_protocol::codes::Code;
use nod_protocol::http::KeysReply;
use nod_protocol::key_config::RootPublicKey;
use nod_protocol::ohttp::{self, PendingResponse, STEP};
use nod_protocol::seal::SealPublicKey;

use crate::failure::Failure;

/// What is asked of the authority, whichever way it goes.
pub struct Ask<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// Of the authority.
    pub path: &'a str,
    /// Of the content.
    pub media_type: Option<&'a str>,
    /// A hand-off's secret.
    pub bearer: Option<&'a str>,
    /// The body.
    pub content: &'a [u8],
}

/// Seals what goes through a relay.
pub struct Sealer {
    scheme: String,
    host: String,
    root: RootPublicKey,
    key: Option<SealPublicKey>,
}

impl Sealer {
    /// `authority` is its origin, which requests inside name; `root` has signed its keys.
    pub fn new(authority: &str, root: RootPublicKey) -> Option<Self> {
        let (scheme, host) = authority.split_once("://")?;
        Some(Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            root,
            key: None,
        })
    }

    /// Whether there is a key to seal to.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Takes the key of a list that came through the relay, if the root has signed it. Only then is it the authority's.
    pub fn take_key(&mut self, keys: &KeysReply, now: u64) -> Result<(), Failure> {
        self.key = Some(self.root.choose(&keys.keys, now)?.public_key);
        Ok(())
    }

    /// After the authority has said that it does not know the key.
    pub fn forget_key(&mut self) {
        self.key = None;
    }

    /// The sealed request, and what opens its reply.
    pub fn seal(&self, ask: &Ask<'_>) -> Result<(Vec<u8>, PendingResponse), Failure> {
        let key = self.key.as_ref().ok_or(Code::SealUnknownKey)?;
        let bearer = ask.bearer.map(|secret| format!("Bearer {secret}"));
        let fields = [
            ("content-type", ask.media_type),
            ("authorization", bearer.as_deref()),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| {
            Some(Field {
                name: name.to_owned(),
                value: value?.as_bytes().to_vec(),
            })
        });
        let request = Request {
            method: ask.method.to_owned(),
            scheme: self.scheme.clone(),
            authority: self.host.clone(),
            path: ask.path.to_owned(),
            fields: fields.collect(),
            content: ask.content.to_vec(),
        };
        Ok(ohttp::encapsulate(key, &request.encode(STEP))?)
    }
}

/// The reply inside: whether it is a success, and its text.
pub fn open(pending: PendingResponse, message: &[u8]) -> Result<(bool, String), Failure> {
    let opened = pending.decapsulate(message).map_err(|_| Code::NetServer)?;
    let response = Response::decode(&opened).map_err(|_| Code::NetServer)?;
    let text = String::from_utf8(response.content).map_err(|_| Code::NetServer)?;
    Ok(((200..300).contains(&response.status), text))
}

#[cfg(test)]
mod tests {
    use nod_protocol::ids::KeyId;
    use nod_protocol::key_config::RootKey;
    use nod_protocol::seal::SealKeyPair;

    use super::*;

    const ASK: Ask<'_> = Ask {
        method: "POST",
        path: "/v1/handoff/join",
        media_type: Some("application/json"),
        bearer: Some("hp_secret"),
        content: b"{}",
    };

    fn keys(root: &RootKey, key: &SealKeyPair) -> KeysReply {
        let kid = KeyId::parse("k1").unwrap();
        KeysReply {
            keys: vec![root.sign(kid, &key.public_key(), 100, 200)],
        }
    }

    #[test]
    fn a_request_says_inside_whom_it_is_for_and_its_reply_comes_back() {
        let (root, key) = (
            RootKey::generate().unwrap(),
            SealKeyPair::generate().unwrap(),
        );
        let mut sealer = Sealer::new("http://id.localhost:8080", root.public_key()).unwrap();
        sealer.take_key(&keys(&root, &key), 150).unwrap();
        let (message, pending) = sealer.seal(&ASK).unwrap();
        let (request, answering) = ohttp::decapsulate(&key, &message).map_err(|_| ()).unwrap();
        let request = Request::decode(&request).map_err(|_| ()).unwrap();
        assert_eq!(
            (request.scheme.as_str(), request.authority.as_str()),
            ("http", "id.localhost:8080")
        );
        assert_eq!(request.field("authorization"), Some("Bearer hp_secret"));
        assert_eq!(request.field("content-type"), Some("application/json"));
        assert_eq!(
            (request.path.as_str(), request.content.as_slice()),
            (ASK.path, ASK.content)
        );
        let reply = Response {
            status: 409,
            fields: vec![],
            content: b"{\"code\":\"session.spent\"}".to_vec(),
        };
        let reply = answering.encapsulate(&reply.encode(STEP)).unwrap();
        let (is_success, text) = open(pending, &reply).unwrap();
        assert_eq!(
            (is_success, text.as_str()),
            (false, r#"{"code":"session.spent"}"#)
        );
    }

    #[test]
    fn a_key_that_the_root_has_not_signed_is_not_sealed_to() {
        let (root, key) = (
            RootKey::generate().unwrap(),
            SealKeyPair::generate().unwrap(),
        );
        let mut sealer = Sealer::new("https://id.example.gov", root.public_key()).unwrap();
        let relays_own = keys(&RootKey::generate().unwrap(), &key);
        for (published, now) in [(relays_own, 150), (keys(&root, &key), 250)] {
            assert!(sealer.take_key(&published, now).is_err());
            assert!(!sealer.has_key() && sealer.seal(&ASK).is_err());
        }
    }

    #[test]
    fn another_reply_is_a_fault_of_the_server() {
        let (root, key) = (
            RootKey::generate().unwrap(),
            SealKeyPair::generate().unwrap(),
        );
        let mut sealer = Sealer::new("https://id.example.gov", root.public_key()).unwrap();
        sealer.take_key(&keys(&root, &key), 150).unwrap();
        for reply in [vec![], vec![0; 40], vec![0; 4096]] {
            let (_, pending) = sealer.seal(&ASK).unwrap();
            assert_eq!(open(pending, &reply).unwrap_err().code, Code::NetServer);
        }
    }
}
