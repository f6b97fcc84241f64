use super::*;

fn vault() -> Vault {
    with_keys(1, 2)
}

fn with_keys(at_rest: u8, lookup: u8) -> Vault {
    let at_rest = AtRestKeys::first(Zeroizing::new([at_rest; 32]));
    Vault::new(&at_rest, Zeroizing::new([lookup; 32]), 0)
}

const CELL: Cell<'_> = Cell {
    table: "templates",
    row: b"row-1",
    column: "embedding",
};

#[test]
fn opens_only_in_its_own_place() {
    let stored = vault().seal(CELL, b"a template").unwrap();
    assert_eq!(
        vault().open(CELL, &stored).unwrap().as_slice(),
        b"a template"
    );
    for elsewhere in [
        Cell {
            table: "residents",
            ..CELL
        },
        Cell {
            row: b"row-2",
            ..CELL
        },
        Cell {
            column: "other",
            ..CELL
        },
    ] {
        assert_eq!(
            vault().open(elsewhere, &stored),
            Err(VaultError::DoesNotOpen)
        );
    }
    let other_key = with_keys(9, 2);
    assert_eq!(other_key.open(CELL, &stored), Err(VaultError::DoesNotOpen));
}

#[test]
fn every_changed_bit_is_noticed() {
    let stored = vault().seal(CELL, b"a template").unwrap();
    for index in 0..stored.len() {
        let mut changed = stored.clone();
        changed[index] ^= 0x10;
        let expected = match index {
            0 => VaultError::NoKey(KeyNumber(0x11)),
            _ => VaultError::DoesNotOpen,
        };
        assert_eq!(vault().open(CELL, &changed), Err(expected), "{index}");
    }
    for length in 0..stored.len() {
        assert_eq!(
            vault().open(CELL, &stored[..length]),
            Err(VaultError::DoesNotOpen)
        );
    }
}

#[test]
fn the_same_value_never_looks_the_same() {
    assert_ne!(
        vault().seal(CELL, b"x").unwrap(),
        vault().seal(CELL, b"x").unwrap()
    );
}

#[test]
fn lookups_depend_on_key_label_and_site() {
    let id = ClaimedId::parse("11010519491231002X").unwrap();
    let other_key = with_keys(1, 3);
    let (court, hotel) = (
        SiteKey::parse("pk_court").unwrap(),
        SiteKey::parse("pk_hotel").unwrap(),
    );
    assert_eq!(vault().resident_lookup(&id), vault().resident_lookup(&id));
    assert_ne!(vault().resident_lookup(&id), other_key.resident_lookup(&id));
    assert_ne!(
        vault().attempts_lookup(&id, &court),
        vault().attempts_lookup(&id, &hotel)
    );
    assert_ne!(
        vault().token_hash(TokenKind::SiteSecret, "x"),
        vault().token_hash(TokenKind::TicketCode, "x")
    );
    let key = vault().sketching_key(&[1; 16]);
    assert_ne!(*key, *vault().sketching_key(&[2; 16]));
    assert_ne!(*key, *other_key.sketching_key(&[1; 16]));
}

/// The primitives have vectors of their own (`wycheproof.rs`); this pins how they are put together, so that
/// a refactoring cannot silently make every stored value unreadable.
#[test]
fn the_stored_form_is_pinned() {
    let key = vault().keyed_hash("resident", &[b"1234"]);
    let again = {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[2u8; 32]).unwrap();
        mac.update(&8u64.to_be_bytes());
        mac.update(b"resident");
        mac.update(&4u64.to_be_bytes());
        mac.update(b"1234");
        <[u8; 32]>::from(mac.finalize().into_bytes())
    };
    assert_eq!(key, again);
}

fn two_keys() -> AtRestKeys {
    let first = AtRestKeys::first(Zeroizing::new([1; 32]));
    first.and(KeyNumber(2), Zeroizing::new([7; 32]), 100)
}

fn lookup() -> SecretKey {
    Zeroizing::new([2; 32])
}

#[test]
fn a_new_key_seals_when_its_time_has_come_and_the_old_one_opens() {
    let keys = two_keys();
    let vault = Vault::new(&keys, lookup(), 99);
    let old = vault.seal(CELL, b"a template").unwrap();
    assert_eq!(old[0], 1);
    vault.adopt(&keys, 100);
    let new = vault.seal(CELL, b"a template").unwrap();
    assert_eq!(new[0], 2);
    for stored in [&old, &new] {
        assert_eq!(vault.open(CELL, stored).unwrap().as_slice(), b"a template");
    }
    let again = vault.seal_again(CELL, &old).unwrap();
    assert_eq!(again[0], 2);
    // The first key alone opens what it sealed, and says what is missing of the rest.
    assert!(self::vault().open(CELL, &old).is_ok());
    assert_eq!(
        self::vault().open(CELL, &again),
        Err(VaultError::NoKey(KeyNumber(2)))
    );
    // A ciphertext does not become another key's by its number.
    let mut relabelled = old.clone();
    relabelled[0] = 2;
    assert_eq!(vault.open(CELL, &relabelled), Err(VaultError::DoesNotOpen));
}

#[test]
fn a_template_stays_its_owners_through_a_rotation_and_what_leaked_before_is_nobodys() {
    let set = nod_protocol::ids::ModelSetId::parse("open-1").unwrap();
    let face = |shift: f32| {
        let values = (0..64).map(|i| ((i * 37 % 101) as f32 - 50.0) + shift * (i % 3) as f32);
        nod_protocol::payload::Embedding::normalised(values.collect()).unwrap()
    };
    let keys = two_keys();
    let before = Vault::new(&keys, lookup(), 0);
    let stored = before
        .seal_template(CELL, &set, &before.protect(&set, 64, &face(0.0)).unwrap())
        .unwrap();

    // The running process keeps its coordinates while it seals with the next key.
    before.adopt(&keys, 200);
    let resealed = before.seal_template_again(CELL, &set, &stored).unwrap();
    assert_eq!((stored[0], resealed[0]), (1, 2));
    let probe = before.protect(&set, 64, &face(4.0)).unwrap();
    let expected = face(0.0).cosine(&face(4.0)).unwrap();
    for stored in [&stored, &resealed] {
        let template = before.open_template(CELL, &set, stored).unwrap();
        assert!((template.cosine(&probe).unwrap() - expected).abs() < 1e-5);
    }
    // Also when the first key is gone.
    let second = AtRestKeys::only(KeyNumber(2), Zeroizing::new([7; 32]), 100);
    before.adopt(&second, 300);
    let template = before.open_template(CELL, &set, &resealed).unwrap();
    assert!((template.cosine(&probe).unwrap() - expected).abs() < 1e-5);
    let later = before.seal_template(CELL, &set, &template).unwrap();

    // The next process knows the second key only.
    let after = Vault::new(&second, lookup(), 300);
    let probe_after = after.protect(&set, 64, &face(4.0)).unwrap();
    for stored in [&resealed, &later] {
        let template = after.open_template(CELL, &set, stored).unwrap();
        assert!((template.cosine(&probe_after).unwrap() - expected).abs() < 1e-5);
    }
    // What was held before the rotation, decrypted: the numbers of a stranger.
    let leaked = before.open_template(CELL, &set, &stored);
    assert!(matches!(leaked, Err(VaultError::NoKey(KeyNumber(1)))));
    assert!(probe.cosine(&probe_after).unwrap().abs() < 0.5);
}

#[test]
fn a_template_from_before_there_was_protection_is_protected_when_it_is_read() {
    let set = nod_protocol::ids::ModelSetId::parse("open-1").unwrap();
    let face = nod_protocol::payload::Embedding::normalised(vec![0.6, 0.8]).unwrap();
    let plain = vault().seal(CELL, &face.to_bytes()).unwrap();
    let template = vault().open_template(CELL, &set, &plain).unwrap();
    let probe = vault().protect(&set, 2, &face).unwrap();
    assert!(template.cosine(&probe).unwrap() > 0.999_999);
    assert!(
        vault()
            .open_template(CELL, &set, &vault().seal(CELL, b"no").unwrap())
            .is_err()
    );
}

/// Rotations of large sizes take long to make: nobody may have one made by sending an embedding of another size.
#[test]
fn an_embedding_of_another_size_is_refused_before_anything_is_made_for_it() {
    let set = nod_protocol::ids::ModelSetId::parse("open-1").unwrap();
    let odd = nod_protocol::payload::Embedding::normalised(vec![1.0; 1024]).unwrap();
    let refused = vault().protect(&set, 256, &odd);
    assert!(matches!(refused, Err(VaultError::NoTemplate)));
}
