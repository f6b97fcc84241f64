//! OpenVINO IR (version 11) to ONNX, for the operators that Open Model Zoo's recognition networks use.
//!
//! An IR is an XML file that lists layers and edges, beside a binary file with the weights. Every
//! layer handled here has one output, so an edge is known by its two layers and the port it enters.
//! Weights are in half precision and stay so: a `Cast` widens them when the model is loaded.

mod ir;

use std::collections::BTreeMap;

use crate::graph::{Graph, Value, float, int, ints};
use ir::{Ir, Layer};

/// Why an IR could not be converted.
#[derive(Debug, thiserror::Error)]
pub enum IrError {
    /// The description is not XML.
    #[error("the description is no XML: {0}")]
    Xml(#[from] roxmltree::Error),
    /// An element or attribute that every IR has is missing or is not a number.
    #[error("{element}: {attribute} is missing or malformed")]
    Malformed {
        /// The element, or the layer's name.
        element: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// An IR of another version.
    #[error("IR version {0}, expected 11")]
    Version(String),
    /// A constant lies outside the weights file.
    #[error("constant {0} lies outside the weights file")]
    OutOfRange(String),
    /// An edge names a layer that does not come before its user.
    #[error("layer {0} reads from a layer that does not come before it")]
    Order(String),
    /// An operator, or a use of it, that no supported network needs.
    #[error("layer {layer}: {what} is not supported")]
    Unsupported {
        /// The layer's name.
        layer: String,
        /// What it would need.
        what: String,
    },
}

/// Converts an IR to an ONNX file with input `image` and output `embedding`.
///
/// `xml` is the description and `bin` the weights beside it.
pub(crate) fn convert(xml: &str, bin: &[u8]) -> Result<Vec<u8>, IrError> {
    let document = roxmltree::Document::parse(xml)?;
    let ir = Ir::read(&document, bin)?;
    let mut conversion = Conversion {
        graph: Graph::new(ir.name),
        ir: &ir,
        operands: BTreeMap::new(),
    };
    for layer in &ir.layers {
        let operand = conversion.layer(layer)?;
        conversion.operands.insert(layer.id, operand);
    }
    Ok(conversion.graph.into_bytes())
}

struct Conversion<'a> {
    graph: Graph,
    ir: &'a Ir<'a>,
    /// What each layer so far has become.
    operands: BTreeMap<u32, Operand<'a>>,
}

#[derive(Clone)]
enum Operand<'a> {
    /// A tensor of the graph.
    Computed(Value),
    /// Half-precision weights, not yet written.
    Weights { dims: Vec<i64>, bytes: &'a [u8] },
}

impl<'a> Conversion<'a> {
    fn layer(&mut self, layer: &Layer<'a>) -> Result<Operand<'a>, IrError> {
        let value = match layer.kind {
            "Const" => return self.constant(layer),
            // Weights are widened where they are used; anything else would be a real conversion.
            "Convert" => match self.input(layer, 0)? {
                weights @ Operand::Weights { .. } => return Ok(weights),
                Operand::Computed(_) => {
                    return Err(layer.unsupported("converting a computed value"));
                }
            },
            "Parameter" => self.graph.input("image", &layer.dims),
            "Convolution" => self.convolution(layer, 1)?,
            "GroupConvolution" => {
                let (dims, _) = self.weights(layer, 1)?;
                let group = *dims.first().ok_or_else(|| layer.malformed("shape"))?;
                self.convolution(layer, group)?
            }
            "Add" => match self.fused_into(layer) {
                Some(convolution) => convolution,
                None => self.binary(layer, "Add")?,
            },
            "Multiply" => self.binary(layer, "Mul")?,
            "PReLU" => self.leaky(layer)?,
            "Sigmoid" => self.unary(layer, "Sigmoid")?,
            "AvgPool" => self.global_average(layer)?,
            "Result" => self.result(layer)?,
            other => return Err(layer.unsupported(&format!("operator {other}"))),
        };
        Ok(Operand::Computed(value))
    }

    fn constant(&self, layer: &Layer<'a>) -> Result<Operand<'a>, IrError> {
        if layer.data("element_type") != Some("f16") {
            return Err(layer.unsupported("a constant that is not half precision"));
        }
        let bytes = self.ir.constant(layer)?;
        if bytes.len() as i64 != 2 * layer.dims.iter().product::<i64>() {
            return Err(layer.malformed("size"));
        }
        Ok(Operand::Weights {
            dims: layer.dims.clone(),
            bytes,
        })
    }

    /// A convolution, with the bias that follows it folded in where there is one.
    fn convolution(&mut self, layer: &Layer<'a>, group: i64) -> Result<Value, IrError> {
        if layer
            .data("auto_pad")
            .is_some_and(|mode| mode != "explicit")
        {
            return Err(layer.unsupported("automatic padding"));
        }
        let x = self.computed(layer, 0)?;
        let (dims, bytes) = self.weights(layer, 1)?;
        // A group convolution's filters are group × out × in × height × width.
        let dims = match *dims {
            [groups, out, inside, height, width] => vec![groups * out, inside, height, width],
            ref plain => plain.to_vec(),
        };
        let filter = self
            .graph
            .f16s(&format!("{}/filter", layer.name), &dims, bytes.to_vec());
        let mut inputs = vec![x, filter];
        if let Some((bias_dims, bytes)) = self.following_bias(layer) {
            let count = [bias_dims.iter().product()];
            let name = format!("{}/bias", layer.name);
            inputs.push(self.graph.f16s(&name, &count, bytes.to_vec()));
        }
        let pads = [layer.numbers("pads_begin")?, layer.numbers("pads_end")?].concat();
        let attributes = vec![
            ints("dilations", &layer.numbers("dilations")?),
            int("group", group),
            ints("kernel_shape", dims.get(2..).unwrap_or_default()),
            ints("pads", &pads),
            ints("strides", &layer.numbers("strides")?),
        ];
        let inputs: Vec<&Value> = inputs.iter().collect();
        Ok(self.graph.node("Conv", layer.name, &inputs, attributes))
    }

    /// The constant that the only reader of `layer` adds to each channel.
    fn following_bias(&self, layer: &Layer<'a>) -> Option<(Vec<i64>, &'a [u8])> {
        let add = self
            .ir
            .only_reader(layer.id)
            .filter(|reader| reader.kind == "Add")?;
        let [1, channels, 1, 1] = *self.ir.behind_convert(add, 1)?.dims else {
            return None;
        };
        let outputs = *layer.dims.get(1)?;
        let bytes = self.ir.constant(self.ir.behind_convert(add, 1)?).ok()?;
        (channels == outputs).then(|| (vec![channels], bytes))
    }

    /// The convolution that has already taken in this addition.
    fn fused_into(&self, add: &Layer<'a>) -> Option<Value> {
        let source = self.ir.source(add, 0)?;
        if !matches!(source.kind, "Convolution" | "GroupConvolution") {
            return None;
        }
        self.following_bias(source)?;
        match self.operands.get(&source.id)? {
            Operand::Computed(value) => Some(value.clone()),
            Operand::Weights { .. } => None,
        }
    }

    fn binary(&mut self, layer: &Layer<'a>, operator: &str) -> Result<Value, IrError> {
        let x = self.computed(layer, 0)?;
        let y = match self.input(layer, 1)? {
            Operand::Computed(value) => value,
            Operand::Weights { dims, bytes } => {
                self.graph
                    .f16s(&format!("{}/constant", layer.name), &dims, bytes.to_vec())
            }
        };
        Ok(self.graph.node(operator, layer.name, &[&x, &y], vec![]))
    }

    /// One slope for the whole layer. ONNX's `LeakyRelu` multiplies what lies below zero whatever the
    /// slope is; max(x, slope · x) would be wrong, as slopes here go above 1.
    fn leaky(&mut self, layer: &Layer<'a>) -> Result<Value, IrError> {
        let x = self.computed(layer, 0)?;
        let (_, &[low, high]) = self.weights(layer, 1)? else {
            return Err(layer.unsupported("a slope per channel"));
        };
        let alpha = float("alpha", widened(u16::from_le_bytes([low, high])));
        Ok(self.graph.node("LeakyRelu", layer.name, &[&x], vec![alpha]))
    }

    fn unary(&mut self, layer: &Layer<'a>, operator: &str) -> Result<Value, IrError> {
        let x = self.computed(layer, 0)?;
        Ok(self.graph.node(operator, layer.name, &[&x], vec![]))
    }

    fn global_average(&mut self, layer: &Layer<'a>) -> Result<Value, IrError> {
        let source = self.ir.source(layer, 0).ok_or_else(|| layer.order())?;
        let kernel = layer.numbers("kernel")?;
        if source.dims.get(2..) != Some(&*kernel) {
            return Err(layer.unsupported("pooling less than the whole image"));
        }
        self.unary(layer, "GlobalAveragePool")
    }

    fn result(&mut self, layer: &Layer<'a>) -> Result<Value, IrError> {
        let x = self.computed(layer, 0)?;
        let source = self.ir.source(layer, 0).ok_or_else(|| layer.order())?;
        let embedding = self.graph.node("Flatten", "embedding", &[&x], vec![]);
        let row = [1, source.dims.iter().product()];
        self.graph.output(&embedding, &row);
        Ok(embedding)
    }

    fn input(&self, layer: &Layer<'a>, port: usize) -> Result<Operand<'a>, IrError> {
        let source = self.ir.source(layer, port).ok_or_else(|| layer.order())?;
        self.operands
            .get(&source.id)
            .cloned()
            .ok_or_else(|| layer.order())
    }

    fn computed(&self, layer: &Layer<'a>, port: usize) -> Result<Value, IrError> {
        match self.input(layer, port)? {
            Operand::Computed(value) => Ok(value),
            Operand::Weights { .. } => Err(layer.unsupported("a constant in place of an image")),
        }
    }

    fn weights(&self, layer: &Layer<'a>, port: usize) -> Result<(Vec<i64>, &'a [u8]), IrError> {
        match self.input(layer, port)? {
            Operand::Weights { dims, bytes } => Ok((dims, bytes)),
            Operand::Computed(_) => Err(layer.unsupported("computed weights")),
        }
    }
}

/// IEEE 754 half precision to single, exactly.
fn widened(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10 & 0x1f);
    let fraction = u32::from(half & 0x3ff);
    match exponent {
        // Subnormal: so many times 2⁻²⁴.
        0 => f32::from_bits(sign | (fraction as f32 / 16_777_216.0).to_bits()),
        31 => f32::from_bits(sign | 0xff << 23 | fraction << 13),
        // The exponents' biases are 15 and 127.
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests;
