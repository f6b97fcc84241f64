//! What a run has to do at least, counted from a plan: the limits that a measured time is held against.

use super::{Plan, Step};

/// The work of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Multiplications in convolutions; each has its addition.
    pub multiplications: u64,
    /// Bytes read and written, were nothing kept from step to step: the pictures of each step, and the weights, as 32-bit
    /// values.
    pub bytes: u64,
}

impl Plan {
    /// Counts the work of one run; what no memory could hold counts as the largest number there is.
    pub fn work(&self) -> Work {
        let sides = |picture: usize| {
            let shape = self.shapes.get(picture);
            shape.map_or([0; 3], |s| {
                [s.height, s.width, s.channels].map(|n| n as u64)
            })
        };
        let product = |sides: &[u64]| sides.iter().fold(1, |all: u64, n| all.saturating_mul(*n));
        let mut work = Work::default();
        for step in &self.steps {
            let weights = match step {
                Step::Convolution { weights, .. } | Step::Depthwise { weights, .. } => {
                    weights.count.into()
                }
                _ => 0,
            };
            let windows = product(&sides(step.writes())[..2]);
            let pictures = step.reads().chain([step.writes()]);
            let values = pictures.fold(weights, |sum: u64, p| {
                sum.saturating_add(product(&sides(p)))
            });
            let multiplications = windows.saturating_mul(weights);
            work.multiplications = work.multiplications.saturating_add(multiplications);
            work.bytes = work.bytes.saturating_add(values.saturating_mul(4));
        }
        work
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activation, Plan, Shape, Step, Stored, Window, Work};

    #[test]
    fn a_convolution_multiplies_each_weight_once_a_pixel() {
        let shape = |height, width, channels| Shape {
            height,
            width,
            channels,
        };
        let mut plan = Plan::new(shape(4, 6, 3));
        let output = plan.tensor(shape(2, 3, 8));
        let weights = plan.keep(Stored::f32(&[0.5; 8 * 3 * 9]));
        let bias = plan.keep(Stored::f32(&[0.0; 8]));
        plan.steps.push(Step::Convolution {
            input: 0,
            output,
            added: None,
            window: Window {
                size: [3, 3],
                stride: [2, 2],
                before: [1, 1],
            },
            weights,
            bias,
            activation: Activation::None,
        });
        let expected = Work {
            multiplications: 6 * 216,
            bytes: 4 * (72 + 48 + 216),
        };
        assert_eq!(plan.work(), expected);
    }
}
