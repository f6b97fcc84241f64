//! The converter on a small IR written by hand: every operator once, checked node by node.

use prost::Message;

use super::*;
use crate::onnx::{ModelProto, NodeProto, TensorProto, data_type};

/// Little-endian half-precision weights of [`network`]: two 1 × 1 filters of one channel (1.0, −2.0),
/// their bias (0.5, 0.25), a slope (1.5), a 1 × 1 depthwise filter each (2.0, 4.0).
const WEIGHTS: [u16; 7] = [0x3c00, 0xc000, 0x3800, 0x3400, 0x3e00, 0x4000, 0x4400];

fn weights() -> Vec<u8> {
    WEIGHTS.iter().flat_map(|half| half.to_le_bytes()).collect()
}

/// image → convolution + bias → PReLU → group convolution → average → sigmoid → times PReLU → result.
fn network() -> String {
    let mut xml = Xml::default();
    let window =
        r#"strides="1, 1" dilations="1, 1" pads_begin="0, 0" pads_end="0, 0" auto_pad="explicit""#;
    let image = xml.layer("image", "Parameter", "", "1 1 4 4", &[]);
    let filter = xml.weights("filter", "2 1 1 1", 0, 4);
    let convolved = xml.layer(
        "convolved",
        "Convolution",
        window,
        "1 2 4 4",
        &[image, filter],
    );
    let bias = xml.weights("bias", "1 2 1 1", 4, 4);
    let biased = xml.layer("biased", "Add", "", "1 2 4 4", &[convolved, bias]);
    let slope = xml.weights("slope", "1", 8, 2);
    let active = xml.layer("active", "PReLU", "", "1 2 4 4", &[biased, slope]);
    let each = xml.weights("each", "2 1 1 1 1", 10, 4);
    let deep = xml.layer(
        "deep",
        "GroupConvolution",
        window,
        "1 2 4 4",
        &[active, each],
    );
    let mean = xml.layer("mean", "AvgPool", r#"kernel="4, 4""#, "1 2 1 1", &[deep]);
    let gate = xml.layer("gate", "Sigmoid", "", "1 2 1 1", &[mean]);
    let gated = xml.layer("gated", "Multiply", "", "1 2 1 1", &[mean, gate]);
    xml.layer("result", "Result", "", "", &[gated]);
    xml.finish()
}

#[test]
fn every_operator_finds_its_counterpart() {
    let graph = converted(&network());
    let shape: Vec<(&str, &str, Vec<&str>)> = graph.node.iter().map(outline).collect();
    assert_eq!(
        shape,
        [
            ("Cast", "convolved/filter", vec!["convolved/filter:f16"]),
            ("Cast", "convolved/bias", vec!["convolved/bias:f16"]),
            (
                "Conv",
                "convolved",
                vec!["image", "convolved/filter", "convolved/bias"]
            ),
            ("LeakyRelu", "active", vec!["convolved"]),
            ("Cast", "deep/filter", vec!["deep/filter:f16"]),
            ("Conv", "deep", vec!["active", "deep/filter"]),
            ("GlobalAveragePool", "mean", vec!["deep"]),
            ("Sigmoid", "gate", vec!["mean"]),
            ("Mul", "gated", vec!["mean", "gate"]),
            ("Flatten", "embedding", vec!["gated"]),
        ]
    );
    assert_eq!(attribute(&graph.node[3], "alpha").f, 1.5);
    assert_eq!(attribute(&graph.node[5], "group").i, 2);
    assert_eq!(attribute(&graph.node[5], "pads").ints, [0, 0, 0, 0]);
    assert_eq!(graph.output[0].name, "embedding");
}

#[test]
fn weights_keep_their_bytes_and_get_their_shape() {
    let graph = converted(&network());
    let outline = |tensor: &TensorProto| (tensor.name.clone(), tensor.dims.clone());
    let shapes: Vec<_> = graph.initializer.iter().map(outline).collect();
    assert_eq!(
        shapes,
        [
            ("convolved/filter:f16".to_owned(), vec![2, 1, 1, 1]),
            ("convolved/bias:f16".to_owned(), vec![2]),
            ("deep/filter:f16".to_owned(), vec![2, 1, 1, 1]),
        ]
    );
    assert!(
        graph
            .initializer
            .iter()
            .all(|tensor| tensor.data_type == data_type::FLOAT16)
    );
    assert_eq!(graph.initializer[1].raw_data, weights()[4..8]);
}

#[test]
fn an_addition_that_is_no_bias_stays_an_addition() {
    let mut xml = Xml::default();
    let image = xml.layer("image", "Parameter", "", "1 1 4 4", &[]);
    let constant = xml.weights("shift", "1 1 1 1", 4, 2);
    let shifted = xml.layer("shifted", "Add", "", "1 1 4 4", &[image, constant]);
    xml.layer("result", "Result", "", "", &[shifted]);
    let graph = converted(&xml.finish());
    assert_eq!(
        outline(&graph.node[1]),
        ("Add", "shifted", vec!["image", "shifted/constant"])
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    let refused = |xml: &str| super::convert(xml, &weights()).unwrap_err().to_string();
    let network = network();
    let other = network.replace("\"Sigmoid\"", "\"Softmax\"");
    assert_eq!(
        refused(&other),
        "layer gate: operator Softmax is not supported"
    );
    let older = network.replace("version=\"11\"", "version=\"10\"");
    assert_eq!(refused(&older), "IR version 10, expected 11");
    let partial = network.replace("kernel=\"4, 4\"", "kernel=\"2, 2\"");
    assert_eq!(
        refused(&partial),
        "layer mean: pooling less than the whole image is not supported"
    );
    let automatic = network.replace("auto_pad=\"explicit\"", "auto_pad=\"same_upper\"");
    assert_eq!(
        refused(&automatic),
        "layer convolved: automatic padding is not supported"
    );
    let outside = network.replace("offset=\"10\"", "offset=\"11\"");
    assert_eq!(
        refused(&outside),
        "constant each lies outside the weights file"
    );
    let wide = network.replace("f16", "f32");
    assert!(refused(&wide).ends_with("a constant that is not half precision is not supported"));
    assert!(matches!(super::convert("<net", &[]), Err(IrError::Xml(_))));
}

#[test]
fn half_precision_widens_exactly() {
    // Values from IEEE 754-2019, binary16: one, the largest, the smallest normal and subnormal.
    for (half, single) in [
        (0x3c00, 1.0),
        (0xc000, -2.0),
        (0x7bff, 65504.0),
        (0x0400, 6.103_515_6e-5),
        (0x0001, 5.960_464_5e-8),
        (0x8000, -0.0),
        (0x7c00, f32::INFINITY),
    ] {
        assert_eq!(widened(half).to_bits(), f32::to_bits(single), "{half:#06x}");
    }
    assert!(widened(0x7e00).is_nan());
}

fn converted(xml: &str) -> crate::onnx::GraphProto {
    let bytes = super::convert(xml, &weights()).unwrap();
    assert_eq!(
        bytes,
        super::convert(xml, &weights()).unwrap(),
        "the same bytes every time"
    );
    ModelProto::decode(&*bytes).unwrap().graph.unwrap()
}

fn outline(node: &NodeProto) -> (&str, &str, Vec<&str>) {
    (
        &node.op_type,
        &node.name,
        node.input.iter().map(String::as_str).collect(),
    )
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> &'a crate::onnx::AttributeProto {
    node.attribute
        .iter()
        .find(|attribute| attribute.name == name)
        .unwrap()
}

/// Writes an IR layer by layer.
#[derive(Default)]
struct Xml {
    layers: String,
    edges: String,
    count: usize,
}

impl Xml {
    fn layer(&mut self, name: &str, kind: &str, data: &str, dims: &str, inputs: &[usize]) -> usize {
        let id = self.count;
        self.count += 1;
        for (port, input) in inputs.iter().enumerate() {
            self.edges += &format!(
                r#"<edge from-layer="{input}" from-port="9" to-layer="{id}" to-port="{port}"/>"#
            );
        }
        let dims: String = dims
            .split_whitespace()
            .map(|dim| format!("<dim>{dim}</dim>"))
            .collect();
        self.layers += &format!(
            r#"<layer id="{id}" name="{name}" type="{kind}"><data {data}/><output><port id="9">{dims}</port></output></layer>"#
        );
        id
    }

    /// A half-precision constant and the layer that widens it.
    fn weights(&mut self, name: &str, dims: &str, offset: usize, size: usize) -> usize {
        let data = format!(r#"element_type="f16" offset="{offset}" size="{size}""#);
        let constant = self.layer(name, "Const", &data, dims, &[]);
        let wide = r#"destination_type="f32""#;
        self.layer(
            &format!("{name} widened"),
            "Convert",
            wide,
            dims,
            &[constant],
        )
    }

    fn finish(self) -> String {
        let Self { layers, edges, .. } = self;
        format!(
            r#"<net name="small" version="11"><layers>{layers}</layers><edges>{edges}</edges></net>"#
        )
    }
}
