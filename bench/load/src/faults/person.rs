//! One resident: enrols with a ticket, verifies at the site with a capture of their own, has the answer checked by the site's
//! back end, and tries each a second time.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use nod_load::random::Random;
use nod_protocol::challenge::Challenge;
use nod_protocol::envelope::MEDIA_TYPE;
use nod_protocol::http::{ChallengeReply, SessionReply, SiteSessionReply};
use nod_protocol::ids::SessionId;
use serde_json::{Value, json};

use super::crowd::Crowd;
use super::patient::{Patient, Tries};
use super::scene::{Scene, lock};
use crate::crowd::AFTER;
use crate::town::{ACTION, ORIGIN, Resident};

/// What happened to all of them.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) tries: Tries,
    /// Enrolments that were acknowledged.
    pub(crate) enrolled: usize,
    /// Enrolments whose acknowledgement was lost, found by the ticket that was spent.
    pub(crate) enrolled_unheard: usize,
    /// Sessions that were begun anew because an answer was lost on its way.
    pub(crate) lost: usize,
    /// Noes: who posts seconds late because a process was away is believed to have moved too slowly, and tries again.
    pub(crate) noes: usize,
    pub(crate) answers: Vec<Answer>,
    /// What must not happen, in words.
    pub(crate) wrong: Vec<String>,
}

/// A signed yes, and what it was given for.
pub(crate) struct Answer {
    pub(crate) session: SessionId,
    body: Vec<u8>,
    token: String,
    /// Whether a check of it was heard to succeed.
    pub(crate) was_checked: bool,
}

/// What a second look at everything found.
#[derive(Default)]
pub(crate) struct Again {
    pub(crate) bodies_refused: usize,
    pub(crate) tokens_refused: usize,
    pub(crate) sessions: usize,
    pub(crate) wrong: Vec<String>,
}

/// How often somebody begins anew before they give up.
const ATTEMPTS: usize = 25;

/// All that one person does; what was seen is added.
pub(crate) fn live(crowd: &Crowd, scene: &Scene, number: usize, seen: &Mutex<Seen>) -> Result<()> {
    let mut own = Seen::default();
    let mut client = Patient::new(scene, number % scene.addresses.len());
    let mut random = Random::branch(crowd.seed, "person", number);
    let (resident, code) = &crowd.people[number];
    let outcome = enrol(crowd, &mut client, resident, code, &mut random, &mut own)
        .and_then(|()| verify(crowd, scene, &mut client, resident, &mut random, &mut own));
    let mut seen = lock(seen);
    seen.tries.requests += client.tries.requests;
    seen.tries.broken += client.tries.broken;
    seen.tries.busy += client.tries.busy;
    seen.tries.longest = seen.tries.longest.max(client.tries.longest);
    seen.enrolled += own.enrolled;
    seen.enrolled_unheard += own.enrolled_unheard;
    seen.lost += own.lost;
    seen.noes += own.noes;
    seen.answers.extend(own.answers);
    seen.wrong.extend(own.wrong);
    outcome
}

/// Holds still, with a passcode: what is asked of nobody but those who enrol.
fn enrol(
    crowd: &Crowd,
    client: &mut Patient<'_>,
    resident: &Resident,
    code: &str,
    random: &mut Random,
    seen: &mut Seen,
) -> Result<()> {
    for _ in 0..ATTEMPTS {
        let open = json!({"sitekey": "pk_self", "origin": crowd.issuer, "purpose": "enrol", "ticket": code});
        let opened = client.json("/v1/sessions", None, &open)?;
        if opened.code() == "enrol.ticket_spent" {
            seen.enrolled_unheard += 1;
            return Ok(());
        }
        ensure!(
            opened.status == 200,
            "to enrol: {} {}",
            opened.status,
            opened.body
        );
        let session: SessionReply = serde_json::from_value(opened.body)?;
        let Some(challenge) = challenged(client, &session, "still", seen)? else {
            continue;
        };
        let body = crowd.seal(resident, &session, &challenge, None, random)?;
        let reply = client.post("/v1/enrol", MEDIA_TYPE, None, &body)?;
        match (reply.status, reply.code()) {
            (200, _) => {
                seen.enrolled += 1;
                let again = client.post("/v1/enrol", MEDIA_TYPE, None, &body)?;
                if again.status == 200 {
                    seen.wrong
                        .push(format!("{} enrolled twice with one body", resident.id));
                }
                return Ok(());
            }
            (_, "session.spent" | "session.expired") if reply.is_again => seen.lost += 1,
            _ => bail!("enrolment: {} {}", reply.status, reply.body),
        }
    }
    bail!("{} could not enrol", resident.id)
}

/// Moves the head; until it is a yes that is heard.
fn verify(
    crowd: &Crowd,
    scene: &Scene,
    client: &mut Patient<'_>,
    resident: &Resident,
    random: &mut Random,
    seen: &mut Seen,
) -> Result<()> {
    let site = &scene.site;
    for attempt in 0..ATTEMPTS {
        let terms = json!({"action": ACTION, "rp_nonce": "one-time-value-of-the-site"});
        let minted = client.json("/v1/sessions", Some(&site.secret), &terms)?;
        let minted: SiteSessionReply = serde_json::from_value(minted.body)?;
        let claim = json!({"sitekey": site.key, "origin": ORIGIN, "session": minted.session});
        let claimed = client.json("/v1/sessions", None, &claim)?;
        ensure!(
            claimed.status == 200,
            "claim: {} {}",
            claimed.status,
            claimed.body
        );
        let session: SessionReply = serde_json::from_value(claimed.body)?;
        let Some(challenge) = challenged(client, &session, "move", seen)? else {
            continue;
        };
        let drawn = Instant::now();
        let track = crowd.performance(&challenge, attempt)?.track();
        let body = crowd.seal(resident, &session, &challenge, Some(track), random)?;
        let due = drawn
            + Duration::from_millis(AFTER)
            + Duration::from_secs_f64(random.between(0.0, 1.0));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let reply = client.post("/v1/verify", MEDIA_TYPE, None, &body)?;
        match (reply.status, reply.code()) {
            (200, _) => {}
            (_, "session.spent" | "session.expired") if reply.is_again => {
                seen.lost += 1;
                continue;
            }
            _ => bail!("verification: {} {}", reply.status, reply.body),
        }
        let token = reply.body["token"].as_str().context("no token")?.to_owned();
        let again = client.post("/v1/verify", MEDIA_TYPE, None, &body)?;
        if again.status == 200 {
            seen.wrong
                .push(format!("session {} answered twice", session.session));
        }
        if !is_yes(&token)? {
            seen.noes += 1;
            continue;
        }
        let was_checked = checked(client, &site.secret, &token, seen)?;
        seen.answers.push(Answer {
            session: session.session,
            body,
            token,
            was_checked,
        });
        return Ok(());
    }
    seen.wrong
        .push(format!("{} is enrolled and never got a yes", resident.id));
    Ok(())
}

/// The challenge; none if it was drawn and lost on its way: a session has one.
fn challenged(
    client: &mut Patient<'_>,
    session: &SessionReply,
    mode: &str,
    seen: &mut Seen,
) -> Result<Option<Challenge>> {
    let path = format!("/v1/sessions/{}/challenge", session.session);
    let reply = client.json(&path, None, &json!({"mode": mode}))?;
    match (reply.status, reply.code()) {
        (200, _) => {
            let reply: ChallengeReply = serde_json::from_value(reply.body)?;
            Ok(Some(reply.challenge))
        }
        (_, "session.spent") if reply.is_again => {
            seen.lost += 1;
            Ok(None)
        }
        _ => bail!("challenge: {} {}", reply.status, reply.body),
    }
}

/// Has an answer checked, twice: it succeeds once, and that may have been unheard.
fn checked(client: &mut Patient<'_>, secret: &str, token: &str, seen: &mut Seen) -> Result<bool> {
    let request = json!({"secret": secret, "response": token});
    let mut successes = 0;
    for _ in 0..2 {
        let reply = client.json("/v1/siteverify", None, &request)?;
        match reply.body["success"].as_bool() {
            Some(true) => successes += 1,
            Some(false) if reply.body["error_codes"] == json!(["answer.already_used"]) => {
                let is_first = successes == 0;
                if is_first && !reply.is_again {
                    seen.wrong
                        .push("an answer was used before its first check".into());
                }
                if is_first {
                    break;
                }
            }
            _ => bail!("siteverify: {} {}", reply.status, reply.body),
        }
    }
    if successes > 1 {
        seen.wrong.push("an answer was checked twice".into());
    }
    Ok(successes > 0)
}

/// Every body and every answer a second time, when nobody is killed any more.
pub(crate) fn once_more(crowd: &Crowd, scene: &Scene, seen: &Seen) -> Result<Again> {
    let mut again = Again::default();
    let (mut client, mut sessions) = (Patient::new(scene, 0), HashSet::new());
    let mut tokens: HashMap<&str, usize> = HashMap::new();
    ensure!(!crowd.people.is_empty(), "nobody");
    for answer in &seen.answers {
        sessions.insert(answer.session.as_str());
        *tokens.entry(answer.session.as_str()).or_default() += 1;
        let reply = client.post("/v1/verify", MEDIA_TYPE, None, &answer.body)?;
        match reply.code() {
            "session.spent" => again.bodies_refused += 1,
            other => again
                .wrong
                .push(format!("a body a second time: {} {other}", reply.status)),
        }
        let request = json!({"secret": scene.site.secret, "response": answer.token});
        let reply = client.json("/v1/siteverify", None, &request)?;
        // By now some have run out.
        match reply.body["success"].as_bool() {
            Some(false) => again.tokens_refused += 1,
            // One whose first check was never heard of may have been cut off before it was made.
            Some(true) if !answer.was_checked => again.tokens_refused += 1,
            _ => again
                .wrong
                .push(format!("an answer a second time: {}", reply.body)),
        }
    }
    again.sessions = sessions.len();
    if tokens.values().any(|count| *count > 1) {
        again.wrong.push("one session has two answers".into());
    }
    Ok(again)
}

fn is_yes(token: &str) -> Result<bool> {
    let claims = token.split('.').nth(1).context("no token")?;
    let claims = Base64UrlUnpadded::decode_vec(claims)
        .ok()
        .context("no token")?;
    let claims: Value = serde_json::from_slice(&claims)?;
    claims["yes"]
        .as_bool()
        .context("an answer without an answer")
}
