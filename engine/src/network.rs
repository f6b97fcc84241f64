//! A network that runs.

use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::Error;
use crate::plan::{Exit, Plan, Shape};
use crate::prepare::Prepared;
use crate::simd::Simd;

/// A network, checked and laid out in memory.
///
/// Running it from several threads at once is possible: each run takes memory of its own, which is kept for the next
/// one and wiped when the network is dropped.
pub struct Network {
    machine: Machine,
    memories: Mutex<Vec<Zeroizing<Vec<f32>>>>,
}

/// The widest vectors that the processor has.
enum Machine {
    #[cfg(target_arch = "x86_64")]
    Avx2(crate::simd::Avx2, Prepared<8>),
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Wasm(Prepared<4>),
    #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
    Portable(Prepared<4>),
}

impl Network {
    /// Reads a plan and checks all of it.
    pub fn load(plan: &[u8]) -> Result<Self, Error> {
        let plan = Plan::decode(plan)?;
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = crate::simd::Avx2::detect() {
            return Ok(Self::on(Machine::Avx2(avx2, Prepared::new(plan)?)));
        }
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        return Ok(Self::on(Machine::Wasm(Prepared::new(plan)?)));
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        Ok(Self::on(Machine::Portable(Prepared::new(plan)?)))
    }

    fn on(machine: Machine) -> Self {
        Self {
            machine,
            memories: Mutex::default(),
        }
    }

    /// Size of the picture it takes.
    pub fn input(&self) -> Shape {
        match &self.machine {
            #[cfg(target_arch = "x86_64")]
            Machine::Avx2(_, prepared) => prepared.pictures[0].shape,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Machine::Wasm(prepared) => prepared.pictures[0].shape,
            #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
            Machine::Portable(prepared) => prepared.pictures[0].shape,
        }
    }

    /// Its outputs, in the order in which [`run`](Self::run) gives them.
    pub fn exits(&self) -> &[Exit] {
        match &self.machine {
            #[cfg(target_arch = "x86_64")]
            Machine::Avx2(_, prepared) => &prepared.exits,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Machine::Wasm(prepared) => &prepared.exits,
            #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
            Machine::Portable(prepared) => &prepared.exits,
        }
    }

    /// The outputs for one picture: its pixels row by row, the channels of each beside each other.
    pub fn run(&self, picture: &[f32]) -> Result<Vec<Vec<f32>>, Error> {
        let shape = self.input();
        let (row, values) = (
            shape.width * shape.channels,
            shape.pixels() * shape.channels,
        );
        if picture.len() != values {
            let found = picture.len();
            return Err(Error::Picture { values, found });
        }
        Ok(self.run_rows(&|y, line| line.copy_from_slice(&picture[y * row..(y + 1) * row])))
    }

    /// As [`run`](Self::run), with a picture that is made row by row: `fill` writes the row of that number.
    pub fn run_rows(&self, fill: &dyn Fn(usize, &mut [f32])) -> Vec<Vec<f32>> {
        match &self.machine {
            #[cfg(target_arch = "x86_64")]
            Machine::Avx2(avx2, prepared) => self.run_on(*avx2, prepared, fill),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Machine::Wasm(prepared) => self.run_on(crate::simd::Wasm, prepared, fill),
            #[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
            Machine::Portable(prepared) => self.run_on(crate::simd::Portable, prepared, fill),
        }
    }

    fn run_on<const L: usize, S: Simd<L>>(
        &self,
        simd: S,
        prepared: &Prepared<L>,
        fill: &dyn Fn(usize, &mut [f32]),
    ) -> Vec<Vec<f32>> {
        let kept = self
            .memories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut memory = kept.unwrap_or_else(|| vec![0.0; prepared.values].into());
        let outputs = prepared.run(simd, &mut memory, fill);
        self.memories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(memory);
        outputs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Activation, Order, Step, Window};
    use crate::stored::Stored;

    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(next).collect()
    }

    /// A convolution, a depthwise one and a sum of their pictures.
    fn plan(channels: usize, stride: usize) -> Plan {
        let shape = Shape {
            height: 9,
            width: 11,
            channels: 3,
        };
        let mut plan = Plan::new(shape);
        let to = Shape {
            height: 9usize.div_ceil(stride),
            width: 11usize.div_ceil(stride),
            channels,
        };
        let window = Window {
            size: [3, 3],
            stride: [stride; 2],
            before: [1, 1],
        };
        let same = Window {
            stride: [1, 1],
            ..window
        };
        let (first, second, sum) = (plan.tensor(to), plan.tensor(to), plan.tensor(to));
        let weights = plan.keep(Stored::f32(&numbers(channels * 27, 1)));
        let bias = plan.keep(Stored::f32(&numbers(channels, 2)));
        let filters = plan.keep(Stored::f32(&numbers(channels * 9, 3)));
        let activation = Activation::Leaky(0.3);
        plan.steps = vec![
            Step::Convolution {
                input: 0,
                output: first,
                added: None,
                window,
                weights,
                bias,
                activation,
            },
            Step::Depthwise {
                input: first,
                output: second,
                window: same,
                weights: filters,
                bias,
                activation,
            },
            Step::Add {
                a: first,
                b: second,
                output: sum,
                activation: Activation::Sigmoid,
            },
        ];
        for (order, tensor) in [(Order::Planes, sum), (Order::Pixels, second)] {
            plan.exits.push(Exit {
                name: format!("{tensor}"),
                tensor,
                order,
            });
        }
        plan
    }

    /// What this processor's vectors give is what plain arrays give.
    #[test]
    fn every_machine_gives_the_same() {
        let picture = numbers(9 * 11 * 3, 4);
        for (channels, stride) in [(1, 1), (4, 2), (7, 1), (8, 2), (19, 1), (24, 2)] {
            let plan = plan(channels, stride);
            let plain = Network::on(Machine::Portable(Prepared::new(plan.clone()).unwrap()));
            let widest = Network::load(&plan.encode().unwrap()).unwrap();
            let (plain, widest) = (plain.run(&picture).unwrap(), widest.run(&picture).unwrap());
            for (a, b) in plain.iter().flatten().zip(widest.iter().flatten()) {
                assert!((a - b).abs() < 1e-5, "{channels} {stride}: {a} {b}");
            }
        }
    }

    #[test]
    fn running_again_in_the_same_memory_gives_the_same() {
        let network = Network::load(&plan(7, 2).encode().unwrap()).unwrap();
        let (one, other) = (numbers(297, 5), numbers(297, 6));
        let first = network.run(&one).unwrap();
        assert_ne!(network.run(&other).unwrap(), first);
        assert_eq!(network.run(&one).unwrap(), first);
    }

    #[test]
    fn a_picture_of_another_size_is_an_error() {
        let network = Network::load(&plan(4, 1).encode().unwrap()).unwrap();
        let expected = Error::Picture {
            values: 297,
            found: 296,
        };
        assert_eq!(network.run(&[0.0; 296]), Err(expected));
    }

    #[test]
    fn plans_that_do_not_fit_together_are_refused() {
        let refused = |change: &dyn Fn(&mut Plan)| {
            let mut plan = plan(4, 1);
            change(&mut plan);
            Network::load(&plan.encode().unwrap())
                .err()
                .map(|e| e.to_string())
        };
        assert_eq!(refused(&|_| ()), None);
        type Case<'a> = (&'a dyn Fn(&mut Plan), &'a str);
        let cases: [Case; 7] = [
            (
                &|p| p.steps.swap(0, 1),
                "step 0: it reads what nothing has written",
            ),
            (
                &|p| p.steps[2] = p.steps[1].clone(),
                "step 2: it writes what is already there",
            ),
            (
                &|p| p.shapes[1].channels = 5,
                "step 0: not as many weights as it needs",
            ),
            (
                &|p| p.shapes[1].width = 40,
                "step 0: a window lies outside the picture",
            ),
            (
                &|p| p.exits[0].tensor = 9,
                "output 3 is no picture of the plan",
            ),
            (
                // As many values as 32 bits count to zero for.
                &|p| {
                    p.shapes[0] = Shape {
                        height: 4096,
                        width: 4096,
                        channels: 256,
                    };
                },
                "the network's pictures take more than 16777216 values",
            ),
            (
                &|p| p.shapes[0].height = 5000,
                "the network's pictures take more than 16777216 values",
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(refused(change).as_deref(), Some(expected));
        }
    }
}
