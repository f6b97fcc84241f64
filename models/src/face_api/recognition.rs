//! The recognition network: dlib's ResNet with 29 layers, 150 × 150 pixels.
//!
//! Output `embedding`, 1 × 128, not normalised.

use super::WeightsError;
use super::layers::{
    AROUND, NO_PADS, Window, average_pool, channel_means, fully_connected, max_pool,
    scaled_convolution,
};
use super::weights::Weights;
use crate::graph::{Graph, Value};

const SIDE: i64 = 150;
const EMBEDDING: usize = 128;

const SAME: Window = Window {
    side: 3,
    stride: 1,
    pads: AROUND,
};
const HALVING: Window = Window {
    side: 3,
    stride: 2,
    pads: NO_PADS,
};

pub(super) fn build(weights: &mut Weights) -> Result<Graph, WeightsError> {
    let mut graph = Graph::new("recognition");
    let image = graph.input("image", &[1, 3, SIDE, SIDE]);
    let mut network = Network {
        graph: &mut graph,
        weights,
    };

    let entry = Window {
        side: 7,
        stride: 2,
        pads: NO_PADS,
    };
    let mut x = network.convolution("conv32_down", &image, (3, 32), entry)?;
    x = network.relu("conv32_down", &x);
    x = max_pool(
        network.graph,
        "pool",
        &x,
        Window {
            side: 3,
            stride: 2,
            pads: NO_PADS,
        },
    );

    // 35 × 35, then 17, 8 and 4 pixels a side, and 2 at the end.
    x = network.residual("conv32_1", &x, 32)?;
    x = network.residual("conv32_2", &x, 32)?;
    x = network.residual("conv32_3", &x, 32)?;
    x = network.halving("conv64_down", &x, (32, 64), Meets::Pooled)?;
    x = network.residual("conv64_1", &x, 64)?;
    x = network.residual("conv64_2", &x, 64)?;
    x = network.residual("conv64_3", &x, 64)?;
    x = network.halving("conv128_down", &x, (64, 128), Meets::Pooled)?;
    x = network.residual("conv128_1", &x, 128)?;
    x = network.residual("conv128_2", &x, 128)?;
    x = network.halving("conv256_down", &x, (128, 256), Meets::OneShort)?;
    x = network.residual("conv256_1", &x, 256)?;
    x = network.residual("conv256_2", &x, 256)?;
    x = network.halving("conv256_down_out", &x, (256, 256), Meets::OneShort)?;

    let means = channel_means(network.graph, &x);
    let shape = (256, EMBEDDING);
    let embedding = fully_connected(
        network.graph,
        network.weights,
        ("fc", None),
        "embedding",
        &means,
        shape,
    )?;
    graph.output(&embedding, &[1, EMBEDDING as i64]);
    Ok(graph)
}

/// How the convolved image of a halving block compares with the pooled one it is added to.
#[derive(Clone, Copy, PartialEq)]
enum Meets {
    /// Same size: the side was odd.
    Pooled,
    /// One row and column short, because the side was even: zeros fill the end.
    OneShort,
}

struct Network<'a> {
    graph: &'a mut Graph,
    weights: &'a mut Weights,
}

impl Network<'_> {
    /// relu(conv(relu(conv x)) + x).
    fn residual(&mut self, name: &str, x: &Value, channels: usize) -> Result<Value, WeightsError> {
        let convolved = self.two_convolutions(name, x, (channels, channels), SAME)?;
        let sum = self
            .graph
            .node("Add", &format!("{name}/sum"), &[&convolved, x], vec![]);
        Ok(self.relu(name, &sum))
    }

    /// As [`Self::residual`] at half the size; the shortcut is the 2 × 2 mean of x, its missing
    /// channels zero.
    fn halving(
        &mut self,
        name: &str,
        x: &Value,
        (inputs, outputs): (usize, usize),
        meets: Meets,
    ) -> Result<Value, WeightsError> {
        let mut convolved = self.two_convolutions(name, x, (inputs, outputs), HALVING)?;
        if meets == Meets::OneShort {
            convolved = self.zeros_at_end(&format!("{name}/fill"), &convolved, [0, 0, 1, 1]);
        }
        let window = Window {
            side: 2,
            stride: 2,
            pads: NO_PADS,
        };
        let mut pooled = average_pool(self.graph, &format!("{name}/pool"), x, window);
        if outputs > inputs {
            let missing = (outputs - inputs) as i64;
            pooled = self.zeros_at_end(&format!("{name}/widen"), &pooled, [0, missing, 0, 0]);
        }
        let sum = self.graph.node(
            "Add",
            &format!("{name}/sum"),
            &[&convolved, &pooled],
            vec![],
        );
        Ok(self.relu(name, &sum))
    }

    /// conv(relu(conv x)); `first` is the window of the first, the second keeps the size.
    fn two_convolutions(
        &mut self,
        name: &str,
        x: &Value,
        (inputs, outputs): (usize, usize),
        first: Window,
    ) -> Result<Value, WeightsError> {
        let one = format!("{name}/conv1");
        let x = self.convolution(&one, x, (inputs, outputs), first)?;
        let x = self.relu(&one, &x);
        self.convolution(&format!("{name}/conv2"), &x, (outputs, outputs), SAME)
    }

    fn convolution(
        &mut self,
        name: &str,
        x: &Value,
        channels: (usize, usize),
        window: Window,
    ) -> Result<Value, WeightsError> {
        scaled_convolution(self.graph, self.weights, name, x, channels, window)
    }

    fn relu(&mut self, name: &str, x: &Value) -> Value {
        self.graph
            .node("Relu", &format!("{name}/relu"), &[x], vec![])
    }

    /// Appends zeros on each of the four axes.
    fn zeros_at_end(&mut self, name: &str, x: &Value, counts: [i64; 4]) -> Value {
        let [a, b, c, d] = counts;
        let pads = self
            .graph
            .i64s(&format!("{name}:pads"), &[0, 0, 0, 0, a, b, c, d]);
        self.graph.node("Pad", name, &[x, &pads], vec![])
    }
}
