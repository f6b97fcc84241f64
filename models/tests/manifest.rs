//! The manifest in the repository is sound, and a broken one is refused with words.

use nod_models::manifest::{Manifest, Similarity};

const TOML: &str = include_str!("../manifest.toml");

#[test]
fn both_sets_of_the_design_are_there() {
    let manifest = Manifest::built_in().unwrap();
    let ids: Vec<_> = manifest.sets.iter().map(|set| set.id.as_str()).collect();
    assert_eq!(ids, ["open-1", "everywhere-1"]);
    let open = manifest.set("open-1").unwrap();
    assert!(open.production && !open.required);
    let everywhere = manifest.set("everywhere-1").unwrap();
    assert!(!everywhere.production && everywhere.required);
    assert_eq!(open.landmarks, everywhere.landmarks);
    for (set, size) in [(open, 256), (everywhere, 128)] {
        assert_eq!(set.embedding.similarity, Similarity::Cosine);
        assert_eq!(set.embedding.size, size);
    }
}

#[test]
fn templates_lie_inside_the_crop_and_are_not_mirrored() {
    let manifest = Manifest::built_in().unwrap();
    for set in &manifest.sets {
        let input = &manifest.file(&set.embedder).unwrap().input;
        let [left_eye, right_eye, nose, left_mouth, right_mouth] = set.embedding.template;
        for [x, y] in set.embedding.template {
            assert!(x > 0.0 && x < input.width as f32 && y > 0.0 && y < input.height as f32);
        }
        assert!(left_eye[0] < nose[0] && nose[0] < right_eye[0]);
        assert!(left_mouth[0] < right_mouth[0]);
        assert!(left_eye[1] < nose[1] && nose[1] < left_mouth[1]);
    }
}

#[test]
fn every_file_comes_from_somewhere() {
    let manifest = Manifest::built_in().unwrap();
    for source in manifest.files.iter().flat_map(|file| &file.sources) {
        assert!(
            !source.urls.is_empty() || source.npm.is_some(),
            "{}",
            source.name
        );
        assert!(
            source.urls.iter().all(|url| url.starts_with("https://")),
            "{}",
            source.name
        );
    }
}

#[test]
fn thresholds_are_scores_and_say_what_they_promise() {
    for set in Manifest::built_in().unwrap().sets {
        for threshold in [&set.thresholds.light, &set.thresholds.full] {
            assert!(threshold.cosine > 0.0 && threshold.cosine < 1.0);
            assert!(threshold.normalised > 0.0);
            assert!(threshold.false_match_rate <= 1e-4);
            assert!(threshold.tightening >= 100 && !threshold.data.is_empty());
        }
    }
}

#[test]
fn broken_manifests_are_refused() {
    for (from, to, words) in [
        (
            "kind = \"yunet\"",
            "kind = \"yunet\"\ncolour = \"red\"",
            "unknown field `colour`",
        ),
        (
            "production = true",
            "production = true\nlevel = 1",
            "unknown field `level`",
        ),
        (
            "kind = \"yunet\"",
            "kind = \"retina\"",
            "unknown variant `retina`",
        ),
        (
            "detector = \"yunet-n-320\"",
            "detector = \"yunet\"",
            "yunet is no file of the manifest",
        ),
        (
            "detector = \"yunet-n-320\"",
            "detector = \"dlib-resnet\"",
            "a role it cannot play",
        ),
        (
            "id = \"open-1\"",
            "id = \"everywhere-1\"",
            "set everywhere-1 occurs twice",
        ),
        (
            "sha256 = \"81dbde",
            "sha256 = \"81DBDE",
            "64 lower-case hexadecimal digits",
        ),
        (
            "made = \"openvino\"",
            "made = \"copy\"",
            "needs 1 sources, has 2",
        ),
        (
            "package = \"face-api\"",
            "package = \"other\"",
            "no npm package other",
        ),
        ("version = 1\n", "version = 2\n", "version 2 is not known"),
        ("top = 100", "top = 9", "10 to 499 cohort scores"),
        ("top = 100", "top = 500", "10 to 499 cohort scores"),
        ("centre = false\n", "", "missing field `centre`"),
        ("floor = 0.34", "floor = 0", "between 0 and 1"),
        ("floor = 0.34", "floor = nan", "between 0 and 1"),
        ("normalised = ", "normalised = -", "lets everybody in"),
        ("normalised = ", "normalised = nan # ", "lets everybody in"),
        ("cosine = 0.6", "cosine = 0.0 # ", "lets everybody in"),
    ] {
        assert!(TOML.contains(from), "{from}");
        let error = Manifest::parse(&TOML.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{from}: {error}");
    }
}
