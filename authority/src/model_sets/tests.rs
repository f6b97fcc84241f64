use super::*;

const BOTH: &str = r#"{"version":1,"sets":[
    {"id":"everywhere-1","production":false,"embedding":{"size":128,"points":"landmarks68"},
     "thresholds":{"light":{"cosine":0.968},"full":{"cosine":0.968,"tightening":250}}},
    {"id":"open-1","production":true,"embedding":{"size":256},
     "thresholds":{"light":{"cosine":0.571},"full":{"cosine":0.6}}}]}"#;

fn live(text: &str, settings: &str) -> Result<Vec<String>, ModelSetError> {
    let config = Config::parse(settings, "config.toml", std::iter::empty()).unwrap();
    ModelSets::parse(text, Path::new("manifest.json"), &config)
        .map(|sets| sets.ids(0).into_iter().map(String::from).collect())
}

#[test]
fn production_sets_are_preferred_and_others_must_be_named() {
    assert_eq!(live(BOTH, "").unwrap(), ["open-1"]);
    assert_eq!(live(BOTH, "development = true").unwrap(), ["open-1"]);
    assert_eq!(
        live(BOTH, r#"model_sets = ["everywhere-1"]"#).unwrap(),
        ["everywhere-1"]
    );
    let fallback = BOTH.replace("\"production\":true", "\"production\":false");
    assert!(matches!(
        live(&fallback, ""),
        Err(ModelSetError::NoneForProduction)
    ));
    assert_eq!(
        live(&fallback, "development = true").unwrap(),
        ["everywhere-1"]
    );
    assert!(matches!(
        live(BOTH, r#"model_sets = ["open-9"]"#),
        Err(ModelSetError::NotThere(_))
    ));
}

#[test]
fn thresholds_that_let_everybody_in_are_refused() {
    for cosine in ["0.0", "-0.5", "1.0", "7"] {
        let text = BOTH.replace("0.571", cosine);
        assert!(
            matches!(live(&text, ""), Err(ModelSetError::Impossible(_))),
            "{cosine}"
        );
    }
}

#[test]
fn normalisation_and_its_thresholds_come_together() {
    let config = Config::parse("", "config.toml", std::iter::empty()).unwrap();
    let parse = |text: &str| ModelSets::parse(text, Path::new("manifest.json"), &config);
    let whole = BOTH
        .replace(
            "{\"size\":256},",
            "{\"size\":256},\"normalisation\":{\"top\":100,\"centre\":true,\"floor\":0.25},",
        )
        .replace("0.571", "0.571,\"normalised\":4.5")
        .replace("0.6}", "0.6,\"normalised\":5.5}");
    let sets = parse(&whole).unwrap();
    let set = &sets.live(0)[0];
    let rule = Normalisation {
        top: 100,
        centre: true,
    };
    assert_eq!(set.normalisation(), Some(rule));
    assert_eq!(set.floor(), Some(0.25));
    assert_eq!(set.normalised_threshold(Level::Light), Some(4.5));
    assert_eq!(set.normalised_threshold(Level::Full), Some(5.5));
    let without = parse(BOTH).unwrap();
    assert_eq!(without.live(0)[0].normalisation(), None);
    assert_eq!(without.live(0)[0].normalised_threshold(Level::Full), None);
    for (from, to) in [
        ("\"normalised\":4.5", "\"tightening\":1"),
        ("\"normalisation\"", "\"other\""),
        ("4.5", "0"),
        ("5.5", "-5.5"),
        ("\"top\":100", "\"top\":9"),
        ("\"top\":100", "\"top\":500"),
        ("0.25", "0"),
        ("0.25", "1.0"),
    ] {
        assert!(whole.contains(from), "{from}");
        let refused = parse(&whole.replace(from, to));
        assert!(
            matches!(refused, Err(ModelSetError::Impossible(_))),
            "{from}"
        );
    }
}

#[test]
fn a_set_goes_on_its_day_and_one_must_stay() {
    let settings = r#"model_sets = ["open-1", "everywhere-1 until 2027-01-15"]"#;
    let config = Config::parse(settings, "config.toml", std::iter::empty()).unwrap();
    let sets = ModelSets::parse(BOTH, Path::new("manifest.json"), &config).unwrap();
    let day = 1_799_971_200;
    let ids = |now| {
        sets.ids(now)
            .into_iter()
            .map(String::from)
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(day - 1), ["open-1", "everywhere-1"]);
    assert_eq!(ids(day), ["open-1"]);
    let old = ModelSetId::parse("everywhere-1").unwrap();
    assert!(sets.contains(&old, day - 1) && !sets.contains(&old, day));
    assert_eq!((sets.end(&old), sets.all().len()), (Some(day), 2));
    let none_stays = live(BOTH, r#"model_sets = ["open-1 until 2027-01-15"]"#);
    assert!(matches!(none_stays, Err(ModelSetError::NoneStays)));
    for unclear in [
        "open-1 until",
        "open-1 until soon",
        "open-1 until 2027-02-30",
        "open-1, until 2027-02-03",
    ] {
        let settings = format!("model_sets = [\"{unclear}\"]");
        assert!(
            Config::parse(&settings, "config.toml", std::iter::empty()).is_err(),
            "{unclear}"
        );
    }
}

#[test]
fn each_level_has_its_threshold() {
    let config = Config::parse("", "config.toml", std::iter::empty()).unwrap();
    let sets = ModelSets::parse(BOTH, Path::new("manifest.json"), &config).unwrap();
    assert_eq!(sets.live(0)[0].threshold(Level::Light), 0.571);
    assert_eq!(sets.live(0)[0].threshold(Level::Full), 0.6);
    assert_eq!(sets.live(0)[0].dimensions, 256);
}
