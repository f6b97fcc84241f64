//! Node by node: from the graph to the steps of the plan.

use nod_engine::{Activation, Network, Order, Plan, Shape, Step, Stored, Weights};

use crate::PlanError;
use crate::graph::{Constant, Graph, Node};
use crate::values::{Value, Values};
use crate::windows::{kernel, window};

/// The plan of an ONNX file with one picture as input. The same file gives the same plan.
pub fn plan(onnx: &[u8]) -> Result<Plan, PlanError> {
    let graph = Graph::read(onnx)?;
    let mut values = Values::new(&graph)?;
    for node in &graph.nodes {
        values.lower(node)?;
    }
    let plan = values.finish()?;
    Network::load(&plan.encode()?)?;
    Ok(plan)
}

impl Values<'_> {
    fn lower(&mut self, node: &Node) -> Result<(), PlanError> {
        match node.operator() {
            "Conv" => self.convolution(node),
            "Gemm" | "MatMul" => self.matrix(node),
            "Relu" => self.activate(node, Activation::Relu),
            "LeakyRelu" => self.activate(node, Activation::Leaky(node.float("alpha", 0.01))),
            "Sigmoid" => self.activate(node, Activation::Sigmoid),
            "Add" => self.add(node),
            "Mul" => self.multiply(node),
            "MaxPool" | "AveragePool" => self.pool(node),
            "GlobalAveragePool" => {
                let (input, shape) = self.picture(node, 0)?;
                let output = self.written(
                    node,
                    Shape {
                        height: 1,
                        width: 1,
                        ..shape
                    },
                )?;
                self.plan.steps.push(Step::GlobalAverage { input, output });
                Ok(())
            }
            "Pad" => self.pad(node),
            "Resize" => self.double(node),
            "Transpose" | "Reshape" | "Flatten" | "Identity" => self.reorder(node),
            _ => Err(node.error("the engine has no such operator")),
        }
    }

    fn convolution(&mut self, node: &Node) -> Result<(), PlanError> {
        let (input, from) = self.picture(node, 0)?;
        let filters = self.constant(node, 1)?.clone();
        let [outputs, inputs, rows, columns] = filters.dims[..] else {
            return Err(node.error("filters of two axes"));
        };
        let (window, to) = window(node, [rows, columns], from, outputs)?;
        let group = node.integer("group", 1);
        let depthwise = group == outputs as i64
            && inputs == 1
            && outputs == from.channels
            && rows * columns > 1;
        if !depthwise && (group != 1 || inputs != from.channels) {
            return Err(node.error("groups of several channels"));
        }
        let weights = self.plan.keep(filters.weights(node)?.clone());
        let bias = self.bias(node, 2, outputs)?;
        let output = self.written(node, to)?;
        let activation = Activation::None;
        self.plan.steps.push(if depthwise {
            Step::Depthwise {
                input,
                output,
                window,
                weights,
                bias,
                activation,
            }
        } else {
            Step::Convolution {
                input,
                output,
                added: None,
                window,
                weights,
                bias,
                activation,
            }
        });
        Ok(())
    }

    /// A product with a matrix is a convolution of the one pixel that flattening needs anyhow.
    fn matrix(&mut self, node: &Node) -> Result<(), PlanError> {
        let (input, from) = self.picture(node, 0)?;
        let matrix = self.constant(node, 1)?;
        let [rows, columns] = matrix.dims[..] else {
            return Err(node.error("not a matrix"));
        };
        let ones = node.float("alpha", 1.0) == 1.0 && node.float("beta", 1.0) == 1.0;
        if from.pixels() != 1 || !ones || node.integer("transA", 0) != 0 {
            return Err(node.error("not a plain product of one row"));
        }
        let stored = matrix.weights(node)?;
        let (outputs, stored) = if node.integer("transB", 0) != 0 {
            (rows, Some(stored.clone()))
        } else {
            (columns, stored.transposed(rows, columns))
        };
        let stored = stored.ok_or_else(|| node.error("not a matrix"))?;
        let weights = self.plan.keep(stored);
        let bias = self.bias(node, 2, outputs)?;
        let output = self.written(
            node,
            Shape {
                channels: outputs,
                ..from
            },
        )?;
        self.plan.steps.push(Step::pointwise(
            input,
            output,
            weights,
            bias,
            Activation::None,
        ));
        Ok(())
    }

    fn pool(&mut self, node: &Node) -> Result<(), PlanError> {
        let (input, from) = self.picture(node, 0)?;
        let (window, to) = window(node, kernel(node)?, from, from.channels)?;
        let output = self.written(node, to)?;
        self.plan.steps.push(if node.operator() == "MaxPool" {
            Step::MaxPool {
                input,
                output,
                window,
            }
        } else {
            Step::AveragePool {
                input,
                output,
                window,
            }
        });
        Ok(())
    }

    /// What moves no value of the picture, and only says how to read it.
    fn reorder(&mut self, node: &Node) -> Result<(), PlanError> {
        let value = self.raw(node, 0)?;
        let shape = self.plan.shapes[value.tensor];
        let order = match node.operator() {
            "Transpose" => {
                if node.integers("perm").as_deref() != Some(&[0, 2, 3, 1])
                    || value.order != Order::Planes
                {
                    return Err(node.error("it does more than move the channels to the end"));
                }
                Order::Pixels
            }
            // One pixel has one order.
            "Flatten" if shape.pixels() != 1 => {
                return Err(node.error("it flattens more than a pixel"));
            }
            _ => value.order,
        };
        self.name(node.output()?, Value { order, ..value });
        Ok(())
    }

    pub(crate) fn constant(&self, node: &Node, input: usize) -> Result<&Constant, PlanError> {
        let name = node.input(input)?;
        let constant = self.graph.constants.get(name);
        constant.ok_or_else(|| node.error(format!("{name} is not a constant")))
    }

    fn bias(&mut self, node: &Node, input: usize, count: usize) -> Result<Weights, PlanError> {
        if !node.has_input(input) {
            return Ok(self.zeros(count));
        }
        let stored = self.constant(node, input)?.weights(node)?.clone();
        Ok(self.plan.keep(stored))
    }

    pub(crate) fn zeros(&mut self, count: usize) -> Weights {
        self.plan.keep(Stored::f32(&vec![0.0; count]))
    }
}
