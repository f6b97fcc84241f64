use nod_protocol::ids::{KeyId, Level, SiteKey};
use zeroize::Zeroizing;

use super::*;

fn audit() -> Audit {
    Audit::new(Zeroizing::new([7; 32]), "https://id.example.gov")
}

fn entries(audit: &Audit) -> Vec<Entry> {
    let site = || SiteKey::parse("pk_court").unwrap();
    let key = || KeyId::parse("a0123456789ab").unwrap();
    let ann = Some(audit.subject(b"ann"));
    let list = [
        (Event::Started, None),
        (Event::SiteAdded(site()), None),
        (Event::TicketIssued(Level::Full), ann),
        (Event::Enrolled(Level::Full), ann),
        (Event::Answered(site()), None),
        (Event::KeyRotated(key()), None),
        (Event::KeyRetired(key()), None),
        (Event::Unlocked, Some(audit.subject(b"bob"))),
        (Event::Erased, ann),
        (Event::Stopped, None),
    ];
    let list = list.into_iter().enumerate();
    list.map(|(index, (event, subject))| Entry {
        at: 1_800_000_000 + index as u64 / 2,
        event,
        subject,
    })
    .collect()
}

fn written(audit: &Audit) -> (Vec<(u64, Record)>, Head) {
    let mut log = audit.begin();
    let records = entries(audit).into_iter().map(|entry| {
        let record = log.append(&entry);
        (log.count(), record)
    });
    let records = records.collect();
    (records, log.head())
}

fn verify(audit: &Audit, records: &[(u64, Record)], head: &Head) -> Result<Vec<Entry>, Broken> {
    verify_since(audit, records, head, None)
}

fn verify_since(
    audit: &Audit,
    records: &[(u64, Record)],
    head: &Head,
    earlier: Option<&Head>,
) -> Result<Vec<Entry>, Broken> {
    let mut check = audit.check(head, earlier.copied())?;
    let entries = records
        .iter()
        .map(|(number, record)| check.next(*number, record));
    let entries = entries.collect::<Result<_, _>>()?;
    check.finish()?;
    Ok(entries)
}

/// As somebody would who can write the store and has read this file, and has no key.
fn chained_anew(audit: &Audit, records: &mut [(u64, Record)]) {
    let mut link = audit.first_link();
    for (index, (number, record)) in records.iter_mut().enumerate() {
        link = next_link(&link, &record.entry);
        *number = index as u64 + 1;
        record.link = link;
    }
}

#[test]
fn a_whole_log_is_read_as_it_was_written() {
    let audit = audit();
    let (records, head) = written(&audit);
    let checked = verify(&audit, &records, &head).unwrap();
    assert_eq!(checked, entries(&audit));
    let empty = audit.begin().head();
    assert!(verify(&audit, &[], &empty).unwrap().is_empty());
}

#[test]
fn every_changed_bit_is_noticed() {
    let audit = audit();
    let (records, head) = written(&audit);
    for index in 0..records.len() {
        for bit in 0..records[index].1.entry.len() * 8 {
            let mut changed = records.clone();
            changed[index].1.entry[bit / 8] ^= 1 << (bit % 8);
            let number = index as u64 + 1;
            assert_eq!(
                verify(&audit, &changed, &head),
                Err(Broken::Changed(number))
            );
            chained_anew(&audit, &mut changed);
            assert!(verify(&audit, &changed, &head).is_err(), "{index} {bit}");
        }
        for bit in 0..256 {
            let mut changed = records.clone();
            changed[index].1.link[bit / 8] ^= 1 << (bit % 8);
            assert!(verify(&audit, &changed, &head).is_err());
        }
    }
}

#[test]
fn every_removed_entry_is_noticed_at_the_end_too() {
    let audit = audit();
    let (records, head) = written(&audit);
    for index in 0..records.len() {
        let mut fewer = records.clone();
        fewer.remove(index);
        assert!(verify(&audit, &fewer, &head).is_err(), "{index}");
        chained_anew(&audit, &mut fewer);
        let (expected, found) = (10, 9);
        let refused = verify(&audit, &fewer, &head);
        assert_eq!(refused, Err(Broken::Length { expected, found }), "{index}");
    }
    for length in 0..records.len() {
        let refused = verify(&audit, &records[..length], &head);
        let (expected, found) = (10, length as u64);
        assert_eq!(refused, Err(Broken::Length { expected, found }));
    }
    let gap = [&records[..3], &records[4..]].concat();
    let refused = verify(&audit, &gap, &head);
    assert_eq!(
        refused,
        Err(Broken::Missing {
            expected: 4,
            found: 5
        })
    );
}

#[test]
fn entries_that_changed_places_are_noticed() {
    let audit = audit();
    let (records, head) = written(&audit);
    for one in 0..records.len() {
        for other in 0..one {
            let mut moved = records.clone();
            moved.swap(one, other);
            assert!(matches!(
                verify(&audit, &moved, &head),
                Err(Broken::Missing { .. })
            ));
            for (index, (number, _)) in moved.iter_mut().enumerate() {
                *number = index as u64 + 1;
            }
            assert!(matches!(
                verify(&audit, &moved, &head),
                Err(Broken::Changed(_))
            ));
            chained_anew(&audit, &mut moved);
            assert!(verify(&audit, &moved, &head).is_err());
        }
    }
}

#[test]
fn added_entries_are_noticed() {
    let audit = audit();
    let (records, head) = written(&audit);
    for index in 0..=records.len() {
        let mut more = records.clone();
        more.insert(index, records[0].clone());
        chained_anew(&audit, &mut more);
        let (expected, found) = (10, 11);
        assert_eq!(
            verify(&audit, &more, &head),
            Err(Broken::Length { expected, found })
        );
    }
}

#[test]
fn a_head_is_by_one_key_for_one_log() {
    let audit = audit();
    let (records, head) = written(&audit);
    let other_key = Audit::new(Zeroizing::new([8; 32]), "https://id.example.gov");
    let other_log = Audit::new(Zeroizing::new([7; 32]), "https://id.example.org");
    for other in [&other_key, &other_log] {
        assert_eq!(verify(other, &records, &head), Err(Broken::Head));
        assert!(matches!(other.resume(&head), Err(Broken::Head)));
    }
    let text = head.to_text();
    assert_eq!(Head::from_text(&text), Some(head));
    for shorter in [
        text.replacen("10:", "9:", 1),
        text.replacen("10:", "11:", 1),
    ] {
        let forged = Head::from_text(&shorter).unwrap();
        assert_eq!(verify(&audit, &records, &forged), Err(Broken::Head));
    }
    for bad in ["", "10", "10:AAAA", "x:AAAA"] {
        assert!(Head::from_text(bad).is_none(), "{bad}");
    }
}

#[test]
fn a_log_goes_on_after_a_restart() {
    let audit = audit();
    let all = entries(&audit);
    let (whole, head) = written(&audit);
    let mut log = audit.begin();
    let mut records: Vec<_> = all[..4].iter().map(|entry| log.append(entry)).collect();
    let kept = Head::from_text(&log.head().to_text()).unwrap();
    let mut log = audit.resume(&kept).unwrap();
    records.extend(all[4..].iter().map(|entry| log.append(entry)));
    assert_eq!(log.head(), head);
    assert!(whole.iter().map(|(_, record)| record).eq(&records));
}

#[test]
fn an_old_log_in_place_of_a_new_one_is_noticed_with_a_head_that_was_kept() {
    let audit = audit();
    let (records, head) = written(&audit);
    let mut log = audit.begin();
    for entry in &entries(&audit)[..6] {
        log.append(entry);
    }
    let earlier = log.head();
    // Put back, with its head: true in itself.
    assert!(verify(&audit, &records[..6], &earlier).is_ok());
    let since = |records: &[_], head, kept: Head| {
        verify_since(&audit, records, head, Some(&kept)).map(drop)
    };
    let put_back = since(&records[..6], &earlier, head);
    assert_eq!(put_back, Err(Broken::Replaced(10)), "there was more");
    for kept in [audit.begin().head(), earlier, head] {
        assert_eq!(since(&records, &head, kept), Ok(()));
    }
    // Another course from there on.
    log.append(&entries(&audit)[0]);
    let other_course = since(&records, &head, log.head());
    assert_eq!(other_course, Err(Broken::Replaced(7)));
    let other_key = Audit::new(Zeroizing::new([8; 32]), "https://id.example.gov");
    let forged = since(&records, &head, other_key.begin().head());
    assert_eq!(forged, Err(Broken::Kept));
}

#[test]
fn every_event_is_read_back_and_has_a_number_and_a_name_of_its_own() {
    let (mut names, mut numbers) = (vec![], vec![]);
    for number in 0..=u8::MAX {
        let texts = ["", "pk_court", "full", "oAAAAAAAAAAAA"];
        let Some(event) = texts.iter().find_map(|text| Event::of(number, text)) else {
            continue;
        };
        let (again, text) = event.parts();
        assert_eq!(
            (again, Event::of(number, text)),
            (number, Some(event.clone()))
        );
        names.push(event.name());
        numbers.push(number);
    }
    assert_eq!(numbers, (1..=34).collect::<Vec<u8>>());
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), numbers.len());
}

#[test]
fn what_is_no_entry_is_none_even_in_a_true_chain() {
    let audit = audit();
    let good = entries(&audit)[3].encode();
    let mut trailing = good.clone();
    trailing.push(0);
    let mut unknown = good.clone();
    unknown[8] = 99;
    let text_where_there_is_none = [&[0; 8][..], &[1, 1, b'x', 0]].concat();
    let short = good[..good.len() - 1].to_vec();
    for entry in [trailing, unknown, text_where_there_is_none, short, vec![]] {
        let link = next_link(&audit.first_link(), &entry);
        let head = Head {
            count: 1,
            link,
            mac: audit.mac(1, &link),
        };
        let records = [(1, Record { entry, link })];
        assert_eq!(verify(&audit, &records, &head), Err(Broken::Malformed(1)));
    }
}

#[test]
fn people_are_keyed_hashes() {
    let audit = audit();
    let other = Audit::new(Zeroizing::new([8; 32]), "https://id.example.gov");
    assert_eq!(audit.subject(b"4711"), audit.subject(b"4711"));
    assert_ne!(audit.subject(b"4711"), audit.subject(b"4712"));
    assert_ne!(audit.subject(b"4711"), other.subject(b"4711"));
    let (records, _) = written(&audit);
    let all: Vec<u8> = records
        .into_iter()
        .flat_map(|(_, record)| record.entry)
        .collect();
    assert!(
        !all.windows(3)
            .any(|three| three == b"ann" || three == b"bob")
    );
}

/// Worked out by hand from the description at the top: whoever changes it makes every log that there is unreadable.
#[test]
fn the_form_is_pinned() {
    let entry = Entry {
        at: 1,
        event: Event::SiteAdded(SiteKey::parse("pk_a").unwrap()),
        subject: Some(Subject([9; 32])),
    };
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 1, 3, 4, b'p', b'k', b'_', b'a', 1];
    bytes.extend([9; 32]);
    assert_eq!(entry.encode(), bytes);
    let mut hash = Sha256::new();
    hash.update([0, 0, 0, 0, 0, 0, 0, 12]);
    hash.update(b"nod audit v1");
    hash.update([0, 0, 0, 0, 0, 0, 0, 22]);
    hash.update(b"https://id.example.gov");
    let first: [u8; 32] = hash.finalize().into();
    assert_eq!(audit().first_link(), first);
}
