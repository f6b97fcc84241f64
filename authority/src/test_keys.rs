//! Test keys: in development, a site's developers drive their page and back end to every outcome without a face.
//!
//! Site key `pk_test_yes` with secret `sk_test_yes`, and so on for each [`Outcome`]. Their sessions are sessions like others;
//! what comes of one is decided by its key's name, at an address of its own. Why that is no way in:
//!
//! - in production there are none ([`TestKeys::of`] is the only maker): the keys are unknown, the address is not there, and a
//!   registration under such a name is refused, by the command line and when the authority starts;
//! - answers are signed by a key that lives in this process only, is in no file and not in the JWKS of real answers; their
//!   issuer is another, their audience is the test key, and they say `"test": true`, which [`AnswerVerifyingKey::verify`]
//!   refuses whatever else is right;
//! - a test key is no [`Authority::site`], and what opens sealed bodies knows no others: no capture is opened, judged or
//!   compared for one, and no resident is looked up;
//! - only pages on a loopback address may use one.

use base64ct::{Base64UrlUnpadded, Encoding};
use nod_protocol::{
    answer::{
        AnswerError, AnswerKey, AnswerVerifyingKey, Claims, Expected, GenerateError, Jwk, LEEWAY,
        LIFETIME,
    },
    http::{SiteverifyRequest, TestAnswerRequest, VerifyReply},
    ids::{Action, Level, Origin, SiteKey},
    random,
};
use sha2::{Digest, Sha256};
use tokio::time::{Duration, sleep};

use crate::{
    answer::{Factors, is_expected, methods},
    clock::UnixSeconds,
    config::{Config, is_loopback},
    error::Error,
    open::context_of,
    questions,
    session::must_be,
    state::Authority,
    store::{Site, State},
};

/// What a site key of this form names is a test key or nothing.
pub const PREFIX: &str = "pk_test_";

/// Likewise for back ends' secrets, which are as public as the keys.
const SECRET_PREFIX: &str = "sk_test_";

/// How long [`Outcome::Slow`] takes.
const SLOW: Duration = Duration::from_secs(8);

/// Pages on this machine, as `frame-ancestors` takes them.
const LOOPBACK: &str = "http://localhost:* http://*.localhost:* http://127.0.0.1:* \
                        https://localhost:* https://*.localhost:* https://127.0.0.1:*";

/// Where a page gets with a test key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A yes.
    Yes,
    /// A no.
    No,
    /// A yes whose time is over when it arrives: `nod-expired`, and `answer.expired` at siteverify.
    Expired,
    /// `session.spent`, as if another window had used the session meanwhile.
    Spent,
    /// A yes after some seconds.
    Slow,
    /// `net.busy` for page and back end.
    Unavailable,
    /// The frame says so before a challenge is drawn.
    CameraDenied,
    /// The frame says so before a session is opened.
    Unsupported,
}

/// Names after the prefixes.
const OUTCOMES: [(&str, Outcome); 8] = [
    ("yes", Outcome::Yes),
    ("no", Outcome::No),
    ("expired", Outcome::Expired),
    ("spent", Outcome::Spent),
    ("slow", Outcome::Slow),
    ("unavailable", Outcome::Unavailable),
    ("camera_denied", Outcome::CameraDenied),
    ("unsupported", Outcome::Unsupported),
];

/// What a development authority answers test keys with; a production one has none.
pub struct TestKeys {
    key: AnswerKey,
    issuer: String,
}

impl TestKeys {
    /// `None` unless the settings say that this is a development machine.
    pub fn of(config: &Config) -> Result<Option<Self>, GenerateError> {
        if !config.development {
            return Ok(None);
        }
        let name = Base64UrlUnpadded::encode_string(&random::bytes::<6>()?);
        Ok(Some(Self {
            key: AnswerKey::generate(&format!("test-{name}"))?,
            issuer: format!("{}/test", config.issuer),
        }))
    }

    /// `iss` of test answers: no authority's.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key to check test answers with.
    pub fn jwks(&self) -> Vec<Jwk> {
        vec![self.key.verifying_key().to_jwk()]
    }

    /// The site keys.
    pub fn site_keys() -> Vec<String> {
        let names = OUTCOMES.iter();
        names.map(|(name, _)| format!("{PREFIX}{name}")).collect()
    }
}

/// Whether a name is kept for test keys, so that no site may be registered under it.
pub fn is_reserved(key: &SiteKey) -> bool {
    key.as_str().starts_with(PREFIX)
}

/// The site that a test key stands for, on a page of this origin; `None` if it is no test key or there are none.
///
/// It allows any action and, of origins, this one if it is a loopback address.
pub fn site(
    authority: &Authority,
    key: &SiteKey,
    origin: Option<&Origin>,
    action: Option<&Action>,
) -> Result<Option<Site>, Error> {
    let Some(outcome) = outcome_of(authority, key) else {
        return Ok(None);
    };
    if outcome == Outcome::Unavailable {
        return Err(Error::Busy);
    }
    let action = match action {
        Some(action) => action.clone(),
        None => Action::parse("test").map_err(|_| Error::Internal("action of the test keys"))?,
    };
    let issuer = &authority.config.issuer;
    let loopback = origin.filter(|origin| is_loopback(origin));
    Ok(Some(Site {
        site_key: key.clone(),
        name: format!("Test site ({key})"),
        alternative: format!("{}/", origin.unwrap_or(issuer)),
        level: Level::Light,
        still: true,
        kiosk: false,
        evidence: false,
        sessions_per_minute: None,
        origins: loopback.into_iter().cloned().collect(),
        ask: questions::all(),
        actions: vec![(
            action,
            "A test: no camera is used and nobody is checked".into(),
        )],
    }))
}

/// The site of a test secret, for a session that a back end mints.
pub fn site_of_back_end(
    authority: &Authority,
    secret: &str,
    action: &Action,
) -> Result<Option<Site>, Error> {
    match key_of_secret(authority, secret) {
        Some(key) => site(authority, &key, None, Some(action)),
        None => Ok(None),
    }
}

/// Who may embed the frame of a test key; `None` if it is none.
pub fn ancestors(authority: &Authority, key: &SiteKey) -> Option<&'static str> {
    outcome_of(authority, key).map(|_| LOOPBACK)
}

/// Answers a challenged session of a test key as its name says.
pub async fn answer(
    authority: &Authority,
    request: TestAnswerRequest,
) -> Result<VerifyReply, Error> {
    let keys = authority.test_keys.as_ref().ok_or(Error::NoSuchFile)?;
    let now = authority.now();
    let store = &authority.store;
    let session = store
        .session(&request.session)
        .await?
        .ok_or(Error::SessionUnknown)?;
    // A session of a site is not answered here, as one of a test key is not opened there.
    let outcome = outcome_of(authority, &session.site_key).ok_or(Error::SessionUnknown)?;
    must_be(&session, State::Challenged, now)?;
    if outcome == Outcome::Spent {
        store.spend_session(&session.id, now).await?;
    }
    if !store.spend_session(&session.id, now).await? {
        return Err(Error::SessionSpent);
    }
    if outcome == Outcome::Slow {
        sleep(SLOW).await;
    }
    let (context, _) = context_of(&session, None)?;
    let signed_at = match outcome {
        Outcome::Expired => now.saturating_sub(LIFETIME + LEEWAY),
        _ => now,
    };
    let sub = pseudonym(&session.site_key);
    let is_yes = matches!(outcome, Outcome::Yes | Outcome::Slow | Outcome::Expired)
        && is_expected(&sub, session.expected_sub.as_deref());
    let mut claims = Claims::new(&keys.issuer, &context, is_yes, session.level, signed_at)?;
    claims.test = true;
    if is_yes {
        // As of somebody who types a passcode.
        let factors = Factors {
            passcode: true,
            key: false,
        };
        claims.amr = methods(session.level, factors);
        claims.sub = Some(sub);
        let asked = session.ask.iter().cloned();
        claims.answers = asked.map(|question| (question, true)).collect();
    }
    Ok(VerifyReply {
        token: Some(keys.key.sign(&claims)),
        case: None,
    })
}

/// Checks a test answer for whoever has the test key's secret; `None` if the secret is not of a test key.
pub fn check(
    authority: &Authority,
    request: &SiteverifyRequest,
    now: UnixSeconds,
) -> Result<Option<Result<Claims, AnswerError>>, Error> {
    let (Some(keys), Some(site)) = (
        &authority.test_keys,
        key_of_secret(authority, &request.secret),
    ) else {
        return Ok(None);
    };
    if outcome_of(authority, &site) == Some(Outcome::Unavailable) {
        return Err(Error::Busy);
    }
    let expected = Expected {
        issuer: &keys.issuer,
        audience: &site,
        now,
    };
    let key: AnswerVerifyingKey = keys.key.verifying_key();
    Ok(Some(key.verify_test(&request.response, &expected)))
}

fn outcome_of(authority: &Authority, key: &SiteKey) -> Option<Outcome> {
    authority.test_keys.as_ref()?;
    let name = key.as_str().strip_prefix(PREFIX)?;
    let found = OUTCOMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, outcome)| *outcome)
}

fn key_of_secret(authority: &Authority, secret: &str) -> Option<SiteKey> {
    let name = secret.strip_prefix(SECRET_PREFIX)?;
    let key = SiteKey::parse(&format!("{PREFIX}{name}")).ok()?;
    outcome_of(authority, &key).map(|_| key)
}

/// Shaped like a resident's, the same whenever this key is used, and nobody's: made of its public name alone.
fn pseudonym(key: &SiteKey) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(key.as_str()))
}
