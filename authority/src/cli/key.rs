//! `nod-authority key`: what keys there are, new ones in their place, and the root's signature (docs/keys.md).

mod arguments;

use std::{fs::File, io::Write, path::Path};

use anyhow::{Context, ensure};
use nod_protocol::{ids::KeyId, key_config::SignedKeyConfig};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

pub(super) use self::arguments::KeyCommand;
use self::arguments::{Install, New, Retire, Rotate, RotateAnswer, RotateSealing, Sign};
use super::time::{DAY, MINUTE};
use crate::{
    audit::Event,
    clock::{Clock, SystemClock, utc},
    keys::{FOLLOW_EVERY, JWKS_MAX_AGE, KeyRequest, Kind, Listed, Rotated, State, sign_request},
};

/// `key new sealing --json` and `key sign --json`.
#[derive(Serialize)]
struct Paper<'a> {
    kid: &'a KeyId,
    fingerprint: &'a str,
    not_before: u64,
    not_after: u64,
    file: &'a Path,
}

/// `key retire --json`.
#[derive(Serialize)]
struct Retired<'a> {
    kid: &'a KeyId,
    until: u64,
}

pub(super) async fn run(data: &Path, command: KeyCommand) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let changed = match command {
        KeyCommand::List { json } => list(data, json, now).map(|()| None),
        KeyCommand::Rotate(Rotate::Sealing(arguments)) => rotate_sealing(data, arguments, now),
        KeyCommand::Rotate(Rotate::Answer(arguments)) => rotate_answer(data, arguments, now),
        KeyCommand::New(New::Sealing { lifetime, json }) => {
            new_sealing(data, lifetime.checked()?, json, now).map(|()| None)
        }
        KeyCommand::Sign(arguments) => sign(arguments).map(|()| None),
        KeyCommand::Install(arguments) => install(data, arguments, now),
        KeyCommand::Retire(arguments) => retire(data, arguments, now),
        KeyCommand::Prune { json } => prune(data, json, now).map(|()| None),
    }?;
    match changed {
        Some(event) => record(data, event, now)
            .await
            .context("the key is changed, as said above; but the audit log has no entry of it"),
        None => Ok(()),
    }
}

/// Keys are files and the log is in the database: one after the other, the key first, because a leaked one must not wait.
async fn record(data: &Path, event: Event, now: u64) -> anyhow::Result<()> {
    let store = super::store(data).await?;
    store.record(event, now).await?;
    store.close().await;
    Ok(())
}

fn list(data: &Path, json: bool, now: u64) -> anyhow::Result<()> {
    let keys = super::keys_of(data)?.list(now)?;
    let lines: Vec<String> = keys.iter().map(line).collect();
    super::print(json, &keys, &lines.join("\n"))
}

fn rotate_sealing(
    data: &Path,
    arguments: RotateSealing,
    now: u64,
) -> anyhow::Result<Option<Event>> {
    let source = super::keys_of(data)?;
    let lifetime = arguments.lifetime.checked()?;
    let overlap = arguments.overlap.checked()?;
    let root = arguments.root_key;
    let is_usual = root.is_none();
    let root = root.unwrap_or_else(|| source.dir().join("root.key"));
    let rotated = source.rotate_sealing(&root, lifetime, overlap, now);
    let rotated = if is_usual && !root.exists() {
        rotated.context(
            "the root key is not on this machine: name its file with --root-key, or have it sign elsewhere \
             with `key new sealing`, `key sign` and `key install`",
        )?
    } else {
        rotated?
    };
    super::print(arguments.json, &rotated, &handed_out(&rotated))?;
    Ok(Some(Event::KeyRotated(rotated.kid)))
}

fn rotate_answer(data: &Path, arguments: RotateAnswer, now: u64) -> anyhow::Result<Option<Event>> {
    let RotateAnswer { signs_in, json } = arguments;
    ensure!(signs_in <= 30 * DAY, "a key waits for 30 days at most");
    let rotated = super::keys_of(data)?.rotate_answer(signs_in, now)?;
    let mut text = format!(
        "Answer key {} is published now and signs from {} on.\n\
         Those before it stay published until {} and are retired by themselves then.\n{}",
        rotated.kid,
        utc(rotated.in_use_from),
        utc(rotated.others_until),
        taken_up(),
    );
    if signs_in < JWKS_MAX_AGE + FOLLOW_EVERY.as_secs() {
        text.push_str(&format!(
            "\nSites may keep the published keys for {} minutes: until then those that do not ask again \
             refuse its answers.",
            JWKS_MAX_AGE / MINUTE
        ));
    }
    super::print(json, &rotated, &text)?;
    Ok(Some(Event::KeyRotated(rotated.kid)))
}

fn new_sealing(data: &Path, lifetime: u64, json: bool, now: u64) -> anyhow::Result<()> {
    let source = super::keys_of(data)?;
    let request = source.request_sealing(lifetime, now)?;
    let file = source
        .dir()
        .join(format!("hpke-{}.request.json", request.kid));
    let text = format!(
        "Made sealing key {kid}; nothing uses it before the root has signed it.\n\
         Request: {file} (nothing in it is secret)\n\
         Fingerprint: {fingerprint}\n\
         1. Where the root is: nod-authority key sign hpke-{kid}.request.json --root-key root.key\n\
         2. Compare the fingerprint that it shows with this one.\n\
         3. Back here: nod-authority key install hpke-{kid}.signed.json",
        kid = request.kid,
        file = file.display(),
        fingerprint = fingerprint(&request.public_key),
    );
    print_paper(json, &request, &file, &text)
}

fn sign(arguments: Sign) -> anyhow::Result<()> {
    let Sign {
        request: path,
        root_key,
        out,
        longest,
        json,
    } = arguments;
    let request: KeyRequest = read(&path, "a request of `key new sealing`")?;
    let asked = request.not_after.saturating_sub(request.not_before);
    ensure!(
        asked <= longest,
        "the request is for {} days: if that is meant, say so with --longest",
        asked / DAY
    );
    let config = sign_request(&root_key, &request)?;
    let out =
        out.unwrap_or_else(|| path.with_file_name(format!("hpke-{}.signed.json", config.kid)));
    let mut file =
        File::create_new(&out).with_context(|| format!("cannot write {}", out.display()))?;
    serde_json::to_writer_pretty(&mut file, &config)?;
    writeln!(file)?;
    file.sync_all()?;
    let text = format!(
        "Signed sealing key {} for {} to {}.\nFingerprint: {}\nWritten to {}",
        config.kid,
        utc(config.not_before),
        utc(config.not_after),
        fingerprint(&config.public_key),
        out.display(),
    );
    print_paper(json, &request, &out, &text)
}

fn install(data: &Path, arguments: Install, now: u64) -> anyhow::Result<Option<Event>> {
    let overlap = arguments.overlap.checked()?;
    let config: SignedKeyConfig = read(&arguments.config, "a config of `key sign`")?;
    let rotated = super::keys_of(data)?.install_sealing(&config, overlap, now)?;
    super::print(arguments.json, &rotated, &handed_out(&rotated))?;
    Ok(Some(Event::KeyRotated(rotated.kid)))
}

fn retire(data: &Path, arguments: Retire, now: u64) -> anyhow::Result<Option<Event>> {
    let Retire { kid, at_once, json } = arguments;
    let until = super::keys_of(data)?.retire(&kid, at_once, now)?;
    let text = if until <= now {
        format!("Key {kid} is retired.\n{}", taken_up())
    } else {
        format!(
            "Key {kid} is retired at {}: until then something may depend on it (--at-once does not wait).",
            utc(until)
        )
    };
    super::print(json, &Retired { kid: &kid, until }, &text)?;
    Ok(Some(Event::KeyRetired(kid)))
}

fn prune(data: &Path, json: bool, now: u64) -> anyhow::Result<()> {
    let gone = super::keys_of(data)?.prune(now)?;
    let names: Vec<&str> = gone.iter().map(KeyId::as_str).collect();
    let text = match names.as_slice() {
        [] => "No key is over.".to_owned(),
        names => format!("Removed {}.", names.join(", ")),
    };
    super::print(json, &gone, &text)
}

fn line(key: &Listed) -> String {
    let (kind, until) = (key.kind, key.until.map(utc));
    let until = until.unwrap_or_else(|| "another takes over".into());
    let from = key.in_use_from.map(utc).unwrap_or_default();
    let (kind_name, words) = match (kind, key.state) {
        (Kind::Sealing, State::Unsigned) => ("sealing", "waits for the root's signature".into()),
        (Kind::Sealing, State::Waiting) => ("sealing", format!("handed out from {from}")),
        (Kind::Sealing, State::InUse) => ("sealing", format!("handed out, until {until}")),
        (Kind::Sealing, State::Superseded) => ("sealing", format!("still opens, until {until}")),
        (Kind::Sealing, State::Over) => ("sealing", format!("over since {until}")),
        (Kind::Answer, State::Waiting) => ("answer", format!("published, signs from {from}")),
        (Kind::Answer, State::InUse) => ("answer", format!("signs, until {until}")),
        (Kind::Answer, State::Superseded) => ("answer", format!("still published, until {until}")),
        (Kind::Answer, _) => ("answer", format!("over since {until}")),
    };
    format!("{kind_name:<7}  {:<14}  {words}", key.kid.as_str())
}

fn handed_out(rotated: &Rotated) -> String {
    format!(
        "Sealing key {} is handed out from now on.\n\
         What was sealed to those before it is accepted until {}.\n{}",
        rotated.kid,
        utc(rotated.others_until),
        taken_up()
    )
}

fn taken_up() -> String {
    format!(
        "Running servers see it within {} seconds, or at once on SIGHUP.",
        FOLLOW_EVERY.as_secs()
    )
}

fn print_paper(json: bool, request: &KeyRequest, file: &Path, text: &str) -> anyhow::Result<()> {
    let paper = Paper {
        kid: &request.kid,
        fingerprint: &fingerprint(&request.public_key),
        not_before: request.not_before,
        not_after: request.not_after,
        file,
    };
    super::print(json, &paper, text)
}

/// To compare on two screens: the first half of SHA-256 of the text of the public key, in groups of four.
fn fingerprint(public_key: &str) -> String {
    let digest = Sha256::digest(public_key.as_bytes());
    let groups = digest.chunks(2).take(8);
    let groups: Vec<String> = groups
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    groups.join(" ")
}

fn read<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<T> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not {what}", path.display()))
}
