//! Small ONNX files, written node by node.

#![allow(dead_code, reason = "each test file uses its own part")]

use prost::Message;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::{Tensor, Value};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};

/// A file under construction; values are named by numbers.
pub(crate) struct File {
    graph: GraphProto,
    random: Random,
}

/// A generator whose numbers look like weights: −1 to 1.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn value(&mut self) -> f32 {
        // Knuth's MMIX constants; the upper bits are good enough for weights.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32 / (1u64 << 23) as f32) - 1.0
    }

    pub(crate) fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.value()).collect()
    }
}

impl File {
    /// A file whose input `in` has these dimensions.
    pub(crate) fn new(dims: [usize; 4], seed: u64) -> Self {
        let graph = GraphProto {
            input: vec![value("in", &dims)],
            ..GraphProto::default()
        };
        Self {
            graph,
            random: Random(seed),
        }
    }

    /// Weights between −1 and 1.
    pub(crate) fn weights(&mut self, name: &str, dims: &[usize]) {
        let values = self.random.values(dims.iter().product());
        self.floats(name, dims, &values);
    }

    pub(crate) fn floats(&mut self, name: &str, dims: &[usize], values: &[f32]) {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(name, dims, DataType::Float, raw);
    }

    pub(crate) fn constant(
        &mut self,
        name: &str,
        dims: &[usize],
        kind: DataType,
        raw_data: Vec<u8>,
    ) {
        self.graph.initializer.push(TensorProto {
            name: name.to_owned(),
            dims: dims.iter().map(|d| *d as i64).collect(),
            data_type: kind as i32,
            raw_data,
            ..TensorProto::default()
        });
    }

    pub(crate) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, &[i64])],
    ) -> &mut NodeProto {
        let attribute = attributes.iter().map(|(name, ints)| match ints {
            [single] if !PLURAL.contains(name) => AttributeProto {
                name: (*name).to_owned(),
                i: *single,
                r#type: 2,
                ..AttributeProto::default()
            },
            ints => AttributeProto {
                name: (*name).to_owned(),
                ints: ints.to_vec(),
                r#type: 7,
                ..AttributeProto::default()
            },
        });
        self.graph.node.push(NodeProto {
            op_type: operator.to_owned(),
            input: inputs.iter().map(|i| (*i).to_owned()).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            attribute: attribute.collect(),
            ..NodeProto::default()
        });
        self.graph.node.last_mut().unwrap()
    }

    pub(crate) fn finish(mut self, output: &str) -> Vec<u8> {
        self.graph.output.push(ValueInfoProto {
            name: output.to_owned(),
            ..value("", &[])
        });
        let model = ModelProto {
            ir_version: 8,
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: 13,
            }],
            graph: Some(self.graph),
            ..ModelProto::default()
        };
        model.encode_to_vec()
    }
}

const PLURAL: [&str; 4] = ["pads", "strides", "kernel_shape", "perm"];

pub(crate) fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        f,
        r#type: 1,
        ..AttributeProto::default()
    }
}

pub(crate) fn text(name: &str, s: &str) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        s: s.into(),
        r#type: 3,
        ..AttributeProto::default()
    }
}

fn value(name: &str, dims: &[usize]) -> ValueInfoProto {
    let dim = dims.iter().map(|size| Dimension {
        denotation: String::new(),
        value: Some(dimension::Value::DimValue(*size as i64)),
    });
    let shape = (!dims.is_empty()).then(|| TensorShapeProto { dim: dim.collect() });
    let tensor = Tensor {
        elem_type: DataType::Float as i32,
        shape,
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            value: Some(Value::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

/// A picture of values between −1 and 1.
pub(crate) fn picture(values: usize, seed: u64) -> Vec<f32> {
    Random(seed).values(values)
}
