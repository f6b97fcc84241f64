use nod_protocol::questions::Category;

use super::*;
use crate::clock::UtcOffset;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn record(json: &str) -> Attributes {
    let read = Attributes::parse(json, &day("2026-12-01"));
    read.unwrap_or_else(|error| panic!("{error}"))
}

fn is_over(years: u8, born: &str, today: &str) -> bool {
    let record = record(&format!(r#"{{"date_of_birth": "{born}"}}"#));
    answer(Predicate::AgeOver(years), &record, &day(today)).unwrap()
}

#[test]
fn an_age_begins_with_the_birthday() {
    for (years, born, before, from) in [
        (18, "2008-12-01", "2026-11-30", "2026-12-01"),
        (14, "2000-01-01", "2013-12-31", "2014-01-01"),
        (60, "1966-12-31", "2026-12-30", "2026-12-31"),
        // Born on a leap day: in a leap year on the day, in others on 1 March.
        (16, "2004-02-29", "2020-02-28", "2020-02-29"),
        (18, "2004-02-29", "2022-02-28", "2022-03-01"),
        // 1900 and 2100 are no leap years, 2000 is one.
        (60, "1940-02-29", "2000-02-28", "2000-02-29"),
        (60, "2024-02-29", "2084-02-28", "2084-02-29"),
        (100, "2000-02-29", "2100-02-28", "2100-03-01"),
        // The day after a leap day.
        (16, "2004-03-01", "2020-02-29", "2020-03-01"),
    ] {
        assert!(!is_over(years, born, before), "{years} {born} {before}");
        assert!(is_over(years, born, from), "{years} {born} {from}");
    }
    // An earlier day than the birth: a clock that was set back.
    assert!(!is_over(18, "2008-12-01", "2008-11-30"));
}

#[test]
fn the_day_begins_where_the_settings_say() {
    let offset = |text: &str| UtcOffset::try_from(text.to_owned()).unwrap();
    // 2028-02-28 23:59:59 UTC.
    let now = 1_835_395_199;
    for (text, today) in [
        ("+00:00", "2028-02-28"),
        ("+08:00", "2028-02-29"),
        ("-08:00", "2028-02-28"),
    ] {
        assert!(Date::of(now, offset(text)) == day(today), "{text}");
    }
    assert!(Date::of(now + 1, offset("+00:00")) == day("2028-02-29"));
}

#[test]
fn contributions_are_current_if_no_month_is_missing_that_had_to_be_booked() {
    let record = |month: &str| {
        record(&format!(
            r#"{{"insurance": {{"medical": {{"paid_until": "{month}"}}}}}}"#
        ))
    };
    let is_current = |month: &str, today: &str| {
        let asked = Predicate::ContributionsCurrent(Category::Medical);
        answer(asked, &record(month), &day(today)).unwrap()
    };
    for (month, today, current) in [
        ("2026-10", "2026-12-01", true),
        ("2026-10", "2026-12-31", true),
        ("2026-10", "2027-01-01", false),
        ("2026-11", "2027-01-31", true),
        ("2026-12", "2027-02-28", true),
        ("2026-12", "2027-03-01", false),
        ("2026-09", "2026-12-01", false),
        ("2025-12", "2026-12-01", false),
        // Paid in advance.
        ("2027-06", "2026-12-01", true),
    ] {
        assert_eq!(is_current(month, today), current, "{month} {today}");
    }
}

#[test]
fn each_question_reads_its_own_entry() {
    let today = day("2026-12-01");
    for (name, category) in record::CATEGORIES {
        let json = format!(
            r#"{{"insurance": {{"{name}": {{"active": true, "paid_until": "2026-11"}}}}}}"#
        );
        let record = record(&json);
        for (question, yes) in answers(&all(), &record, &today) {
            let is_about_it = question.as_str().ends_with(&format!(":{name}"));
            assert_eq!(yes, is_about_it, "{question} with {name}");
        }
        assert_eq!(
            answer(Predicate::BenefitActive(category), &record, &today),
            Some(true)
        );
    }
    let inactive = record(r#"{"insurance": {"pension": {"active": false}}}"#);
    let pension = Predicate::BenefitActive(Category::Pension);
    assert_eq!(answer(pension, &inactive, &today), Some(false));
}

#[test]
fn what_is_not_known_is_no_answer_and_so_a_no() {
    let (nothing, today) = (Attributes::default(), day("2026-12-01"));
    for (_, predicate) in PREDICATES {
        assert_eq!(answer(predicate, &nothing, &today), None);
    }
    let asked = all();
    let given = answers(&asked, &nothing, &today);
    assert_eq!(given.len(), asked.len());
    assert!(given.values().all(|yes| !yes));
    // A question from a later version of the program.
    let unknown = [Question::parse("age_over_21").unwrap()];
    let adult = record(r#"{"date_of_birth": "1950-01-01"}"#);
    assert_eq!(
        answers(&unknown, &adult, &today)
            .into_values()
            .collect::<Vec<_>>(),
        [false]
    );
}

#[test]
fn names_are_unique_and_others_are_refused_with_the_list() {
    let names = all();
    assert_eq!(names.len(), PREDICATES.len());
    for (number, name) in names.iter().enumerate() {
        assert!(!names[number + 1..].contains(name), "{name}");
        assert!(known(name.as_str()).is_ok_and(|question| question == *name));
    }
    for name in ["", "age_over_19", "age_over_18 ", "benefit_active", "Ä"] {
        let refused = known(name).unwrap_err();
        assert!(
            refused.contains("age_over_18, age_over_60, benefit_active:pension"),
            "{refused}"
        );
    }
}

#[test]
fn a_stored_record_is_what_was_given_and_always_as_long() {
    let full = r#"{"date_of_birth": "2004-02-29", "insurance": {
        "pension": {"active": true, "paid_until": "2199-12"}, "medical": {"active": false, "paid_until": "1850-01"},
        "unemployment": {"active": true, "paid_until": "2026-11"}, "maternity": {"active": null, "paid_until": "2026-11"},
        "work_injury": {"active": true, "paid_until": null}, "housing_fund": {"active": true, "paid_until": "2026-11"}}}"#;
    for json in ["{}", full, r#"{"date_of_birth": null, "insurance": {}}"#] {
        let stored = record(json).to_bytes();
        assert_eq!(stored.len(), RECORD);
        let read = Attributes::from_bytes(&stored).unwrap();
        assert!(*read.to_bytes() == *stored);
    }
    let stored = record(full).to_bytes();
    let read = Attributes::from_bytes(&stored).unwrap();
    assert_eq!(read.date_of_birth.as_ref().unwrap().written(), "2004-02-29");
    let covers: Vec<_> = read
        .covers()
        .map(|(name, cover)| {
            (
                name,
                cover.active,
                cover.paid_until.as_ref().map(Month::written),
            )
        })
        .collect();
    assert_eq!(covers[1], ("medical", Some(false), Some("1850-01".into())));
    assert_eq!(covers[4], ("work_injury", Some(true), None));
    // Whatever is changed, cut or added is no record, or another one.
    for at in 0..RECORD {
        let mut changed = stored.to_vec();
        changed[at] ^= 0xff;
        assert!(
            Attributes::from_bytes(&changed).is_none_or(|read| *read.to_bytes() == changed),
            "byte {at}"
        );
        assert!(Attributes::from_bytes(&stored[..at]).is_none());
    }
    assert!(Attributes::from_bytes(&[&stored[..], &[0]].concat()).is_none());
}

#[test]
fn what_is_no_record_is_refused_without_being_repeated() {
    for (json, words) in [
        ("", "not JSON"),
        ("[]", "expected an object at line 1 column"),
        (r#"{"insurance": [{"active": true}]}"#, "expected an object"),
        (
            r#"{"insurance": {"pension": [true]}}"#,
            "expected an object",
        ),
        (r#"{"insurance": {"pension": null}}"#, "expected an object"),
        (
            r#"{"date_of_birth": "1990-02-30"}"#,
            "expected a day that there is",
        ),
        (
            r#"{"date_of_birth": "1990-2-3"}"#,
            "expected a day that there is",
        ),
        (
            r#"{"date_of_birth": "1990-02-28T00"}"#,
            "expected a day that there is",
        ),
        (
            r#"{"date_of_birth": 19900230}"#,
            "expected a day that there is",
        ),
        (
            r#"{"date_of_birth": "1700-02-28"}"#,
            "expected a day that there is",
        ),
        (r#"{"date_of_birth": "2026-12-02"}"#, "still to come"),
        (
            r#"{"birthday": "1990-02-28"}"#,
            "expected `date_of_birth` or `insurance`",
        ),
        (
            r#"{"insurance": {"dental": {}}}"#,
            "expected one of `pension`",
        ),
        (
            r#"{"insurance": {"pension": {"active": "1990"}}}"#,
            "expected a boolean",
        ),
        (
            r#"{"insurance": {"pension": {"paid_until": "1990-13"}}}"#,
            "expected a month",
        ),
        (
            r#"{"insurance": {"pension": {}, "pension": {}}}"#,
            "duplicate field `pension`",
        ),
        (
            r#"{"date_of_birth": "1990-02-28"} {}"#,
            "not JSON: trailing characters",
        ),
        ("{\"date_of_birth\":\n \"1990-02-30\"}", "line 2 column 13"),
    ] {
        let refused = Attributes::parse(json, &day("2026-12-01")).err();
        let refused = refused.unwrap_or_else(|| panic!("{json}")).to_string();
        assert!(refused.contains(words), "{json}: {refused}");
        let without_example = refused.replace("1990-02-28\"", "");
        assert!(!without_example.contains("1990"), "{refused}");
        assert!(!refused.contains("birthday") && !refused.contains("dental"));
    }
}

#[test]
fn a_line_has_an_id_and_a_record_and_repeats_neither() {
    let today = day("2026-12-01");
    let read = Line::parse(
        r#"{"id": "ab-4711", "record": {"date_of_birth": "1990-02-28"}}"#,
        &today,
    );
    let read = read.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.claimed_id.expose(), "AB4711");
    assert!(read.attributes.date_of_birth == Some(day("1990-02-28")));
    for (json, words) in [
        (r#"{"record": {}}"#, "missing field `id`"),
        (r#"{"id": "AB4711"}"#, "missing field `record`"),
        (r#"{"id": "4711!", "record": {}}"#, "expected an ID"),
        (r#"{"id": 4711, "record": {}}"#, "expected an ID"),
        (r#"{"id": "AB4711", "record": []}"#, "expected an object"),
        (r#"["AB4711", {}]"#, "expected an object"),
        (
            r#"{"id": "AB4711", "record": {"date_of_birth": "2026-12-02"}}"#,
            "still to come",
        ),
    ] {
        let refused = Line::parse(json, &today).err().unwrap().to_string();
        assert!(refused.contains(words), "{json}: {refused}");
        assert!(!refused.contains("4711"), "{refused}");
    }
}
