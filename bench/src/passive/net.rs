//! MiniFASNetV2 (minivision's Silent-Face-Anti-Spoofing, Apache-2.0): a frame and a face → how likely it is live.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use nod::detect::Face;
use nod::geometry::{Point, Rect};
use nod::image::{Crop, Frame};
use nod::resample::resample;
use tract_onnx::prelude::*;

/// The net looks at this many times the face, for it has learnt from what surrounds one.
const ENLARGE: f32 = 2.7;
const SIDE: usize = 80;
/// Of three classes: print, live, replay.
const LIVE: usize = 1;

/// Run by tract as it is published: nothing deployed uses such a network, so the engine need not know its operators.
pub(super) struct PassiveNet(Arc<TypedRunnableModel>);

impl PassiveNet {
    pub(super) fn open(file: &Path) -> Result<Self> {
        let onnx = std::fs::read(file).with_context(|| file.display().to_string())?;
        let model = tract_onnx::onnx()
            .model_for_read(&mut onnx.as_slice())?
            .with_input_fact(0, f32::fact([1, 3, SIDE, SIDE]).into())?
            .into_optimized()?
            .into_runnable()?;
        Ok(Self(model))
    }

    /// 0 to 1.
    pub(super) fn live(&self, frame: &Frame<'_>, face: &Face) -> Result<f32> {
        let region = surroundings(&face.bounds, frame.width() as f32, frame.height() as f32);
        let input = planes(&resample(frame, &region, None, SIDE, SIDE))?;
        let outputs = self.0.run(tvec!(input.into()))?;
        let output = outputs.first().context("no output")?;
        let scores: Vec<f32> = output
            .to_plain_array_view::<f32>()?
            .iter()
            .copied()
            .collect();
        ensure!(scores.len() == 3, "{} classes, not three", scores.len());
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = scores.iter().map(|score| (score - most).exp()).sum();
        Ok((scores[LIVE] - most).exp() / sum)
    }
}

/// Blue, green and red, 0 to 255.
fn planes(picture: &Crop) -> Result<Tensor> {
    let plane = |channel: usize| picture.rgb().iter().skip(channel).step_by(3).copied();
    let values: Vec<f32> = [2, 1, 0].into_iter().flat_map(plane).collect();
    Tensor::from_shape(&[1, 3, SIDE, SIDE], &values)
}

/// The enlarged box, smaller where the frame has no room for it, and moved inside where it reaches over an edge.
fn surroundings(face: &Rect, width: f32, height: f32) -> Rect {
    let factor = ENLARGE
        .min((width - 1.0) / face.width)
        .min((height - 1.0) / face.height);
    let (w, h) = (face.width * factor, face.height * factor);
    let centre = face.centre();
    let inside = |middle: f32, size: f32, whole: f32| {
        let half = size / 2.0;
        middle.clamp(half, (whole - half).max(half))
    };
    Rect::around(
        Point::new(inside(centre.x, w, width), inside(centre.y, h, height)),
        w,
        h,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surroundings_stay_inside_the_frame() {
        let face = Rect {
            x: 5.0,
            y: 100.0,
            width: 100.0,
            height: 120.0,
        };
        let region = surroundings(&face, 640.0, 480.0);
        assert!(region.x >= 0.0 && region.bottom() <= 480.0);
        assert!((region.width - 270.0).abs() < 1e-3 && (region.height - 324.0).abs() < 1e-3);

        let small = surroundings(&face, 200.0, 200.0);
        assert!(small.width <= 200.0 && small.height <= 200.0);
        assert!(small.x >= 0.0 && small.right() <= 200.0);
    }
}
