//! Every operator, on shapes that nobody chose, against tract; and what the engine cannot do is said, not guessed.

#![allow(
    clippy::unwrap_used,
    reason = "tests say what they expect by unwrapping it"
)]

mod onnx;

use nod_engine::Network;
use nod_planner::{compare, plan};
use onnx::{File, float, picture, text};
use proptest::prelude::*;
use tract_onnx::pb::tensor_proto::DataType;

/// The plan's outputs are tract's, but for the order of additions.
fn agrees(onnx: &[u8], seed: u64) {
    let network = Network::load(&plan(onnx).unwrap().encode().unwrap()).unwrap();
    let shape = network.input();
    let input = picture(shape.pixels() * shape.channels, seed ^ 0x5eed);
    for difference in compare(onnx, &network, &input).unwrap() {
        let allowed = 1e-5 * difference.scale.max(1.0);
        assert!(difference.largest <= allowed, "{difference:?}");
    }
}

fn sizes() -> impl Strategy<Value = (usize, usize, usize, usize)> {
    (1usize..14, 1usize..14, 1usize..20, 1usize..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn convolutions(
        (height, width, inputs, outputs) in sizes(),
        window in prop::array::uniform2(1usize..5),
        stride in 1i64..3,
        pads in prop::array::uniform4(0i64..3),
        activation in 0usize..4,
        seed in any::<u64>(),
    ) {
        let [rows, columns] = window;
        // Padding as wide as the window is legal in ONNX and makes windows that see nothing.
        let pads = [
            pads[0].min(rows as i64 - 1),
            pads[1].min(columns as i64 - 1),
            pads[2].min(rows as i64 - 1),
            pads[3].min(columns as i64 - 1),
        ];
        let tall = height + (pads[0] + pads[2]) as usize;
        let wide = width + (pads[1] + pads[3]) as usize;
        prop_assume!(tall >= rows && wide >= columns);
        let mut file = File::new([1, inputs, height, width], seed);
        file.weights("w", &[outputs, inputs, rows, columns]);
        file.weights("b", &[outputs]);
        let shape = [rows as i64, columns as i64];
        file.node("Conv", &["in", "w", "b"], "c", &[("kernel_shape", &shape), ("strides", &[stride; 2]), ("pads", &pads)]);
        let output = activated(&mut file, "c", activation);
        agrees(&file.finish(output), seed);
    }

    #[test]
    fn depthwise_convolutions(
        (height, width, channels, _) in sizes(),
        side in prop::sample::select(vec![2usize, 3, 3, 3, 5]),
        stride in 1i64..3,
        pads in prop::array::uniform4(0i64..2),
        activation in 0usize..4,
        seed in any::<u64>(),
    ) {
        let tall = height + (pads[0] + pads[2]) as usize;
        let wide = width + (pads[1] + pads[3]) as usize;
        prop_assume!(tall >= side && wide >= side && channels > 1);
        let mut file = File::new([1, channels, height, width], seed);
        file.weights("w", &[channels, 1, side, side]);
        file.weights("b", &[channels]);
        file.node("Conv", &["in", "w", "b"], "c", &[
            ("kernel_shape", &[side as i64; 2]),
            ("strides", &[stride; 2]),
            ("pads", &pads),
            ("group", &[channels as i64]),
        ]);
        let output = activated(&mut file, "c", activation);
        agrees(&file.finish(output), seed);
    }

    #[test]
    fn pools(
        (height, width, channels, _) in sizes(),
        side in 1usize..4,
        stride in 1i64..3,
        after in prop::array::uniform2(0i64..2),
        largest in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let after = if largest && side > 1 { after } else { [0; 2] };
        prop_assume!(height >= side && width >= side);
        let mut file = File::new([1, channels, height, width], seed);
        let operator = if largest { "MaxPool" } else { "AveragePool" };
        let pads = [0, 0, after[0], after[1]];
        file.node(operator, &["in"], "p", &[
            ("kernel_shape", &[side as i64; 2]),
            ("strides", &[stride; 2]),
            ("pads", &pads),
        ]);
        agrees(&file.finish("p"), seed);
    }

    /// A residual block with squeeze and excitation: sums and products with what was computed before and after.
    #[test]
    fn blocks((height, width, channels, inner) in sizes(), first in any::<bool>(), seed in any::<u64>()) {
        let mut file = File::new([1, channels, height, width], seed);
        file.weights("m", &[1, channels, 1, 1]);
        file.weights("a", &[1, channels, 1, 1]);
        file.node("Mul", &["in", "m"], "scaled", &[]);
        file.node("Add", &["scaled", "a"], "x", &[]);
        file.weights("w1", &[inner, channels, 1, 1]);
        file.node("Conv", &["x", "w1"], "c1", &[("kernel_shape", &[1, 1])]);
        file.node("Relu", &["c1"], "r1", &[]);
        file.weights("w2", &[channels, inner, 3, 3]);
        file.node("Conv", &["r1", "w2"], "c2", &[("kernel_shape", &[3, 3]), ("pads", &[1; 4])]);
        file.node("GlobalAveragePool", &["c2"], "g", &[]);
        file.weights("w3", &[channels, channels, 1, 1]);
        file.node("Conv", &["g", "w3"], "c3", &[("kernel_shape", &[1, 1])]);
        file.node("Sigmoid", &["c3"], "s", &[]);
        file.node("Mul", &["c2", "s"], "excited", &[]);
        let (a, b) = if first { ("x", "excited") } else { ("excited", "x") };
        file.node("Add", &[a, b], "sum", &[]);
        file.node("Relu", &["sum"], "r2", &[]);
        // The sum is read again after its activation.
        file.node("Add", &["sum", "r2"], "twice", &[]);
        agrees(&file.finish("twice"), seed);
    }

    /// A pyramid's step and its head: the smaller picture doubled and added, the result read pixel by pixel.
    #[test]
    fn pyramids((height, width, channels, heads) in sizes(), seed in any::<u64>()) {
        let mut file = File::new([1, channels, 2 * height, 2 * width], seed);
        file.node("MaxPool", &["in"], "p", &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])]);
        file.floats("scales", &[4], &[1.0, 1.0, 2.0, 2.0]);
        file.node("Resize", &["p", "", "scales"], "up", &[]).attribute = vec![
            text("mode", "nearest"),
            text("nearest_mode", "floor"),
            text("coordinate_transformation_mode", "asymmetric"),
        ];
        file.node("Add", &["in", "up"], "sum", &[]);
        file.weights("w", &[heads, channels, 1, 1]);
        file.node("Conv", &["sum", "w"], "c", &[("kernel_shape", &[1, 1])]);
        file.node("Transpose", &["c"], "t", &[("perm", &[0, 2, 3, 1])]);
        file.node("Sigmoid", &["t"], "s", &[]);
        agrees(&file.finish("s"), seed);
    }

    /// Half as large and with more channels: what the shortcut lacks is zero.
    #[test]
    fn widening_shortcuts((height, width, channels, more) in sizes(), seed in any::<u64>()) {
        let mut file = File::new([1, channels, 2 * height, 2 * width], seed);
        file.node("AveragePool", &["in"], "half", &[("kernel_shape", &[2, 2]), ("strides", &[2, 2])]);
        let pads: Vec<u8> = [0, 0, 0, 0, 0, more as i64, 0, 0].iter().flat_map(|p| p.to_le_bytes()).collect();
        file.constant("pads", &[8], DataType::Int64, pads);
        file.node("Pad", &["half", "pads"], "padded", &[]);
        file.weights("w", &[channels + more, channels, 3, 3]);
        file.node("Conv", &["in", "w"], "c", &[("kernel_shape", &[3, 3]), ("strides", &[2, 2]), ("pads", &[1, 1, 0, 0])]);
        file.node("Add", &["c", "padded"], "sum", &[]);
        file.node("Relu", &["sum"], "r", &[]);
        agrees(&file.finish("r"), seed);
    }

    #[test]
    fn matrices((_, _, inputs, outputs) in sizes(), transposed in any::<bool>(), seed in any::<u64>()) {
        let mut file = File::new([1, inputs, 3, 2], seed);
        file.node("GlobalAveragePool", &["in"], "g", &[]);
        file.node("Flatten", &["g"], "f", &[]);
        if transposed {
            file.weights("w", &[outputs, inputs]);
            file.weights("b", &[outputs]);
            file.node("Gemm", &["f", "w", "b"], "o", &[("transB", &[1])]);
        } else {
            file.weights("w", &[inputs, outputs]);
            file.node("MatMul", &["f", "w"], "o", &[]);
        }
        agrees(&file.finish("o"), seed);
    }

    /// Weights as bytes with a scale for each filter, and as halves.
    #[test]
    fn stored_weights((_, _, inputs, outputs) in sizes(), halves in any::<bool>(), seed in any::<u64>()) {
        let mut file = File::new([1, inputs, 4, 5], seed);
        let values = picture(outputs * inputs, seed);
        if halves {
            // Halves between 0.5 and 1, of either sign.
            let half = |v: &f32| 0x3800 | (v.abs() * 1023.0) as u16 | u16::from(*v < 0.0) << 15;
            let raw = values.iter().flat_map(|v| half(v).to_le_bytes()).collect();
            file.constant("h", &[outputs, inputs, 1, 1], DataType::Float16, raw);
            file.node("Cast", &["h"], "w", &[("to", &[1])]);
        } else {
            let raw = values.iter().map(|v| (v * 127.0 + 128.0) as u8).collect();
            file.constant("q", &[outputs, inputs, 1, 1], DataType::Uint8, raw);
            file.weights("scale", &[outputs]);
            file.constant("zero", &[outputs], DataType::Uint8, vec![131; outputs]);
            file.node("DequantizeLinear", &["q", "scale", "zero"], "w", &[("axis", &[0])]);
        }
        file.node("Conv", &["in", "w"], "c", &[("kernel_shape", &[1, 1])]);
        agrees(&file.finish("c"), seed);
    }
}

/// The value after one of the activations, or as it is.
fn activated(file: &mut File, value: &str, which: usize) -> &'static str {
    match which {
        1 => file.node("Relu", &[value], "y", &[]),
        2 => {
            let node = file.node("LeakyRelu", &[value], "y", &[]);
            node.attribute.push(float("alpha", -1.75));
            node
        }
        3 => file.node("Sigmoid", &[value], "y", &[]),
        _ => file.node("Identity", &[value], "y", &[]),
    };
    "y"
}

#[test]
fn what_the_engine_cannot_do_is_named() {
    let refused = |file: File, output: &str| plan(&file.finish(output)).unwrap_err().to_string();
    let mut file = File::new([1, 4, 6, 6], 1);
    file.node("Softmax", &["in"], "soft", &[]);
    assert_eq!(
        refused(file, "soft"),
        "node soft (Softmax): the engine has no such operator"
    );

    let mut file = File::new([1, 4, 6, 6], 1);
    file.weights("w", &[4, 2, 3, 3]);
    file.node(
        "Conv",
        &["in", "w"],
        "c",
        &[("kernel_shape", &[3, 3]), ("group", &[2])],
    );
    assert_eq!(
        refused(file, "c"),
        "node c (Conv): groups of several channels"
    );

    let mut file = File::new([1, 4, 6, 6], 1);
    file.weights("w", &[4, 4, 3, 3]);
    file.node(
        "Conv",
        &["in", "w"],
        "c",
        &[("kernel_shape", &[3, 3]), ("dilations", &[2, 2])],
    );
    assert_eq!(
        refused(file, "c"),
        "node c (Conv): windows must not have gaps"
    );

    let mut file = File::new([1, 4, 6, 6], 1);
    file.node("Relu", &["nowhere"], "r", &[]);
    assert_eq!(
        refused(file, "r"),
        "node r (Relu): nowhere is not computed before it"
    );

    for garbage in [&b"abc"[..], &[0xff; 300]] {
        assert!(
            plan(garbage)
                .unwrap_err()
                .to_string()
                .starts_with("not an ONNX model")
        );
    }
}
