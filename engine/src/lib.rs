//! Runs Nod's networks.
//!
//! A network comes as a **plan**: its graph with activations, additions and reshapes already folded into the
//! convolutions, and its weights as small as they were published ([`Plan`], [`Stored`]). `nod-planner` makes
//! plans of ONNX files when a build is prepared, so that no page carries a reader of ONNX.
//!
//! ```
//! use nod_engine::{Activation, Exit, Network, Order, Plan, Shape, Step, Stored};
//!
//! // Two pixels of one channel, doubled and clipped at zero.
//! let mut plan = Plan::new(Shape { height: 1, width: 2, channels: 1 });
//! let weights = plan.keep(Stored::f32(&[2.0]));
//! let bias = plan.keep(Stored::f32(&[0.0]));
//! let doubled = plan.tensor(Shape { height: 1, width: 2, channels: 1 });
//! plan.steps.push(Step::pointwise(0, doubled, weights, bias, Activation::Relu));
//! plan.exits.push(Exit { name: "doubled".into(), tensor: doubled, order: Order::Planes });
//!
//! let network = Network::load(&plan.encode()?)?;
//! let outputs = network.run(&[1.5, -1.0])?;
//! assert_eq!(outputs, [[3.0, 0.0]]);
//! # Ok::<(), nod_engine::Error>(())
//! ```
//!
//! # How it is laid out
//!
//! A picture of C channels is C / L planes of blocks: L channels of one pixel lie side by side, L being as many
//! as one instruction multiplies (4 in a browser, 8 with AVX2). Every kernel then reads and writes whole
//! vectors at constant distances, whatever the number of channels. Where a convolution reads beyond the edge, the
//! picture has a border of zeros. All pictures of a network share one piece of memory (`memory.rs`), so that running
//! it allocates nothing but its outputs.
//!
//! Blocks of channels as layout: Zhang, Franchetti, Low, "High performance zero-memory overhead direct
//! convolutions", ICML 2018; Liu and others, "Optimizing CNN model inference on CPUs", USENIX ATC 2019.

mod activation;
mod blocks;
mod convolution;
mod depthwise;
mod elementwise;
mod error;
mod memory;
mod network;
mod plan;
mod pooling;
mod prepare;
mod run;
mod simd;
mod stored;

pub use error::Error;
pub use network::Network;
pub use plan::{Activation, Exit, Order, Plan, Shape, Step, Window, Work};
pub use stored::{Form, Stored, Weights};
