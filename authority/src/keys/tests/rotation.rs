use super::*;

#[test]
fn an_answer_key_is_published_before_it_signs_and_as_long_as_its_answers_are_good() {
    let dir = created();
    let old = signer(&load(&dir, NOW), NOW);
    let Rotated {
        kid: new,
        in_use_from,
        others_until,
    } = source(&dir).rotate_answer(HOUR, NOW).unwrap();
    assert_eq!(in_use_from, NOW + HOUR);
    // Lifetime and leeway of an answer, and a minute.
    assert_eq!(others_until, NOW + HOUR + 300 + 60 + 60);
    // One ring at all these times: nothing has to be loaded for time to pass.
    let keys = load(&dir, NOW);
    for (now, signs, known) in [
        (NOW, &old, vec![&old, &new]),
        (in_use_from - 1, &old, vec![&old, &new]),
        (in_use_from, &new, vec![&old, &new]),
        (others_until - 1, &new, vec![&old, &new]),
        (others_until, &new, vec![&new]),
        (NOW + 50 * 365 * DAY, &new, vec![&new]),
    ] {
        assert_eq!(&signer(&keys, now), signs, "{now}");
        assert_eq!(
            published(&keys, now).iter().collect::<Vec<_>>(),
            known,
            "{now}"
        );
        for kid in [&old, &new] {
            let is_known = keys.answer_verifying_key(kid, now).is_some();
            assert_eq!(is_known, known.contains(&kid), "{now}");
        }
    }
}

#[test]
fn whatever_a_key_signs_can_be_checked_until_it_expires() {
    let dir = created();
    source(&dir).rotate_answer(40, NOW).unwrap();
    source(&dir).rotate_answer(300, NOW + 7).unwrap();
    source(&dir).rotate_answer(0, NOW + 11).unwrap();
    let keys = load(&dir, NOW + 11);
    for now in NOW + 11..NOW + 1000 {
        let kid = signer(&keys, now);
        let last = now + 300 + 60;
        assert!(
            keys.answer_verifying_key(&kid, last).is_some(),
            "{kid} at {now}"
        );
    }
}

#[test]
fn a_new_sealing_key_is_handed_out_alone_and_the_old_one_opens_for_a_while() {
    let dir = created();
    let old = handed_out(&load(&dir, NOW), NOW);
    let rotated = source(&dir)
        .rotate_sealing(&root_of(&dir), 30 * DAY, DAY, NOW)
        .unwrap();
    let keys = load(&dir, NOW);
    assert_eq!(handed_out(&keys, NOW), rotated.kid);
    assert!(keys.sealing(&old, NOW + DAY - 1).is_some());
    assert!(keys.sealing(&old, NOW + DAY).is_none());
    assert!(keys.sealing(&rotated.kid, NOW + 30 * DAY - 1).is_some());
    assert!(keys.sealing(&rotated.kid, NOW + 30 * DAY).is_none());
    assert_eq!(keys.sealing_ends(NOW), NOW + 30 * DAY);
    assert_eq!(keys.sealing_ends(NOW + 30 * DAY), 0);
    // A device whose clock is an hour slow takes it.
    let root = root_public_key(dir.path()).unwrap();
    assert!(root.choose(&keys.sealing_configs(NOW), NOW - HOUR).is_ok());
}

#[test]
fn a_sealing_key_is_signed_on_another_machine() {
    let dir = created();
    let (kept, pinned) = (root_of(&dir), dir.path().join("root.key"));
    std::fs::rename(&kept, &pinned).unwrap();
    let request = source(&dir).request_sealing(365 * DAY, NOW).unwrap();
    // Until it is signed it is nothing, and in nobody's way.
    let before = load(&dir, NOW);
    assert!(before.sealing(&request.kid, NOW).is_none());
    assert!(states(&dir, NOW).contains(&(request.kid.clone(), State::Unsigned)));

    let config = sign_request(&pinned, &request).unwrap();
    let rotated = source(&dir)
        .install_sealing(&config, DAY, NOW + 60)
        .unwrap();
    assert_eq!(
        (&rotated.kid, rotated.in_use_from),
        (&request.kid, NOW + 60)
    );
    assert_eq!(handed_out(&load(&dir, NOW + 60), NOW + 60), request.kid);
    assert!(
        !dir.path()
            .join(format!("keys/hpke-{}.request.json", request.kid))
            .exists()
    );
    // Once.
    assert!(
        source(&dir)
            .install_sealing(&config, DAY, NOW + 70)
            .is_err()
    );
}

#[test]
fn what_another_root_signed_is_refused_everywhere() {
    let dir = created();
    let other = created();
    let request = source(&dir).request_sealing(DAY, NOW).unwrap();
    let foreign = sign_request(&root_of(&other), &request).unwrap();
    let refused = source(&dir).install_sealing(&foreign, DAY, NOW);
    assert!(matches!(
        refused,
        Err(KeyError::Config {
            source: KeyConfigError::NotSigned,
            ..
        })
    ));
    let refused = source(&dir).rotate_sealing(&root_of(&other), DAY, DAY, NOW);
    assert!(matches!(refused, Err(KeyError::WrongRoot(_))));

    let path = dir.path().join(format!("keys/hpke-{}.json", request.kid));
    std::fs::write(path, serde_json::to_string(&foreign).unwrap()).unwrap();
    let refused = KeyRing::load(dir.path(), NOW).err().unwrap();
    assert!(matches!(
        refused,
        KeyError::Config {
            source: KeyConfigError::NotSigned,
            ..
        }
    ));
}

#[test]
fn a_config_for_another_key_of_that_name_is_refused() {
    let (dir, other) = (created(), created());
    let request = source(&dir).request_sealing(DAY, NOW).unwrap();
    let mut changed = source(&other).request_sealing(DAY, NOW).unwrap();
    changed.kid = request.kid.clone();
    let config = sign_request(&root_of(&dir), &changed).unwrap();
    let refused = source(&dir).install_sealing(&config, DAY, NOW);
    assert!(matches!(refused, Err(KeyError::Unsuitable(_))));
}

#[test]
fn retiring_waits_until_nothing_is_lost_unless_it_must_not() {
    let dir = created();
    let old = handed_out(&load(&dir, NOW), NOW);
    let needed = source(&dir).retire(&old, true, NOW);
    assert!(
        matches!(needed, Err(KeyError::Needed { from: NOW, .. })),
        "{needed:?}"
    );
    let needed = source(&dir)
        .retire(&old, false, NOW)
        .unwrap_err()
        .to_string();
    assert!(needed.contains("key rotate sealing"), "{needed}");

    source(&dir)
        .rotate_sealing(&root_of(&dir), 30 * DAY, DAY, NOW)
        .unwrap();
    // Half an hour of a session, a minute of a challenge, a minute.
    let end = source(&dir).retire(&old, false, NOW + 10).unwrap();
    assert_eq!(end, NOW + 1800 + 60 + 60);
    assert!(load(&dir, NOW).sealing(&old, end - 1).is_some());
    assert!(load(&dir, NOW).sealing(&old, end).is_none());
    let end = source(&dir).retire(&old, true, NOW + 20).unwrap();
    assert_eq!(end, NOW + 20);
    assert!(load(&dir, NOW).sealing(&old, end).is_none());
    // Nothing brings it back.
    assert_eq!(source(&dir).retire(&old, false, NOW + 30).unwrap(), end);
}

#[test]
fn an_answer_key_that_has_leaked_goes_at_once_and_not_before_there_is_another() {
    let dir = created();
    let old = signer(&load(&dir, NOW), NOW);
    source(&dir).rotate_answer(HOUR, NOW).unwrap();
    let needed = source(&dir)
        .retire(&old, true, NOW)
        .unwrap_err()
        .to_string();
    assert!(needed.contains("--signs-in 0s"), "{needed}");
    let new = source(&dir).rotate_answer(0, NOW).unwrap().kid;
    assert_eq!(source(&dir).retire(&old, true, NOW).unwrap(), NOW);
    let keys = load(&dir, NOW);
    assert_eq!(signer(&keys, NOW), new);
    assert!(keys.answer_verifying_key(&old, NOW).is_none());
    assert!(!published(&keys, NOW).contains(&old));
}

#[test]
fn a_key_that_never_came_into_use_can_be_taken_back() {
    let dir = created();
    let old = signer(&load(&dir, NOW), NOW);
    let waiting = source(&dir).rotate_answer(HOUR, NOW).unwrap().kid;
    assert_eq!(
        source(&dir).retire(&waiting, false, NOW + 5).unwrap(),
        NOW + 5
    );
    let keys = load(&dir, NOW + 5);
    assert_eq!(signer(&keys, NOW + 50 * DAY), old);
    assert_eq!(published(&keys, NOW + 50 * DAY), [old]);
    let unsigned = source(&dir).request_sealing(DAY, NOW).unwrap().kid;
    source(&dir).retire(&unsigned, false, NOW).unwrap();
    assert!(states(&dir, NOW).iter().all(|(kid, _)| *kid != unsigned));
    let unknown = KeyId::parse("nobody").unwrap();
    assert!(matches!(
        source(&dir).retire(&unknown, true, NOW),
        Err(KeyError::Unknown(_))
    ));
}

#[test]
fn what_is_over_is_removed_and_nothing_else() {
    let dir = created();
    let first = signer(&load(&dir, NOW), NOW);
    let second = source(&dir).rotate_answer(HOUR, NOW).unwrap().kid;
    assert!(source(&dir).prune(NOW + HOUR).unwrap().is_empty());
    let later = NOW + 2 * HOUR;
    assert_eq!(
        source(&dir).prune(later).unwrap(),
        std::slice::from_ref(&first)
    );
    assert!(!dir.path().join(format!("keys/answer-{first}.key")).exists());
    assert_eq!(published(&load(&dir, later), later), [second]);
}

#[test]
fn the_states_are_told_apart() {
    let dir = created();
    let (old, sealing) = {
        let keys = load(&dir, NOW);
        (signer(&keys, NOW), handed_out(&keys, NOW))
    };
    let new = source(&dir).rotate_answer(HOUR, NOW).unwrap().kid;
    let of = |now| {
        let all = states(&dir, now);
        let state = |kid: &KeyId| all.iter().find(|(of, _)| of == kid).unwrap().1;
        [state(&sealing), state(&old), state(&new)]
    };
    assert_eq!(of(NOW), [State::InUse, State::InUse, State::Waiting]);
    assert_eq!(
        of(NOW + HOUR),
        [State::InUse, State::Superseded, State::InUse]
    );
    assert_eq!(of(NOW + DAY), [State::InUse, State::Over, State::InUse]);
    assert_eq!(of(NOW + 365 * DAY)[0], State::Over);
}

/// A command may be killed between any two of its files.
#[test]
fn any_first_few_files_of_a_rotation_leave_the_keys_as_they_were() {
    let whole = created();
    let (_, answer) = source(&whole).answer_rotation(0, NOW).unwrap();
    let (_, sealing) = source(&whole)
        .sealing_rotation(&root_of(&whole), DAY, DAY, NOW)
        .unwrap();
    for steps in [answer, sealing] {
        let before = load(&whole, NOW);
        for step in &steps {
            files::apply(&whole.path().join("keys"), std::slice::from_ref(step)).unwrap();
            let after = load(&whole, NOW);
            let is_last = std::ptr::eq(step, &steps[steps.len() - 1]);
            let is_as_before = signer(&after, NOW) == signer(&before, NOW)
                && handed_out(&after, NOW) == handed_out(&before, NOW)
                && published(&after, NOW) == published(&before, NOW);
            if !is_last {
                assert!(is_as_before);
            }
        }
        let done = load(&whole, NOW);
        let is_done = signer(&done, NOW) != signer(&before, NOW)
            || handed_out(&done, NOW) != handed_out(&before, NOW);
        assert!(is_done);
    }
}
