use std::os::unix::fs::PermissionsExt;

use super::*;

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
    assert_eq!(keys.jwks().len(), 1);
    assert_ne!(keys.at_rest, keys.lookup);
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
