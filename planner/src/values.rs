//! What is known of each value while a graph is gone through: its picture, and what was only said about it so far.

use std::collections::{HashMap, HashSet};

use nod_engine::{Activation, Order, Plan, Shape, Step};

use crate::PlanError;
use crate::graph::{Graph, Node};

/// A value of the ONNX graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    /// Its picture in the plan.
    pub(crate) tensor: usize,
    /// How ONNX orders it by now.
    pub(crate) order: Order,
    /// Made larger with zeros, or twice as large; the addition that follows does it.
    pub(crate) pending: Pending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    Nothing,
    Padded(Shape),
    Doubled,
}

/// The plan under construction.
pub(crate) struct Values<'g> {
    pub(crate) graph: &'g Graph,
    pub(crate) plan: Plan,
    named: HashMap<String, Value>,
    /// Pictures that more than one node reads.
    shared: HashSet<usize>,
}

impl<'g> Values<'g> {
    pub(crate) fn new(graph: &'g Graph) -> Result<Self, PlanError> {
        let (name, dims) = &graph.input;
        let [1, channels, height, width] = dims[..] else {
            return Err(PlanError::Ends(
                "an input here is one picture of planes".into(),
            ));
        };
        let mut values = Self {
            graph,
            plan: Plan::new(Shape {
                height,
                width,
                channels,
            }),
            named: HashMap::new(),
            shared: HashSet::new(),
        };
        values.name(name, Value::of(0));
        Ok(values)
    }

    /// The value of that name as it stands, whatever was said about it.
    pub(crate) fn raw(&self, node: &Node, input: usize) -> Result<Value, PlanError> {
        let name = node.input(input)?;
        let value = self.named.get(name).copied();
        value.ok_or_else(|| node.error(format!("{name} is not computed before it")))
    }

    /// The value of that name, if it is a picture like any other.
    pub(crate) fn picture(&self, node: &Node, input: usize) -> Result<(usize, Shape), PlanError> {
        let value = self.raw(node, input)?;
        if value.order != Order::Planes || value.pending != Pending::Nothing {
            return Err(node.error("it reads what was reshaped, padded or resized"));
        }
        Ok((value.tensor, self.plan.shapes[value.tensor]))
    }

    /// Gives a value its name; what several nodes read is remembered as such.
    pub(crate) fn name(&mut self, name: &str, value: Value) {
        if self.graph.uses.get(name).is_some_and(|uses| *uses > 1) {
            self.shared.insert(value.tensor);
        }
        self.named.insert(name.to_owned(), value);
    }

    /// A new picture for what a node gives.
    pub(crate) fn written(&mut self, node: &Node, shape: Shape) -> Result<usize, PlanError> {
        let tensor = self.plan.tensor(shape);
        self.name(node.output()?, Value::of(tensor));
        Ok(tensor)
    }

    /// The step that writes a picture, if nothing else reads the picture.
    pub(crate) fn only_for_me(&mut self, tensor: usize) -> Option<&mut Step> {
        if self.shared.contains(&tensor) {
            return None;
        }
        self.plan
            .steps
            .iter_mut()
            .find(|step| step.writes() == tensor)
    }

    /// Puts an activation into the step that writes the value, or after it where others read the value as it is.
    pub(crate) fn activate(&mut self, node: &Node, wanted: Activation) -> Result<(), PlanError> {
        let value = self.raw(node, 0)?;
        if let Some(
            Step::Convolution { activation, .. }
            | Step::Depthwise { activation, .. }
            | Step::Scale { activation, .. }
            | Step::Add { activation, .. },
        ) = self.only_for_me(value.tensor)
            && *activation == Activation::None
        {
            *activation = wanted;
            self.name(node.output()?, value);
            return Ok(());
        }
        if value.pending != Pending::Nothing {
            return Err(node.error("it activates what is padded or resized"));
        }
        let output = self.plan.tensor(self.plan.shapes[value.tensor]);
        self.name(
            node.output()?,
            Value {
                tensor: output,
                ..value
            },
        );
        let (input, activation) = (value.tensor, wanted);
        self.plan.steps.push(Step::Activate {
            input,
            output,
            activation,
        });
        Ok(())
    }

    /// The plan, without the pictures that nothing writes any more.
    pub(crate) fn finish(mut self) -> Result<Plan, PlanError> {
        for name in &self.graph.outputs {
            let value = self.named.get(name).copied();
            let value =
                value.ok_or_else(|| PlanError::Ends(format!("output {name} is not computed")))?;
            if value.pending != Pending::Nothing {
                return Err(PlanError::Ends(format!(
                    "output {name} is padded or resized"
                )));
            }
            self.plan.exits.push(nod_engine::Exit {
                name: name.clone(),
                tensor: value.tensor,
                order: value.order,
            });
        }
        self.plan.drop_unwritten();
        Ok(self.plan)
    }
}

impl Value {
    pub(crate) fn of(tensor: usize) -> Self {
        Self {
            tensor,
            order: Order::Planes,
            pending: Pending::Nothing,
        }
    }
}
