//! A portrait that can be turned: mesh → fit to a person → surface → picture → camera.
//!
//! Pure geometry and pixels. What it shows is nearer to a head than a turned print is, and still no head: hair and
//! ears are an ellipsoid, depth is the average face's, light does not change with the turn.

pub(crate) mod camera;
pub(crate) mod fit;
pub(crate) mod mesh;
pub(crate) mod picture;
pub(crate) mod pose;
pub(crate) mod solve;
pub(crate) mod space;
pub(crate) mod surface;

use anyhow::{Context, Result};
use image::RgbaImage;
use nod::image::Frame;
use nod::landmarks::COUNT;
use nod::pipeline::Pipeline;

use fit::Fit;
use mesh::Mesh;
use picture::Picture;
use pose::{Bend, Pose};
use space::{Lens, Point3};
use surface::Surface;

/// A person made from one portrait.
pub(crate) struct Head {
    fit: Fit,
    surface: Surface,
    portrait: Picture,
}

impl Head {
    /// Fits the average face to the landmarks that the pipeline finds on the portrait.
    ///
    /// # Errors
    /// When there is no face on it.
    pub(crate) fn of(portrait: &RgbaImage, pipeline: &Pipeline) -> Result<Self> {
        let frame = Frame::new(portrait.width(), portrait.height(), portrait.as_raw())?;
        let seen = pipeline.look(&frame)?.seen.context("no face")?;
        let fit = Fit::of(Mesh::average()?, seen.landmarks.points())?;
        Ok(Self {
            surface: Surface::of(&fit),
            portrait: Picture::of(portrait),
            fit,
        })
    }

    /// Where the landmarks are in space.
    pub(crate) fn places(&self) -> [Point3; COUNT] {
        self.fit.mesh.places()
    }

    /// Where the landmarks are on a flat print at life size, about its middle.
    pub(crate) fn print(&self) -> [[f64; 2]; COUNT] {
        self.places().map(|place| {
            let [x, y, _] = self.fit.rotation.apply(place);
            [x, y - surface::PRINT_BELOW_EYES]
        })
    }

    /// The person before the camera, who sits at `home` and is now at `pose`.
    pub(crate) fn seen(&self, pose: &Pose, home: Point3, lens: &Lens, wall: Picture) -> Picture {
        self.drawn(&self.surface.posed(pose, home), lens, wall)
    }

    /// A print of the portrait before a wall.
    pub(crate) fn print_seen(
        &self,
        bend: Bend,
        size: [f64; 2],
        pose: &Pose,
        lens: &Lens,
        wall: Picture,
    ) -> Picture {
        self.drawn(
            &self.surface.printed(&self.fit, bend, size, pose),
            lens,
            wall,
        )
    }

    fn drawn(&self, points: &[Point3], lens: &Lens, mut onto: Picture) -> Picture {
        let Surface {
            texture, triangles, ..
        } = &self.surface;
        self.portrait
            .drape(points, texture, triangles, lens, &mut onto);
        onto
    }
}
