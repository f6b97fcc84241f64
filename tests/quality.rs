//! Each measure follows what is done to a real photograph, and ends in its hint; the photographs themselves get none.

#![allow(
    clippy::unwrap_used,
    reason = "tests say what they expect by unwrapping it"
)]

mod support;

use image::Rgba;
use nod::geometry::Point;
use nod::pipeline::{Pipeline, Seen};
use nod::quality::Quality;
use nod_protocol::codes::Code;
use nod_protocol::ids::Purpose;
use support::{Picture, pipeline, sets};

fn seen(pipeline: &Pipeline, picture: &Picture) -> Seen {
    pipeline.look(&picture.frame()).unwrap().seen.unwrap()
}

/// Does worse and worse things to a portrait; the measure must go one way all the time, the first picture be good
/// and the last get the hint.
fn degrade<T: Copy>(
    name: &str,
    steps: &[T],
    worse: impl Fn(&Picture, &Seen, T) -> Picture,
    measure: fn(&Quality) -> f32,
    expected: Code,
) {
    for set in sets() {
        let pipeline = pipeline(&set);
        let portrait = Picture::portrait(name);
        let face = seen(&pipeline, &portrait);
        let qualities: Vec<Quality> = steps
            .iter()
            .map(|step| seen(&pipeline, &worse(&portrait, &face, *step)).quality)
            .collect();
        let values: Vec<f32> = qualities.iter().map(measure).collect();
        let rises = values.last() > values.first();
        assert!(
            values.is_sorted_by(|a, b| if rises { a < b } else { a > b }),
            "{set} {name}, {}: {values:?}",
            expected.as_str()
        );
        let hint = |quality: Option<&Quality>| quality.unwrap().hint().map(Code::as_str);
        assert_eq!(hint(qualities.first()), None, "{set} {name}: {values:?}");
        assert_eq!(
            hint(qualities.last()),
            Some(expected.as_str()),
            "{set} {name}: {values:?}"
        );
    }
}

#[test]
fn blur_lowers_sharpness() {
    let blur =
        |picture: &Picture, _: &Seen, sigma: f32| Picture(image::imageops::blur(&picture.0, sigma));
    let steps = [0.3, 1.0, 2.0, 4.0, 7.0];
    degrade("obama", &steps, blur, |q| q.sharpness, Code::HintBlurred);
}

#[test]
fn darkness_lowers_the_highlights() {
    let gamma =
        |picture: &Picture, _: &Seen, gamma: f32| picture.map(|v| 255.0 * (v / 255.0).powf(gamma));
    let steps = [1.0, 1.7, 3.0, 8.0];
    degrade("obama", &steps, gamma, |q| q.highlight, Code::HintTooDark);
}

#[test]
fn brightness_raises_over_exposure() {
    let gain = |picture: &Picture, _: &Seen, gain: f32| picture.map(|v| v * gain);
    degrade(
        "obama",
        &[1.25, 1.5, 2.0, 3.0],
        gain,
        |q| q.over_exposed,
        Code::HintTooBright,
    );
}

#[test]
fn light_from_one_side_lowers_uniformity() {
    let side = |picture: &Picture, face: &Seen, strength: f32| {
        let (left, width) = (face.face.bounds.x, face.face.bounds.width);
        paint(picture, |x, _, colour| {
            let across = ((x - left) / width).clamp(0.0, 1.0);
            colour.map(|v| v * (1.0 - strength * across).powi(2))
        })
    };
    for name in ["obama", "astronaut"] {
        degrade(
            name,
            &[0.0, 0.2, 0.4, 0.8],
            side,
            |q| q.uniformity,
            Code::HintUnevenLight,
        );
    }
}

#[test]
fn turning_the_picture_is_roll() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let portrait = Picture::portrait("obama");
        let face = seen(&pipeline, &portrait);
        for angle in [-32.0f32, -12.0, 12.0, 32.0] {
            let quality = seen(&pipeline, &turned(&portrait, &face, angle)).quality;
            let roll = quality.roll - face.quality.roll;
            assert!((roll - angle).abs() < 4.0, "{set}: {roll} for {angle}");
            let expected = (angle.abs() > 30.0).then_some("hint.not_frontal");
            assert_eq!(quality.hint().map(Code::as_str), expected, "{set}: {angle}");
        }
    }
}

#[test]
fn the_mirror_image_looks_the_other_way() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let portrait = Picture::portrait("obama2");
        let mirrored = Picture(image::imageops::flip_horizontal(&portrait.0));
        let (one, other) = (seen(&pipeline, &portrait), seen(&pipeline, &mirrored));
        let (yaw, back) = (one.quality.yaw, other.quality.yaw);
        assert!(yaw < -8.0 && back > 8.0, "{set}: {yaw} {back}");
        assert!((yaw + back).abs() < 12.0, "{set}: {yaw} {back}");
    }
}

#[test]
fn distance_makes_heads_and_eye_distances_small() {
    let shrink = |picture: &Picture, _: &Seen, part: f32| {
        let (width, height) = picture.0.dimensions();
        let size = |side: u32| (side as f32 * part) as u32;
        let small = image::imageops::thumbnail(&picture.0, size(width), size(height));
        let mut wall = image::RgbaImage::from_pixel(width, height, Rgba([120, 120, 120, 255]));
        let middle = |all: u32| i64::from((all - size(all)) / 2);
        image::imageops::replace(&mut wall, &small, middle(width), middle(height));
        Picture(wall)
    };
    let steps = [0.9, 0.7, 0.5, 0.35];
    degrade("obama", &steps, shrink, |q| q.head_height, Code::HintTooFar);
    degrade("obama", &steps, shrink, |q| q.inter_eye, Code::HintTooFar);
}

#[test]
fn going_out_of_the_frame_shrinks_a_margin() {
    let left = |picture: &Picture, face: &Seen, part: f32| {
        let cut = (face.face.bounds.x * part) as u32;
        let (width, height) = picture.0.dimensions();
        picture.cut(cut, 0, width - cut, height)
    };
    let steps = [0.0, 0.3, 0.6, 1.1];
    degrade("obama", &steps, left, |q| q.margins[0], Code::HintOffCentre);
}

/// Cloth over nose, mouth and chin, painted with the light that falls on the face; `cover` is how opaque it is.
#[test]
fn a_mask_takes_the_colour_of_skin_away() {
    for colour in [
        [110.0, 160.0, 205.0],
        [205.0, 205.0, 201.0],
        [28.0, 28.0, 30.0],
    ] {
        let mask = |picture: &Picture, face: &Seen, cover: f32| {
            let p = face.landmarks.points();
            let edge: Vec<Point> = p[2..15].iter().chain(&p[28..29]).copied().collect();
            over(picture, &edge, cover, colour)
        };
        for name in ["obama", "astronaut"] {
            degrade(name, &[0.0, 0.7, 1.0], mask, |q| q.skin, Code::HintCovered);
        }
    }
}

#[test]
fn dark_glasses_take_the_light_from_around_the_eyes() {
    let glasses = |picture: &Picture, face: &Seen, cover: f32| {
        let [left, right, ..] = face.landmarks.five();
        let unit = left.distance(right);
        let lens = |eye: Point| {
            (0..24).map(move |i| {
                let (sin, cos) = (i as f32 / 24.0 * std::f32::consts::TAU).sin_cos();
                Point::new(
                    eye.x + 0.42 * unit * cos,
                    eye.y + unit * (0.08 + 0.28 * sin),
                )
            })
        };
        let dark = [18.0, 17.0, 16.0];
        let one = over(picture, &lens(left).collect::<Vec<_>>(), cover, dark);
        over(&one, &lens(right).collect::<Vec<_>>(), cover, dark)
    };
    for name in ["obama", "obama2", "astronaut"] {
        degrade(
            name,
            &[0.0, 0.35, 0.7, 1.0],
            glasses,
            |q| q.eyes_lit,
            Code::HintCovered,
        );
    }
}

/// Not with the portrait whose folds below the eyes would be drawn out to stripes on the lids.
#[test]
fn lowered_lids_hide_the_iris() {
    for name in ["obama2", "astronaut"] {
        degrade(
            name,
            &[0.0, 0.7, 1.0],
            lids,
            |q| q.iris,
            Code::HintEyesClosed,
        );
    }
}

#[test]
fn a_smile_shows_in_the_mouth_and_is_no_fault() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let open = |name| seen(&pipeline, &Picture::portrait(name)).quality;
        let (smiling, serious) = (open("obama"), open("obama3"));
        assert!(smiling.mouth_open > serious.mouth_open + 0.03, "{set}");
        assert!(smiling.hint().is_none());
    }
}

/// What does not show in a hint yet still makes a frame worth less than a better one.
#[test]
fn the_score_falls_with_every_degradation() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let portrait = Picture::portrait("obama");
        let face = seen(&pipeline, &portrait);
        let best = face.quality.score();
        assert!((0.0..=1.0).contains(&best));
        let (width, height) = portrait.0.dimensions();
        let worse = [
            ("blurred", Picture(image::imageops::blur(&portrait.0, 3.0))),
            (
                "small",
                Picture(image::imageops::thumbnail(
                    &portrait.0,
                    width / 2,
                    height / 2,
                )),
            ),
            ("bright", portrait.map(|v| v * 1.6)),
            ("eyes closed", lids(&portrait, &face, 1.0)),
        ];
        for (what, picture) in worse {
            let score = seen(&pipeline, &picture).quality.score();
            assert!(
                score < 0.97 * best,
                "{set} {what}: {score}, not below {best}"
            );
        }
    }
}

/// As the camera of the end-to-end tests shows them: 640×480, the face 210 pixels high.
#[test]
fn well_taken_portraits_are_good_enough_to_enrol() {
    for set in sets() {
        let pipeline = pipeline(&set);
        for name in ["obama", "obama2", "obama3", "biden", "astronaut"] {
            let portrait = Picture::portrait(name);
            let face = seen(&pipeline, &portrait);
            let picture = portrait.staged(&face.face.bounds, 640, 480, 210.0);
            let quality = seen(&pipeline, &picture).quality;
            let faults: Vec<&str> = quality
                .faults(Purpose::Enrol, None)
                .map(Code::as_str)
                .collect();
            assert!(faults.is_empty(), "{set} {name}: {faults:?}");
        }
    }
}

#[test]
fn enrolling_asks_for_more_than_verifying() {
    for set in sets() {
        let pipeline = pipeline(&set);
        let small = seen(&pipeline, &Picture::portrait("obama3")).quality;
        assert_eq!(small.fault(Purpose::Verify, None), None);
        let fault = small.fault(Purpose::Enrol, None).map(Code::as_str);
        assert_eq!(fault, Some("hint.too_far"), "{set}");
    }
}

/// A hint that is shown goes only when its limit is kept with a margin.
#[test]
fn a_shown_hint_leaves_with_a_margin() {
    let pipeline = pipeline(&sets()[0]);
    let mut quality = seen(&pipeline, &Picture::portrait("obama")).quality;
    quality.highlight = 72.0;
    assert_eq!(quality.fault(Purpose::Verify, None), None);
    let dark = Some(Code::HintTooDark);
    assert_eq!(quality.fault(Purpose::Verify, dark), dark);
    assert_eq!(
        quality.fault(Purpose::Verify, Some(Code::HintBlurred)),
        None
    );
    quality.highlight = 76.0;
    assert_eq!(quality.fault(Purpose::Verify, dark), None);
}

/// Every pixel's colour through `change`, which is told where it is.
fn paint(picture: &Picture, change: impl Fn(f32, f32, [f32; 3]) -> [f32; 3]) -> Picture {
    let mut painted = picture.0.clone();
    for (x, y, pixel) in painted.enumerate_pixels_mut() {
        let [r, g, b, _] = pixel.0.map(f32::from);
        let [r, g, b] = change(x as f32 + 0.5, y as f32 + 0.5, [r, g, b]).map(|v| v as u8);
        *pixel = Rgba([r, g, b, 255]);
    }
    Picture(painted)
}

/// A polygon in one colour, as light and dark as what it covers.
fn over(picture: &Picture, edge: &[Point], cover: f32, colour: [f32; 3]) -> Picture {
    paint(picture, |x, y, under| {
        if !inside(edge, x, y) {
            return under;
        }
        let light = (under.iter().sum::<f32>() / 3.0 / 130.0).clamp(0.8, 1.1);
        std::array::from_fn(|i| under[i] * (1.0 - cover) + colour[i] * light * cover)
    })
}

fn inside(edge: &[Point], x: f32, y: f32) -> bool {
    let pairs = edge.iter().zip(edge.iter().cycle().skip(1));
    let crossed = pairs
        .filter(|(a, b)| (a.y > y) != (b.y > y) && x < (b.x - a.x) * (y - a.y) / (b.y - a.y) + a.x);
    crossed.count() % 2 == 1
}

/// The picture turned clockwise about the face by so many degrees.
fn turned(picture: &Picture, face: &Seen, degrees: f32) -> Picture {
    let about = face.face.bounds.centre();
    let (sin, cos) = degrees.to_radians().sin_cos();
    picture.resampled(picture.0.dimensions(), 1.0, |x, y| {
        let (dx, dy) = (x - about.x, y - about.y);
        Point::new(about.x + cos * dx + sin * dy, about.y - sin * dx + cos * dy)
    })
}

/// Lids in the colour of the skin right below the eye, with a line of lashes at their edge; `closed` is how far down.
fn lids(picture: &Picture, face: &Seen, closed: f32) -> Picture {
    let [left, right, ..] = face.landmarks.five();
    let unit = left.distance(right);
    let (ux, uy) = ((right.x - left.x) / unit, (right.y - left.y) / unit);
    // How far below the eye's centre, and the lid's edge there; in eye distances.
    let lid_at = |x: f32, y: f32| {
        [left, right].into_iter().find_map(|eye| {
            let (dx, dy) = (x - eye.x, y - eye.y);
            let (along, below) = ((dx * ux + dy * uy) / unit, (dy * ux - dx * uy) / unit);
            let arch = 1.0 - (along / 0.3).powi(2);
            let edge = (0.25 * closed - 0.13) * arch;
            (arch > 0.0 && below >= -0.13 * arch && below <= edge).then_some((below, edge))
        })
    };
    let covered = picture.resampled(picture.0.dimensions(), 1.0, |x, y| {
        let down = lid_at(x, y).map_or(0.0, |(below, _)| (0.17 - below) * unit);
        Point::new(x - down * uy, y + down * ux)
    });
    paint(&covered, |x, y, colour| {
        let lash = lid_at(x, y).map_or(0.0, |(below, edge)| {
            0.6 * closed * (-((below - edge) / 0.022).powi(2)).exp()
        });
        colour.map(|v| v * (1.0 - lash))
    })
}
