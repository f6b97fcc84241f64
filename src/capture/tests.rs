use nod_protocol::challenge::Mode;
use nod_protocol::ids::Nonce;

use super::*;

fn good(at: u64) -> Glance {
    Glance {
        at,
        good: true,
        score: 0.5,
    }
}

fn bad(at: u64) -> Glance {
    Glance {
        at,
        good: false,
        score: 0.0,
    }
}

fn position(glances: &[Glance]) -> Positioned {
    glances.iter().fold(
        Positioned::Waiting(Positioning::default()),
        |stage, glance| match stage {
            Positioned::Waiting(stage) => stage.observe(*glance),
            Positioned::Ready(stage) => stage.observe(*glance),
        },
    )
}

fn is_ready(glances: &[Glance]) -> bool {
    matches!(position(glances), Positioned::Ready(_))
}

#[test]
fn a_steady_face_is_ready_and_a_hint_starts_again() {
    assert!(!is_ready(&[good(0), good(150)]));
    assert!(
        !is_ready(&[good(0), good(50), good(100)]),
        "three frames, but too quick"
    );
    assert!(is_ready(&[good(0), good(150), good(300)]));
    assert!(!is_ready(&[good(0), good(150), bad(200), good(300)]));
    assert!(!is_ready(&[good(0), good(150), good(300), bad(400)]));
    assert!(
        !is_ready(&[good(300), good(300), good(300), good(0)]),
        "time must pass"
    );
}

fn capturing() -> Capturing {
    let Positioned::Ready(ready) = position(&[good(0), good(150), good(300)]) else {
        panic!("not ready");
    };
    let nonce = Nonce::from_bytes([1; 32]);
    ready.ask().begin(Challenge {
        nonce,
        mode: Mode::Still,
        steps: vec![],
    })
}

fn observe(mut stage: Capturing, glance: Glance) -> Advanced {
    let embedding = || Embedding::normalised(vec![1.0, glance.at as f32 / 1e3]).unwrap();
    let align = || Ok::<_, ()>(vec![Crop::black(1, 1)]);
    let embed = |_| {
        Ok(Keyframe {
            embeddings: vec![embedding()],
            crop: None,
        })
    };
    stage.observe(glance, align, embed).unwrap();
    stage.advance().ok().unwrap()
}

#[test]
fn five_keyframes_make_a_capture() {
    let mut stage = capturing();
    for i in 0..5 {
        match observe(stage, good(1000 + i * 120)) {
            Advanced::Capturing(next) => stage = next,
            Advanced::Captured(_) => panic!("too early, at {i}"),
        }
    }
    assert!((stage.progress() - 0.8).abs() < 1e-6);
    let Advanced::Captured(done) = observe(stage, good(1600)) else {
        panic!("too late")
    };
    let (challenge, sets, track) = done.into_parts();
    assert!(track.is_none(), "nothing moved");
    assert_eq!(challenge.mode, Mode::Still);
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0].keyframes.len(), KEYFRAMES);
}

#[test]
fn frames_with_a_hint_make_no_progress() {
    let mut stage = capturing();
    for i in 0..100 {
        match observe(stage, bad(1000 + i * 120)) {
            Advanced::Capturing(next) => stage = next,
            Advanced::Captured(_) => panic!("captured nothing"),
        }
    }
    assert_eq!(stage.progress(), 0.0);
}

#[test]
fn an_error_makes_no_progress() {
    let mut stage = capturing();
    for i in 0..10 {
        let failed = stage.observe(good(i * 200), || Err(()), |_| Err(()));
        assert!(failed.is_err());
    }
    assert_eq!(stage.progress(), 0.0);
}
