//! Builds one ONNX graph, node by node, in the order of computation.
//!
//! Everything is written in call order and nothing depends on a clock, a hash map or the machine:
//! the same input gives the same bytes, so results are pinned by hash.

use prost::Message;

use crate::onnx::{
    AttributeProto, DimensionProto, GraphProto, IR_VERSION, ModelProto, NodeProto, OPERATOR_SET,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
    attribute_type, data_type,
};

/// The name of a tensor in the graph under construction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value(String);

/// A graph under construction.
pub(crate) struct Graph(GraphProto);

impl Graph {
    pub(crate) fn new(name: &str) -> Self {
        Self(GraphProto {
            name: name.to_owned(),
            ..GraphProto::default()
        })
    }

    /// Declares an input of 32-bit floats.
    pub(crate) fn input(&mut self, name: &str, dims: &[i64]) -> Value {
        self.0.input.push(float_tensor_info(name, dims));
        Value(name.to_owned())
    }

    /// Declares the tensor an earlier node wrote as an output of the graph.
    pub(crate) fn output(&mut self, value: &Value, dims: &[i64]) {
        self.0.output.push(float_tensor_info(&value.0, dims));
    }

    /// Adds a node whose single output carries the node's own name.
    pub(crate) fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&Value],
        attribute: Vec<AttributeProto>,
    ) -> Value {
        self.0.node.push(NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: operator.to_owned(),
            attribute,
        });
        Value(name.to_owned())
    }

    pub(crate) fn f32s(&mut self, name: &str, dims: &[i64], values: &[f32]) -> Value {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.initializer(name, dims, data_type::FLOAT, raw)
    }

    pub(crate) fn i64s(&mut self, name: &str, values: &[i64]) -> Value {
        let raw = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.initializer(name, &[values.len() as i64], data_type::INT64, raw)
    }

    pub(crate) fn u8s(&mut self, name: &str, dims: &[i64], values: Vec<u8>) -> Value {
        self.initializer(name, dims, data_type::UINT8, values)
    }

    /// Half-precision weights, stored as they are and widened by a `Cast` when the model is loaded.
    pub(crate) fn f16s(&mut self, name: &str, dims: &[i64], little_endian: Vec<u8>) -> Value {
        let stored = self.initializer(
            &format!("{name}:f16"),
            dims,
            data_type::FLOAT16,
            little_endian,
        );
        self.node(
            "Cast",
            name,
            &[&stored],
            vec![int("to", i64::from(data_type::FLOAT))],
        )
    }

    /// The finished model as an ONNX file.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        ModelProto {
            ir_version: IR_VERSION,
            producer_name: "nod-models".to_owned(),
            graph: Some(self.0),
            opset_import: vec![OperatorSetIdProto {
                domain: String::new(),
                version: OPERATOR_SET,
            }],
        }
        .encode_to_vec()
    }

    fn initializer(&mut self, name: &str, dims: &[i64], data_type: i32, raw: Vec<u8>) -> Value {
        self.0.initializer.push(TensorProto {
            dims: dims.to_vec(),
            data_type,
            name: name.to_owned(),
            raw_data: raw,
        });
        Value(name.to_owned())
    }
}

/// A floating-point attribute.
pub(crate) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        f: value,
        r#type: attribute_type::FLOAT,
        ..AttributeProto::default()
    }
}

/// An integer attribute.
pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        i: value,
        r#type: attribute_type::INT,
        ..AttributeProto::default()
    }
}

/// An attribute that lists integers.
pub(crate) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        ints: values.to_vec(),
        r#type: attribute_type::INTS,
        ..AttributeProto::default()
    }
}

fn float_tensor_info(name: &str, dims: &[i64]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|&dim_value| DimensionProto { dim_value })
        .collect();
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: data_type::FLOAT,
                shape: Some(TensorShapeProto { dim }),
            }),
        }),
    }
}
