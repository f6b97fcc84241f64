//! The graph of an ONNX file: its nodes in order, and its constants with the casts that widen them resolved.

use std::collections::HashMap;

use nod_engine::Stored;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};
use tract_onnx::prelude::Framework;

use crate::PlanError;

/// A graph as the planner reads it.
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: HashMap<String, Constant>,
    /// Name and dimensions.
    pub(crate) input: (String, Vec<usize>),
    pub(crate) outputs: Vec<String>,
    /// How often each value is read.
    pub(crate) uses: HashMap<String, usize>,
}

/// A constant tensor.
#[derive(Clone)]
pub(crate) struct Constant {
    pub(crate) dims: Vec<usize>,
    pub(crate) data: Data,
}

#[derive(Clone)]
pub(crate) enum Data {
    Weights(Stored),
    /// Of which nobody has said yet what they stand for.
    Bytes(Vec<u8>),
    Integers(Vec<i64>),
}

/// One node.
pub(crate) struct Node(NodeProto);

impl Graph {
    pub(crate) fn read(onnx: &[u8]) -> Result<Self, PlanError> {
        let model = tract_onnx::onnx()
            .proto_model_for_read(&mut &*onnx)
            .map_err(|e| PlanError::Onnx(format!("{e:#}")))?;
        let graph = model
            .graph
            .ok_or_else(|| PlanError::Onnx("it has no graph".into()))?;
        let mut constants = HashMap::new();
        for tensor in &graph.initializer {
            constants.insert(tensor.name.clone(), constant(tensor)?);
        }
        let (input, outputs) = ends(&graph, &constants)?;
        let mut uses = HashMap::new();
        let read = graph.node.iter().flat_map(|node| &node.input);
        for name in read.chain(&outputs) {
            *uses.entry(name.clone()).or_default() += 1;
        }
        let mut nodes = Vec::new();
        for node in graph.node.into_iter().map(Node) {
            match node.widened(&constants)? {
                Some(widened) => {
                    constants.insert(node.output()?.to_owned(), widened);
                }
                None => nodes.push(node),
            }
        }
        Ok(Self {
            nodes,
            constants,
            input,
            outputs,
            uses,
        })
    }
}

impl Node {
    pub(crate) fn operator(&self) -> &str {
        &self.0.op_type
    }

    pub(crate) fn input(&self, index: usize) -> Result<&str, PlanError> {
        let input = self.0.input.get(index).map(String::as_str);
        input.ok_or_else(|| self.error("an input is missing"))
    }

    pub(crate) fn output(&self) -> Result<&str, PlanError> {
        match self.0.output.as_slice() {
            [output] => Ok(output),
            _ => Err(self.error("not one output")),
        }
    }

    pub(crate) fn has_input(&self, index: usize) -> bool {
        self.0.input.get(index).is_some_and(|name| !name.is_empty())
    }

    pub(crate) fn integers(&self, name: &str) -> Option<Vec<usize>> {
        let attribute = self.0.attribute.iter().find(|a| a.name == name)?;
        attribute
            .ints
            .iter()
            .map(|i| usize::try_from(*i).ok())
            .collect()
    }

    pub(crate) fn integer(&self, name: &str, default: i64) -> i64 {
        let attribute = self.0.attribute.iter().find(|a| a.name == name);
        attribute.map_or(default, |a| a.i)
    }

    pub(crate) fn float(&self, name: &str, default: f32) -> f32 {
        let attribute = self.0.attribute.iter().find(|a| a.name == name);
        attribute.map_or(default, |a| a.f)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&[u8]> {
        let attribute = self.0.attribute.iter().find(|a| a.name == name)?;
        Some(&attribute.s)
    }

    pub(crate) fn error(&self, why: impl Into<String>) -> PlanError {
        let output = self.0.output.first().cloned().unwrap_or_default();
        let node = if self.0.name.is_empty() {
            output
        } else {
            self.0.name.clone()
        };
        PlanError::Node {
            node,
            operator: self.0.op_type.clone(),
            why: why.into(),
        }
    }

    /// The constant that a cast or a dequantisation of constants stands for.
    fn widened(
        &self,
        constants: &HashMap<String, Constant>,
    ) -> Result<Option<Constant>, PlanError> {
        let of = |index| {
            constants
                .get(self.input(index)?)
                .ok_or_else(|| self.error("not a constant"))
        };
        match self.operator() {
            "Cast" if self.integer("to", 0) == DataType::Float as i64 => of(0).cloned().map(Some),
            "DequantizeLinear" => {
                let (steps, scales) = (of(0)?, of(1)?.weights(self)?.values());
                let (Data::Bytes(bytes), 0) = (&steps.data, self.integer("axis", 1)) else {
                    return Err(self.error("not bytes with scales along the first axis"));
                };
                let zero = if self.has_input(2) {
                    of(2)?.zero(self)?
                } else {
                    0
                };
                let stored = Stored::bytes(bytes, &scales, zero)
                    .ok_or_else(|| self.error("not as many scales as it has parts"))?;
                Ok(Some(Constant {
                    dims: steps.dims.clone(),
                    data: Data::Weights(stored),
                }))
            }
            _ => Ok(None),
        }
    }
}

impl Constant {
    pub(crate) fn weights(&self, node: &Node) -> Result<&Stored, PlanError> {
        match &self.data {
            Data::Weights(stored) => Ok(stored),
            _ => Err(node.error("weights that are integers")),
        }
    }

    /// The one zero of all parts.
    fn zero(&self, node: &Node) -> Result<u8, PlanError> {
        match &self.data {
            Data::Bytes(zeros) if zeros.iter().all(|zero| Some(zero) == zeros.first()) => {
                zeros.first().copied().ok_or_else(|| node.error("no zero"))
            }
            _ => Err(node.error("not one zero for all")),
        }
    }
}

fn constant(tensor: &TensorProto) -> Result<Constant, PlanError> {
    let unusable = |what: &str| PlanError::Onnx(format!("constant {}: {what}", tensor.name));
    let dims = tensor.dims.iter().map(|d| usize::try_from(*d).ok());
    let dims: Vec<usize> = dims
        .collect::<Option<_>>()
        .ok_or_else(|| unusable("negative size"))?;
    let raw = &tensor.raw_data;
    let floats = || {
        raw.as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect::<Vec<_>>()
    };
    let data = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float) if raw.is_empty() => {
            Some(Data::Weights(Stored::f32(&tensor.float_data)))
        }
        Ok(DataType::Float) => Some(Data::Weights(Stored::f32(&floats()))),
        Ok(DataType::Float16) => Stored::halves(raw.clone()).map(Data::Weights),
        Ok(DataType::Uint8) => Some(Data::Bytes(raw.clone())),
        Ok(DataType::Int64) if raw.is_empty() => Some(Data::Integers(tensor.int64_data.clone())),
        Ok(DataType::Int64) => {
            let numbers = raw.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b));
            Some(Data::Integers(numbers.collect()))
        }
        _ => None,
    };
    let data = data.ok_or_else(|| unusable("of a type that no network here has"))?;
    let count = match &data {
        Data::Weights(stored) => stored.count(),
        Data::Bytes(bytes) => bytes.len(),
        Data::Integers(numbers) => numbers.len(),
    };
    if dims.iter().product::<usize>() != count {
        return Err(unusable("not as many values as its size says"));
    }
    Ok(Constant { dims, data })
}

type Ends = ((String, Vec<usize>), Vec<String>);

/// The input with its dimensions, and the names of the outputs.
fn ends(graph: &GraphProto, constants: &HashMap<String, Constant>) -> Result<Ends, PlanError> {
    use tract_onnx::pb::tensor_shape_proto::dimension::Value;
    use tract_onnx::pb::type_proto::Value as Type;
    // Older files list their constants among the inputs.
    let mut inputs = graph
        .input
        .iter()
        .filter(|i| !constants.contains_key(&i.name));
    let (Some(input), None) = (inputs.next(), inputs.next()) else {
        return Err(PlanError::Ends("a network here has one input".into()));
    };
    let shape = input.r#type.as_ref().and_then(|t| match &t.value {
        Some(Type::TensorType(tensor)) => tensor.shape.as_ref(),
        _ => None,
    });
    let dims = shape.and_then(|shape| {
        let sizes = shape.dim.iter().map(|d| match d.value {
            Some(Value::DimValue(size)) => usize::try_from(size).ok(),
            _ => None,
        });
        sizes.collect::<Option<Vec<_>>>()
    });
    let dims = dims.ok_or_else(|| PlanError::Ends("the input has no fixed size".into()))?;
    let outputs = graph.output.iter().map(|o| o.name.clone()).collect();
    Ok(((input.name.clone(), dims), outputs))
}
