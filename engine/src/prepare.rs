//! From a plan to something that runs: every step checked against its pictures and weights, weights packed, pictures
//! given their borders and their place in memory. What passes here cannot fail later.

use crate::blocks::{Blocks, Border};
use crate::memory::{self, MAX_VALUES, Need};
use crate::plan::{Exit, Plan, Shape, Step, Window};
use crate::simd::Places;
use crate::stored::Weights;
use crate::{Error, convolution, depthwise};

/// Longest side of a picture.
const MAX_SIDE: usize = 4096;

/// Longest side of a window.
const MAX_WINDOW: usize = 16;

/// A network laid out for vectors of L values.
pub(crate) struct Prepared<const L: usize> {
    pub(crate) pictures: Vec<Blocks<L>>,
    pub(crate) steps: Vec<Ready>,
    pub(crate) exits: Vec<Exit>,
    /// Values of memory that a run needs.
    pub(crate) values: usize,
}

/// A step with its packed weights; empty where it has none.
pub(crate) struct Ready {
    pub(crate) step: Step,
    pub(crate) weights: Vec<f32>,
    /// For whole blocks of channels.
    pub(crate) bias: Vec<f32>,
    /// Of a convolution: where the channels of its window lie.
    pub(crate) places: Places,
}

impl<const L: usize> Prepared<L> {
    pub(crate) fn new(plan: Plan) -> Result<Self, Error> {
        if !plan.shapes.iter().all(fits) {
            return Err(Error::TooLarge);
        }
        let mut steps = Vec::with_capacity(plan.steps.len());
        for (at, step) in plan.steps.iter().enumerate() {
            let ready = ready::<L>(&plan, at).map_err(|why| Error::Step { step: at, why })?;
            steps.push(Ready {
                step: step.clone(),
                ..ready
            });
        }
        if let Some(exit) = plan
            .exits
            .iter()
            .find(|exit| exit.tensor >= plan.shapes.len())
        {
            return Err(Error::Exit(exit.name.clone()));
        }
        let needs = needs::<L>(&plan)?;
        let (starts, values) = memory::assign(&needs)?;
        let mut pictures = pictures::<L>(&plan);
        for (picture, start) in pictures.iter_mut().zip(starts) {
            picture.start = start;
        }
        for ready in &mut steps {
            if let Step::Convolution { input, window, .. } = ready.step {
                ready.places = convolution::places(&pictures[input], window.size);
            }
        }
        Ok(Self {
            pictures,
            steps,
            exits: plan.exits,
            values,
        })
    }
}

/// Whether a picture alone has its place. In 64 bits: a page's own arithmetic has 32, and must not overflow here or later.
fn fits(shape: &Shape) -> bool {
    let sides = [shape.height, shape.width, shape.channels];
    let values: u64 = sides.iter().map(|side| *side as u64).product();
    sides.iter().all(|side| (1..=MAX_SIDE).contains(side)) && values <= MAX_VALUES as u64
}

/// A step's weights, packed, after everything about it was checked.
fn ready<const L: usize>(plan: &Plan, at: usize) -> Result<Ready, &'static str> {
    let step = &plan.steps[at];
    let of = |tensor: usize| plan.shapes.get(tensor).copied().ok_or("no such picture");
    in_order(plan, at)?;
    let values = |weights: Weights, count: usize| {
        if weights.count as usize != count {
            return Err("not as many weights as it needs");
        }
        plan.values(weights).ok_or("weights outside the plan")
    };
    let mut ready = Ready {
        step: step.clone(),
        weights: Vec::new(),
        bias: Vec::new(),
        places: Places::default(),
    };
    match *step {
        Step::Convolution {
            input,
            output,
            added,
            window,
            weights,
            bias,
            ..
        } => {
            let (from, to) = (of(input)?, of(output)?);
            convolved(from, to, window)?;
            same(added.map(of).transpose()?, to)?;
            let [rows, columns] = window.size;
            let taps = (from.channels * rows * columns).checked_mul(to.channels);
            let weights = values(weights, taps.ok_or("more weights than there can be")?)?;
            ready.weights =
                convolution::pack::<L>(&weights, to.channels, from.channels, window.size);
            ready.bias = whole_blocks::<L>(values(bias, to.channels)?);
        }
        Step::Depthwise {
            input,
            output,
            window,
            weights,
            bias,
            ..
        } => {
            let (from, to) = (of(input)?, of(output)?);
            convolved(from, to, window)?;
            if from.channels != to.channels {
                return Err("a depthwise convolution keeps its channels");
            }
            let taps = window.size[0] * window.size[1];
            let weights = values(weights, to.channels * taps)?;
            ready.weights = depthwise::pack::<L>(&weights, to.channels, taps);
            ready.bias = whole_blocks::<L>(values(bias, to.channels)?);
        }
        Step::MaxPool {
            input,
            output,
            window,
        } => pooled(of(input)?, of(output)?, window)?,
        Step::AveragePool {
            input,
            output,
            window,
        } => {
            let (from, to) = (of(input)?, of(output)?);
            pooled(from, to, window)?;
            let border = border(from, to, window);
            if border != Border::default() {
                return Err("a mean is of windows within the picture");
            }
        }
        Step::GlobalAverage { input, output } => {
            let pixel = Shape {
                height: 1,
                width: 1,
                ..of(input)?
            };
            same(Some(pixel), of(output)?)?;
        }
        Step::Scale {
            input,
            by,
            added,
            output,
            ..
        } => {
            let to = of(output)?;
            same(Some(of(input)?), to)?;
            same(added.map(of).transpose()?, to)?;
            same(
                Some(of(by)?),
                Shape {
                    height: 1,
                    width: 1,
                    ..to
                },
            )?;
        }
        Step::Activate { input, output, .. } => same(Some(of(input)?), of(output)?)?,
        Step::Affine {
            input,
            output,
            scale,
            shift,
        } => {
            let to = of(output)?;
            same(Some(of(input)?), to)?;
            ready.weights = whole_blocks::<L>(values(scale, to.channels)?);
            ready.bias = whole_blocks::<L>(values(shift, to.channels)?);
        }
        Step::Add { a, b, output, .. } => {
            let (a, b) = (of(a)?, of(b)?);
            let larger = Shape {
                height: a.height.max(b.height),
                width: a.width.max(b.width),
                channels: a.channels.max(b.channels),
            };
            same(Some(larger), of(output)?)?;
        }
        Step::AddDoubled {
            small,
            large,
            output,
        } => {
            let (small, to) = (of(small)?, of(output)?);
            let doubled = Shape {
                height: small.height * 2,
                width: small.width * 2,
                ..small
            };
            same(Some(doubled), to)?;
            same(Some(of(large)?), to)?;
        }
    }
    Ok(ready)
}

/// Every picture is written once, before it is read.
fn in_order(plan: &Plan, at: usize) -> Result<(), &'static str> {
    let step = &plan.steps[at];
    let before = |tensor| plan.steps[..at].iter().any(|s| s.writes() == tensor);
    if step.reads().any(|tensor| tensor != 0 && !before(tensor)) {
        return Err("it reads what nothing has written");
    }
    if step.writes() == 0 || before(step.writes()) {
        return Err("it writes what is already there");
    }
    Ok(())
}

fn same(shape: Option<Shape>, expected: Shape) -> Result<(), &'static str> {
    match shape {
        Some(shape) if shape != expected => Err("its pictures do not have the same shape"),
        _ => Ok(()),
    }
}

fn convolved(from: Shape, to: Shape, window: Window) -> Result<(), &'static str> {
    if window.stride[0] != window.stride[1] || !(1..=2).contains(&window.stride[0]) {
        return Err("a stride of 1 or 2, the same in both directions");
    }
    sound(from, to, window)
}

fn pooled(from: Shape, to: Shape, window: Window) -> Result<(), &'static str> {
    if from.channels != to.channels {
        return Err("pooling keeps its channels");
    }
    sound(from, to, window)
}

/// Every window has a part in the picture.
fn sound(from: Shape, to: Shape, window: Window) -> Result<(), &'static str> {
    let sizes = [(from.height, to.height), (from.width, to.width)];
    for (axis, (from, to)) in sizes.into_iter().enumerate() {
        let (size, stride) = (window.size[axis], window.stride[axis]);
        let before = window.before[axis];
        if !(1..=MAX_WINDOW).contains(&size) || !(1..=MAX_WINDOW).contains(&stride) {
            return Err("its window is empty or too large");
        }
        if before >= size || (to - 1) * stride >= from + before {
            return Err("a window lies outside the picture");
        }
    }
    Ok(())
}

/// How far the windows reach beyond the picture.
fn border(from: Shape, to: Shape, window: Window) -> Border {
    let after = |axis: usize, from: usize, to: usize| {
        ((to - 1) * window.stride[axis] + window.size[axis])
            .saturating_sub(window.before[axis] + from)
    };
    Border {
        top: window.before[0],
        left: window.before[1],
        bottom: after(0, from.height, to.height),
        right: after(1, from.width, to.width),
    }
}

/// Every picture with the border that its readers need.
fn pictures<const L: usize>(plan: &Plan) -> Vec<Blocks<L>> {
    let mut borders = vec![Border::default(); plan.shapes.len()];
    for step in &plan.steps {
        if let Step::Convolution {
            input,
            output,
            window,
            ..
        }
        | Step::Depthwise {
            input,
            output,
            window,
            ..
        } = *step
        {
            let needed = border(plan.shapes[input], plan.shapes[output], window);
            borders[input] = borders[input].union(needed);
        }
    }
    let shapes = plan.shapes.iter().zip(borders);
    shapes
        .map(|(shape, border)| Blocks::new(*shape, border))
        .collect()
}

fn needs<const L: usize>(plan: &Plan) -> Result<Vec<Need>, Error> {
    let pictures = pictures::<L>(plan);
    let mut needs: Vec<Need> = pictures
        .iter()
        .map(|picture| Need {
            values: picture.len(),
            first: 0,
            last: 0,
        })
        .collect();
    for (at, step) in plan.steps.iter().enumerate() {
        needs[step.writes()].first = at;
        needs[step.writes()].last = at;
        for tensor in step.reads() {
            needs[tensor].last = at;
        }
    }
    for exit in &plan.exits {
        let written = plan.steps.iter().any(|s| s.writes() == exit.tensor);
        if exit.tensor != 0 && !written {
            return Err(Error::Exit(exit.name.clone()));
        }
        needs[exit.tensor].last = plan.steps.len();
    }
    Ok(needs)
}

fn whole_blocks<const L: usize>(mut values: Vec<f32>) -> Vec<f32> {
    values.resize(values.len().next_multiple_of(L), 0.0);
    values
}
