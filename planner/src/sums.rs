//! Sums and products: what can be done by the step before them, and what must be done apart.

use nod_engine::{Activation, Order, Shape, Step, Stored};

use crate::PlanError;
use crate::graph::{Constant, Data, Node};
use crate::values::{Pending, Value, Values};

impl Values<'_> {
    pub(crate) fn add(&mut self, node: &Node) -> Result<(), PlanError> {
        if let Some((input, other)) = self.with_constant(node)? {
            return self.shift(node, input, &other);
        }
        let (a, b) = (self.raw(node, 0)?, self.raw(node, 1)?);
        if a.order != Order::Planes || b.order != Order::Planes {
            return Err(node.error("it adds what was reshaped"));
        }
        match (a.pending, b.pending) {
            (Pending::Nothing, Pending::Nothing) => {}
            (Pending::Doubled, Pending::Nothing) => return self.add_doubled(node, a, b),
            (Pending::Nothing, Pending::Doubled) => return self.add_doubled(node, b, a),
            _ => return self.add_padded(node, a, b),
        }
        let shape = self.plan.shapes[a.tensor];
        if shape != self.plan.shapes[b.tensor] {
            return Err(node.error("it adds pictures of different shapes"));
        }
        if self.added_by_step(node, a.tensor, b.tensor)?
            || self.added_by_step(node, b.tensor, a.tensor)?
        {
            return Ok(());
        }
        self.sum(node, a, b, shape)
    }

    /// Lets the step that writes `tensor` add `other` before it writes, if nobody wants to see the sum's part.
    fn added_by_step(
        &mut self,
        node: &Node,
        tensor: usize,
        other: usize,
    ) -> Result<bool, PlanError> {
        let Some(step) = self.only_for_me(tensor) else {
            return Ok(false);
        };
        let (Step::Convolution {
            added, activation, ..
        }
        | Step::Scale {
            added, activation, ..
        }) = step
        else {
            return Ok(false);
        };
        if added.is_some() || *activation != Activation::None {
            return Ok(false);
        }
        *added = Some(other);
        // What it adds may have been computed after it, and nobody has read it yet: it can wait.
        if let Some(at) = self
            .plan
            .steps
            .iter()
            .position(|step| step.writes() == tensor)
        {
            let step = self.plan.steps.remove(at);
            self.plan.steps.push(step);
        }
        self.name(node.output()?, Value::of(tensor));
        Ok(true)
    }

    fn add_doubled(&mut self, node: &Node, small: Value, large: Value) -> Result<(), PlanError> {
        let output = self.written(node, self.plan.shapes[large.tensor])?;
        let (small, large) = (small.tensor, large.tensor);
        self.plan.steps.push(Step::AddDoubled {
            small,
            large,
            output,
        });
        Ok(())
    }

    fn add_padded(&mut self, node: &Node, a: Value, b: Value) -> Result<(), PlanError> {
        let shape = |value: Value| match value.pending {
            Pending::Padded(shape) => Some(shape),
            Pending::Nothing => Some(self.plan.shapes[value.tensor]),
            Pending::Doubled => None,
        };
        let (Some(shape), true) = (shape(a), shape(a) == shape(b)) else {
            return Err(node.error("it adds pictures of different shapes"));
        };
        self.sum(node, a, b, shape)
    }

    fn sum(&mut self, node: &Node, a: Value, b: Value, shape: Shape) -> Result<(), PlanError> {
        let output = self.written(node, shape)?;
        let (a, b, activation) = (a.tensor, b.tensor, Activation::None);
        self.plan.steps.push(Step::Add {
            a,
            b,
            output,
            activation,
        });
        Ok(())
    }

    pub(crate) fn multiply(&mut self, node: &Node) -> Result<(), PlanError> {
        if let Some((input, factors)) = self.with_constant(node)? {
            let (tensor, shape) = self.picture(node, input)?;
            let factors = per_channel(node, &factors, shape)?;
            let scale = self.plan.keep(factors);
            let shift = self.zeros(shape.channels);
            let output = self.written(node, shape)?;
            self.plan.steps.push(Step::Affine {
                input: tensor,
                output,
                scale,
                shift,
            });
            return Ok(());
        }
        let ((a, of_a), (b, of_b)) = (self.picture(node, 0)?, self.picture(node, 1)?);
        let (input, by, shape) = if of_b.pixels() == 1 {
            (a, b, of_a)
        } else {
            (b, a, of_b)
        };
        let output = self.written(node, shape)?;
        let activation = Activation::None;
        self.plan.steps.push(Step::Scale {
            input,
            by,
            added: None,
            output,
            activation,
        });
        Ok(())
    }

    /// Adds a constant for each channel.
    fn shift(&mut self, node: &Node, input: usize, constant: &Constant) -> Result<(), PlanError> {
        let (tensor, shape) = self.picture(node, input)?;
        let shift = per_channel(node, constant, shape)?;
        let kept = self.plan.keep(shift);
        // After a multiplication by constants it is the other half of the same step.
        if let Some(Step::Affine { shift, .. }) = self.only_for_me(tensor) {
            *shift = kept;
            self.name(node.output()?, Value::of(tensor));
            return Ok(());
        }
        let scale = self.plan.keep(Stored::f32(&vec![1.0; shape.channels]));
        let output = self.written(node, shape)?;
        self.plan.steps.push(Step::Affine {
            input: tensor,
            output,
            scale,
            shift: kept,
        });
        Ok(())
    }

    pub(crate) fn pad(&mut self, node: &Node) -> Result<(), PlanError> {
        let (tensor, shape) = self.picture(node, 0)?;
        let Data::Integers(pads) = &self.constant(node, 1)?.data else {
            return Err(node.error("pads that are no integers"));
        };
        let [0, 0, 0, 0, 0, channels, bottom, right] = pads[..] else {
            return Err(node.error("zeros go to the end of a picture"));
        };
        let (Ok(channels), Ok(bottom), Ok(right)) = (
            usize::try_from(channels),
            usize::try_from(bottom),
            usize::try_from(right),
        ) else {
            return Err(node.error("it takes away"));
        };
        if node.text("mode").is_some_and(|mode| mode != b"constant") || node.has_input(2) {
            return Err(node.error("it pads with something else than zeros"));
        }
        let padded = Shape {
            height: shape.height + bottom,
            width: shape.width + right,
            channels: shape.channels + channels,
        };
        let pending = Pending::Padded(padded);
        self.name(
            node.output()?,
            Value {
                pending,
                ..Value::of(tensor)
            },
        );
        Ok(())
    }

    /// To twice the size, each pixel repeated.
    pub(crate) fn double(&mut self, node: &Node) -> Result<(), PlanError> {
        let (tensor, _) = self.picture(node, 0)?;
        let scales = self.constant(node, 2)?.weights(node)?.values();
        let nearest = node.text("mode") == Some(b"nearest")
            && node.text("nearest_mode") == Some(b"floor")
            && node.text("coordinate_transformation_mode") == Some(b"asymmetric");
        if scales != [1.0, 1.0, 2.0, 2.0] || !nearest {
            return Err(node.error("it does not repeat every pixel twice"));
        }
        let pending = Pending::Doubled;
        self.name(
            node.output()?,
            Value {
                pending,
                ..Value::of(tensor)
            },
        );
        Ok(())
    }

    /// Which input is a picture, and the constant that is the other.
    fn with_constant(&self, node: &Node) -> Result<Option<(usize, Constant)>, PlanError> {
        for (input, other) in [(0, 1), (1, 0)] {
            if let Some(constant) = self.graph.constants.get(node.input(other)?) {
                return Ok(Some((input, constant.clone())));
            }
        }
        Ok(None)
    }
}

/// One constant for each channel.
fn per_channel(node: &Node, constant: &Constant, shape: Shape) -> Result<Stored, PlanError> {
    if constant.dims != [1, shape.channels, 1, 1] {
        return Err(node.error("not one constant for each channel"));
    }
    constant.weights(node).cloned()
}
