//! What the native tests share: model sets as set-up resolves them, and the portraits.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::print_stdout, reason = "a test that covers less says so")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nod::geometry::{Point, Rect};
use nod::image::Frame;
use nod::manifest::Manifest;
use nod::pipeline::{Models, Pipeline};

/// The recommended set; not on every machine.
pub(crate) const OPEN: &str = "open-1";
/// The set that is on every machine.
pub(crate) const EVERYWHERE: &str = "everywhere-1";

/// Model files as an authority serves them, with their manifest.
pub(crate) struct Served {
    pub(crate) directory: PathBuf,
    pub(crate) manifest: Manifest,
}

/// Resolves, converts and checks the models once for the test binary.
pub(crate) fn served() -> &'static Served {
    static SERVED: OnceLock<Served> = OnceLock::new();
    SERVED.get_or_init(|| {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR"));
        let options = nod_models::Options::from_env(checkout).unwrap();
        let prepared = nod_models::prepare(&options, &mut |_| ()).unwrap();
        for missing in &prepared.unavailable {
            println!("NOT TESTED: model set {}: {}", missing.set, missing.reason);
        }
        // A directory of its own for each test binary: they may run at the same time.
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(concat!("models-", env!("CARGO_CRATE_NAME")));
        nod_planner::assemble(&prepared, &directory).unwrap();
        let json = std::fs::read_to_string(directory.join("manifest.json")).unwrap();
        Served {
            directory,
            manifest: Manifest::parse(&json).unwrap(),
        }
    })
}

/// The sets that this machine has, `everywhere-1` always among them.
pub(crate) fn sets() -> Vec<String> {
    let sets: Vec<String> = served().manifest.set_ids().map(str::to_owned).collect();
    assert!(sets.iter().any(|id| id == EVERYWHERE), "{sets:?}");
    sets
}

/// A model set, loaded from the served files.
pub(crate) fn pipeline(set: &str) -> Pipeline {
    let Served {
        directory,
        manifest,
    } = served();
    let mut models = Models::default();
    for file in manifest.needed(&[set.to_owned()]).unwrap() {
        let plan = std::fs::read(directory.join(&file.file)).unwrap();
        models.load(manifest, &file.name, &plan).unwrap();
    }
    Pipeline::assemble(manifest, set, &models).unwrap()
}

/// A picture in memory, to be looked at as a [`Frame`].
pub(crate) struct Picture(pub(crate) image::RgbaImage);

impl Picture {
    /// One of the portraits of tests/faces.
    pub(crate) fn portrait(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/faces/{name}.jpg"));
        Self(image::open(path).unwrap().into_rgba8())
    }

    /// Two pictures beside each other, on black.
    pub(crate) fn beside(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        let size = (a.width() + b.width(), a.height().max(b.height()));
        let mut both = image::RgbaImage::new(size.0, size.1);
        image::imageops::replace(&mut both, a, 0, 0);
        image::imageops::replace(&mut both, b, i64::from(a.width()), 0);
        Self(both)
    }

    /// Every colour value through `change`.
    pub(crate) fn map(&self, change: impl Fn(f32) -> f32) -> Self {
        let mut changed = self.0.clone();
        for pixel in changed.pixels_mut() {
            for value in &mut pixel.0[..3] {
                *value = change(f32::from(*value)).clamp(0.0, 255.0) as u8;
            }
        }
        Self(changed)
    }

    /// Cut to the given rectangle.
    pub(crate) fn cut(&self, x: u32, y: u32, width: u32, height: u32) -> Self {
        Self(image::imageops::crop_imm(&self.0, x, y, width, height).to_image())
    }

    /// A frame with the part under `bounds` in its middle, `high` pixels high; beyond the picture's edges its last
    /// pixels go on.
    pub(crate) fn staged(&self, bounds: &Rect, width: u32, height: u32, high: f32) -> Self {
        let (centre, scale) = (bounds.centre(), bounds.height / high);
        self.resampled((width, height), scale, |x, y| {
            Point::new(
                centre.x + (x - width as f32 / 2.0) * scale,
                centre.y + (y - height as f32 / 2.0) * scale,
            )
        })
    }

    /// A picture whose pixel (x, y) comes from where `from` says, about `scale` pixels for each.
    pub(crate) fn resampled(
        &self,
        (width, height): (u32, u32),
        scale: f32,
        from: impl Fn(f32, f32) -> Point,
    ) -> Self {
        let (right, bottom) = (self.0.width() as f32 - 1.0, self.0.height() as f32 - 1.0);
        // Without it, bilinear sampling skips pixels of a picture that is made smaller.
        let reduced = scale > 1.0;
        let source = if reduced {
            image::imageops::blur(&self.0, 0.45 * scale)
        } else {
            self.0.clone()
        };
        Self(image::RgbaImage::from_fn(width, height, |x, y| {
            let at = from(x as f32 + 0.5, y as f32 + 0.5);
            let (x, y) = (
                (at.x - 0.5).clamp(0.0, right),
                (at.y - 0.5).clamp(0.0, bottom),
            );
            image::imageops::interpolate_bilinear(&source, x, y).unwrap()
        }))
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame::new(self.0.width(), self.0.height(), self.0.as_raw()).unwrap()
    }
}
