//! Bad pictures get the right hint, good ones none; odd and broken input is an error or a hint, never a panic.

#![allow(
    clippy::unwrap_used,
    reason = "tests say what they expect by unwrapping it"
)]

mod support;

use nod::image::Frame;
use nod::pipeline::Pipeline;
use nod::quality::Quality;
use nod_protocol::codes::Code;
use support::{Picture, pipeline, sets};

fn hint(pipeline: &Pipeline, picture: &Picture) -> Option<Code> {
    pipeline.look(&picture.frame()).unwrap().hint
}

#[test]
fn good_portraits_get_no_hint() {
    for set in sets() {
        let pipeline = pipeline(&set);
        for name in ["obama", "obama2", "obama3", "biden", "astronaut"] {
            let hint = hint(&pipeline, &Picture::portrait(name));
            assert_eq!(hint.map(Code::as_str), None, "{set} {name}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_picture_is_said() {
    let obama = Picture::portrait("obama");
    let (width, height) = obama.0.dimensions();
    let blurred = Picture(image::imageops::blur(&obama.0, 7.0));
    let mut far = image::RgbaImage::from_pixel(512, 512, image::Rgba([120, 120, 120, 255]));
    let small = image::imageops::thumbnail(&obama.0, width * 2 / 5, height * 2 / 5);
    image::imageops::replace(&mut far, &small, 150, 128);
    let cases = [
        (
            "no face",
            Picture(image::RgbaImage::from_pixel(640, 480, image::Rgba([99; 4]))),
            "hint.no_face",
        ),
        ("a wall", obama.cut(0, 400, 200, 240), "hint.no_face"),
        (
            "two faces",
            obama.beside(&Picture::portrait("obama2")),
            "hint.many_faces",
        ),
        ("dark", obama.map(|v| v * 0.15), "hint.too_dark"),
        ("black", obama.map(|_| 2.0), "hint.too_dark"),
        ("bright", obama.map(|v| v * 1.6 + 60.0), "hint.too_bright"),
        ("blurred", blurred, "hint.blurred"),
        ("far", Picture(far), "hint.too_far"),
        (
            "cut on its left",
            obama.cut(225, 0, width - 225, height),
            "hint.off_centre",
        ),
    ];
    for set in sets() {
        let pipeline = pipeline(&set);
        for (what, picture, expected) in &cases {
            let found = hint(&pipeline, picture).map(Code::as_str);
            assert_eq!(found, Some(*expected), "{set}: {what}");
        }
    }
}

/// Every limit alone, and of two faults the one that must be settled first.
#[test]
fn each_measure_has_its_hint_and_the_most_useful_comes_first() {
    let good = || Quality {
        head_height: 200.0,
        head_share: 0.4,
        inter_eye: 70.0,
        offset: [0.1, 0.1],
        margins: [0.5; 4],
        company: 0.0,
        highlight: 180.0,
        over_exposed: 0.0,
        uniformity: 0.9,
        sharpness: 0.35,
        yaw: 0.0,
        pitch: 0.0,
        roll: 0.0,
        iris: 0.4,
        mouth_open: 0.0,
        skin: 0.9,
        eyes_lit: 0.9,
    };
    assert!(good().hint().is_none() && good().score() > 0.9);
    type Fault = fn(&mut Quality);
    let faults: [(&str, Fault); 20] = [
        ("hint.many_faces", |q| q.company = 0.4),
        ("hint.too_close", |q| q.margins = [0.0, 0.5, 0.5, 0.0]),
        ("hint.too_close", |q| q.head_share = 0.98),
        ("hint.off_centre", |q| q.margins[2] = -0.1),
        ("hint.too_far", |q| q.head_height = 70.0),
        ("hint.too_far", |q| q.head_share = 0.1),
        ("hint.too_far", |q| q.inter_eye = 15.0),
        ("hint.off_centre", |q| q.offset = [0.4, 0.0]),
        ("hint.too_dark", |q| q.highlight = 60.0),
        ("hint.too_bright", |q| q.over_exposed = 0.4),
        ("hint.not_frontal", |q| q.yaw = -40.0),
        ("hint.not_frontal", |q| q.pitch = 35.0),
        ("hint.not_frontal", |q| q.pitch = -35.0),
        ("hint.not_frontal", |q| q.roll = 30.0),
        ("hint.blurred", |q| q.sharpness = 0.05),
        ("hint.uneven_light", |q| q.uniformity = 0.3),
        ("hint.covered", |q| q.skin = 0.0),
        ("hint.covered", |q| q.eyes_lit = 0.3),
        ("hint.eyes_closed", |q| q.iris = 0.02),
        ("hint.eyes_closed", |q| q.iris = f32::NAN),
    ];
    for (i, (first, fault)) in faults.iter().enumerate() {
        for (_, later) in &faults[i..] {
            let mut quality = good();
            later(&mut quality);
            fault(&mut quality);
            assert_eq!(quality.hint().map(Code::as_str), Some(*first), "fault {i}");
        }
    }
}

#[test]
fn faces_cut_by_the_frames_edge_are_never_good() {
    for set in sets() {
        let pipeline = pipeline(&set);
        for name in ["obama_partial_face", "obama_partial_face2"] {
            let hint = hint(&pipeline, &Picture::portrait(name)).map(Code::as_str);
            assert!(
                matches!(hint, Some("hint.off_centre" | "hint.no_face")),
                "{set} {name}: {hint:?}"
            );
        }
    }
}

#[test]
fn blur_moves_sharpness_and_darkness_moves_the_highlights() {
    let obama = Picture::portrait("obama");
    for set in sets() {
        let pipeline = pipeline(&set);
        let quality = |picture: &Picture| {
            pipeline
                .look(&picture.frame())
                .unwrap()
                .seen
                .unwrap()
                .quality
        };
        let sharpness = [0.5, 1.0, 2.0, 4.0]
            .map(|sigma| quality(&Picture(image::imageops::blur(&obama.0, sigma))).sharpness);
        assert!(sharpness.is_sorted_by(|a, b| a > b), "{set}: {sharpness:?}");
        let highlight =
            [1.0, 0.7, 0.5, 0.35].map(|gain| quality(&obama.map(|v| v * gain)).highlight);
        assert!(highlight.is_sorted_by(|a, b| a > b), "{set}: {highlight:?}");
    }
}

#[test]
fn odd_sizes_and_noise_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move || {
        // xorshift64*: the same sequence on every run.
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let sizes = [
        (1, 1),
        (1, 700),
        (700, 1),
        (2, 3),
        (31, 33),
        (319, 321),
        (1919, 7),
        (640, 481),
    ];
    for set in sets() {
        let pipeline = pipeline(&set);
        for (width, height) in sizes {
            let noise: Vec<u8> = (0..width * height * 4).map(|_| random() as u8).collect();
            let frame = Frame::new(width, height, &noise).unwrap();
            let look = pipeline.look(&frame).unwrap();
            if let Some(seen) = look.seen {
                // Whatever was taken for a face can be aligned and embedded, or is an error.
                let _ = pipeline
                    .align(&frame, &seen)
                    .map(|crop| pipeline.embed(&crop));
            }
            assert!(
                look.hint.is_some(),
                "{set}: noise of {width}×{height} passed as a good frame"
            );
        }
    }
}
