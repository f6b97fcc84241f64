use std::os::unix::fs::PermissionsExt;

use nod_protocol::{
    answer::AnswerKey,
    key_config::{KeyConfigError, RootKey},
};

use super::*;
use crate::vault::KeyNumber;

mod rotation;

const NOW: u64 = 1_800_000_000;

fn created() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    KeyRing::create(dir.path(), NOW).unwrap();
    dir
}

#[test]
fn what_is_made_can_be_read_and_belongs_together() {
    let dir = created();
    let keys = KeyRing::load(dir.path(), NOW).unwrap();
    let configs = keys.sealing_configs(NOW);
    let root = root_public_key(dir.path()).unwrap();
    assert!(root.choose(&configs, NOW).is_ok());
    assert!(keys.sealing(&configs[0].kid, NOW).is_some());
    assert_eq!(keys.jwks(NOW).len(), 1);
    let numbers: Vec<_> = keys.at_rest.numbers().collect();
    assert_eq!(numbers, [(KeyNumber(1), 0)]);
}

#[test]
fn existing_keys_are_never_overwritten() {
    let dir = created();
    assert!(matches!(
        KeyRing::create(dir.path(), NOW),
        Err(KeyError::File { .. })
    ));
}

#[test]
fn private_files_are_private_or_refused() {
    let dir = created();
    for entry in std::fs::read_dir(dir.path().join("keys")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|e| e == "key") {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
        }
    }
    let loose = dir.path().join("keys/pairwise.key");
    std::fs::set_permissions(&loose, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refused = KeyRing::load(dir.path(), NOW).err().unwrap().to_string();
    assert!(
        refused.contains("pairwise.key") && refused.contains("640"),
        "{refused}"
    );
    std::fs::set_permissions(&loose, std::fs::Permissions::from_mode(0o600)).unwrap();
    let keys_dir = dir.path().join("keys");
    std::fs::set_permissions(&keys_dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        KeyRing::load(dir.path(), NOW),
        Err(KeyError::LoosePermissions { mode: 0o755, .. })
    ));
}

#[test]
fn an_old_or_foreign_sealing_key_is_not_used() {
    let dir = created();
    let later = NOW + SEALING_KEY_LIFETIME;
    assert!(matches!(
        KeyRing::load(dir.path(), later),
        Err(KeyError::NoKey("sealing", _))
    ));
    let keys = KeyRing::load(dir.path(), NOW).unwrap();
    let kid = keys.sealing_configs(NOW)[0].kid.clone();
    assert!(keys.sealing(&kid, later).is_none());
    assert!(keys.sealing_configs(later).is_empty());

    let other = created();
    std::fs::copy(other.path().join("root.pub"), dir.path().join("root.pub")).unwrap();
    assert!(matches!(
        KeyRing::load(dir.path(), NOW),
        Err(KeyError::Config {
            source: KeyConfigError::NotSigned,
            ..
        })
    ));
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

fn load(dir: &tempfile::TempDir, now: u64) -> KeyRing {
    KeyRing::load(dir.path(), now).unwrap()
}

fn source(dir: &tempfile::TempDir) -> KeySource {
    KeySource::files(dir.path())
}

fn root_of(dir: &tempfile::TempDir) -> std::path::PathBuf {
    dir.path().join("keys/root.key")
}

fn signer(keys: &KeyRing, now: u64) -> KeyId {
    let key = keys.answer_key(now).unwrap().verifying_key();
    key.id().clone()
}

fn published(keys: &KeyRing, now: u64) -> Vec<KeyId> {
    keys.jwks(now).into_iter().map(|key| key.kid).collect()
}

fn handed_out(keys: &KeyRing, now: u64) -> KeyId {
    let configs = keys.sealing_configs(now);
    assert_eq!(configs.len(), 1);
    configs[0].kid.clone()
}

fn states(dir: &tempfile::TempDir, now: u64) -> Vec<(KeyId, State)> {
    let listed = source(dir).list(now).unwrap().into_iter();
    listed.map(|key| (key.kid, key.state)).collect()
}

#[test]
fn what_a_killed_command_left_half_written_is_nobodys_key() {
    let dir = created();
    let keys = dir.path().join("keys");
    std::fs::write(keys.join(".answer-a00.key.new"), "half a k").unwrap();
    std::fs::write(keys.join("answer-a01.json"), r#"{"in_use_from":0}"#).unwrap();
    assert_eq!(load(&dir, NOW).jwks(NOW).len(), 1);
    source(&dir).rotate_answer(0, NOW).unwrap();
}

/// Directories from before there were times.
#[test]
fn keys_without_times_work_as_they_did() {
    let dir = created();
    let first = signer(&load(&dir, NOW), NOW);
    let key = AnswerKey::generate("a-second").unwrap();
    let path = dir.path().join("keys/answer-a-second.key");
    files::write_private(&path, &key.private_bytes()).unwrap();
    let keys = load(&dir, NOW);
    assert_eq!(signer(&keys, NOW).as_str(), "a-second");
    assert_eq!(published(&keys, NOW + 50 * 365 * DAY).len(), 2);
    assert!(keys.answer_verifying_key(&first, NOW + DAY).is_some());
}

#[test]
fn a_running_process_follows_the_directory_and_keeps_what_works() {
    let dir = created();
    let live = LiveKeys::load(source(&dir), NOW).unwrap();
    let before = live.snapshot();
    live.refresh(NOW);
    assert!(
        std::sync::Arc::ptr_eq(&before, &live.snapshot()),
        "nothing changed"
    );

    let new = source(&dir).rotate_answer(0, NOW).unwrap().kid;
    live.refresh(NOW);
    assert_eq!(signer(&live.snapshot(), NOW), new);
    // Who began with the old ring ends with it.
    assert_ne!(signer(&before, NOW), new);

    let kid = KeyId::parse("k-foreign").unwrap();
    let pair = nod_protocol::seal::SealKeyPair::generate().unwrap();
    let stranger = RootKey::generate().unwrap();
    let config = stranger.sign(kid, &pair.public_key(), NOW, NOW + DAY);
    let (key, text) = ("keys/hpke-k-foreign.key", "keys/hpke-k-foreign.json");
    files::write_private(&dir.path().join(key), &pair.private_bytes()).unwrap();
    std::fs::write(
        dir.path().join(text),
        serde_json::to_string(&config).unwrap(),
    )
    .unwrap();
    live.refresh(NOW);
    assert!(live.is_stale());
    assert_eq!(signer(&live.snapshot(), NOW), new);
    assert!(live.snapshot().sealing(&config.kid, NOW).is_none());

    std::fs::remove_file(dir.path().join(text)).unwrap();
    live.refresh(NOW);
    assert!(!live.is_stale());

    let loose = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(dir.path().join(key), loose).unwrap();
    live.refresh(NOW);
    assert!(!live.is_stale(), "without a config nobody reads it");
    std::fs::set_permissions(
        dir.path().join("keys"),
        std::fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    live.refresh(NOW);
    assert!(live.is_stale());
    assert_eq!(signer(&live.snapshot(), NOW), new);
}

#[test]
fn the_database_keys_do_not_change_while_the_process_runs() {
    let dir = created();
    let live = LiveKeys::load(source(&dir), NOW).unwrap();
    let before = live.snapshot();
    std::fs::remove_file(dir.path().join("keys/pairwise.key")).unwrap();
    live.reload(NOW);
    assert!(!live.is_stale());
    assert_eq!(live.snapshot().pairwise, before.pairwise);
}

#[test]
fn at_rest_keys_follow_one_another_and_none_goes_that_is_in_use() {
    let dir = created();
    let source = KeySource::files(dir.path());
    let made = source.rotate_at_rest(60, NOW).unwrap();
    assert_eq!((made.number, made.in_use_from), (KeyNumber(2), NOW + 60));
    let keys = source.at_rest().unwrap();
    assert_eq!(keys.sealing(NOW + 59), KeyNumber(1));
    assert_eq!(keys.sealing(NOW + 60), KeyNumber(2));
    for (number, now) in [
        (1, NOW + 59),
        (1, NOW + 89),
        (2, NOW + 59),
        (2, NOW + 90),
        (3, NOW + 90),
    ] {
        let refused = source.retire_at_rest(KeyNumber(number), now);
        assert!(matches!(refused, Err(KeyError::Unsuitable(_))), "{number}");
    }
    source.retire_at_rest(KeyNumber(1), NOW + 90).unwrap();
    let keys = source.at_rest().unwrap();
    // A clock that is behind has no other to seal with.
    assert_eq!(keys.sealing(NOW), KeyNumber(2));
    assert_eq!(source.rotate_at_rest(0, NOW).unwrap().number, KeyNumber(3));
    // The numbers of keys that are gone are not used again: what they sealed may come back from a backup.
    std::fs::write(dir.path().join("keys/at-rest-x.key"), "AAAA").unwrap();
    assert!(matches!(source.at_rest(), Err(KeyError::Invalid(_))));
}
