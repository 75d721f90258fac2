//! Products of rows and weights, in int8 and in float32.

use std::mem::MaybeUninit;

use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, GemmUninitOptions, PackedBMatrix};
use rten_simd::ops::{BitOps, NumOps, ToFloat};
use rten_simd::{Isa, SimdOp, SliceWriter};
use rten_tensor::NdTensorView;
use rten_vecmath::{ExtendInit, MinMax, Quantize};

use super::weights::Weights;
use crate::extraction::ModelError;

/// Float32 lanes of the longest vectors (AVX-512): widths are multiples of it.
pub const LANES: usize = 16;

/// The products that this CPU does best.
pub struct Kernels {
    int8: GemmExecutor<u8, i8, i32>,
    float: GemmExecutor,
    /// Largest quantised activation.
    top: f32,
}

impl Kernels {
    pub fn new() -> Self {
        let int8 = GemmExecutor::new();
        // Without VNNI pairs of products are added in 16 bits: two of 127 * 127 fit, two of 255 * 127 do not.
        let top = if int8.may_saturate() { 127.0 } else { 255.0 };
        Self { int8, float: GemmExecutor::new(), top }
    }
}

/// Rows in 8 bits, each with its own scale and zero point: value = (byte - zero) * scale.
pub struct Quantised {
    width: usize,
    values: Vec<u8>,
    scales: Vec<f32>,
    zeros: Vec<i32>,
}

impl Quantised {
    pub fn new(kernels: &Kernels, rows: &[f32], width: usize) -> Self {
        let count = rows.len() / width;
        let mut quantised = Self {
            width,
            values: Vec::with_capacity(rows.len()),
            scales: Vec::with_capacity(count),
            zeros: Vec::with_capacity(count),
        };
        for row in rows.chunks_exact(width) {
            let (least, most) = MinMax::new(row).dispatch();
            let (least, most) = (least.min(0.0), most.max(0.0));
            let scale = ((most - least) / kernels.top).max(f32::MIN_POSITIVE);
            let zero = (-least / scale).round_ties_even() as u8;
            quantised.values.extend_init(|out| Quantize::new(row, &mut out[..width], scale.recip(), zero).dispatch());
            quantised.scales.push(scale);
            quantised.zeros.push(zero.into());
        }
        quantised
    }
}

/// A linear layer with int8 weights, one scale an output.
pub struct Linear {
    weights: PackedBMatrix<i8>,
    /// Of the weights of each output.
    sums: Vec<i32>,
    scales: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    pub fn new(kernels: &Kernels, weights: &Weights, name: &str) -> Result<Self, ModelError> {
        let (bytes, shape) = weights.bytes(name)?;
        let values: Vec<i8> = bytes.iter().map(|&v| v as i8).collect();
        let (scales, bias) = (weights.floats(&format!("{name}.scale"))?, weights.floats(&format!("{name}.bias"))?);
        if scales.len() != shape[1] || bias.len() != shape[1] {
            return Err(ModelError(format!("{name} has {} outputs, but other scales or biases", shape[1])));
        }
        if !shape[1].is_multiple_of(LANES) {
            return Err(ModelError(format!("{name} has {} outputs, no multiple of {LANES}", shape[1])));
        }
        Ok(Self::packed(kernels, &values, shape, scales, bias))
    }

    fn packed(kernels: &Kernels, values: &[i8], shape: [usize; 2], scales: Vec<f32>, bias: Vec<f32>) -> Self {
        let mut sums = vec![0; shape[1]];
        for row in values.chunks_exact(shape[1]) {
            sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += i32::from(value));
        }
        Self { weights: kernels.int8.prepack_b(NdTensorView::from_data(shape, values)), sums, scales, bias }
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub fn apply(&self, kernels: &Kernels, rows: &Quantised) -> Vec<f32> {
        let count = rows.scales.len() * self.outputs();
        let mut sums = Vec::with_capacity(count);
        let left =
            GemmInputA::Unpacked(NdTensorView::from_data([rows.scales.len(), rows.width], rows.values.as_slice()));
        let right = GemmInputB::Packed(&self.weights);
        sums.extend_init(|sums| {
            let options = GemmUninitOptions::default();
            kernels.int8.gemm_uninit(&mut sums[..count], left, right, options).expect("shapes that fit")
        });
        let mut out = Vec::with_capacity(count);
        out.extend_init(|out| Dequantise { sums: &sums, rows, linear: self, out: &mut out[..count] }.dispatch());
        out
    }
}

/// out = (sum - zero * sum of weights) * row scale * output scale + bias. The zero points are taken off here since rten-gemm 0.27 takes
/// those of the first few rows for all.
struct Dequantise<'a, 'out> {
    sums: &'a [i32],
    rows: &'a Quantised,
    linear: &'a Linear,
    out: &'out mut [MaybeUninit<f32>],
}

impl<'out> SimdOp for Dequantise<'_, 'out> {
    type Output = &'out mut [f32];

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> &'out mut [f32] {
        let (ops, ints) = (isa.f32(), isa.i32());
        let (width, lanes) = (self.linear.outputs(), ops.len());
        let Linear { sums: weights, scales, bias, .. } = self.linear;
        let mut out = SliceWriter::new(self.out);
        for (sums, (&scale, &zero)) in self.sums.chunks_exact(width).zip(self.rows.scales.iter().zip(&self.rows.zeros))
        {
            let (row_scale, zero) = (ops.splat(scale), ints.splat(-zero));
            let constants = weights.chunks_exact(lanes).zip(scales.chunks_exact(lanes)).zip(bias.chunks_exact(lanes));
            for (sum, ((weights, scale), bias)) in sums.chunks_exact(lanes).zip(constants) {
                let sum = ints.add(ints.load(sum), ints.mul(zero, ints.load(weights)));
                let scale = ops.mul(row_scale, ops.load(scale));
                out.write_vec(ops, ops.mul_add(ints.to_float(sum), scale, ops.load(bias)));
            }
        }
        out.into_mut_slice()
    }
}

/// A linear layer in float32.
pub struct Scores {
    weights: PackedBMatrix<f32>,
    bias: Vec<f32>,
}

impl Scores {
    pub fn new(kernels: &Kernels, weights: &Weights, name: &str) -> Result<Self, ModelError> {
        let (values, bias) = (weights.floats(name)?, weights.floats(&format!("{name}.bias"))?);
        let shape = [values.len() / bias.len(), bias.len()];
        let weights = kernels.float.prepack_b(NdTensorView::from_data(shape, values.as_slice()));
        Ok(Self { weights, bias })
    }

    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    pub fn apply(&self, kernels: &Kernels, rows: &[f32]) -> Vec<f32> {
        let count = rows.len() / self.weights.rows();
        let mut out = vec![0.0; count * self.bias.len()];
        let left = GemmInputA::Unpacked(NdTensorView::from_data([count, self.weights.rows()], rows));
        let options = GemmOptions { bias: Some(BiasVector::Row(&self.bias)), ..Default::default() };
        kernels.float.gemm(&mut out, left, GemmInputB::Packed(&self.weights), options).expect("shapes that fit");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(rng: &mut fastrand::Rng, count: usize) -> Vec<f32> {
        (0..count).map(|_| rng.f32() * 4.0 - 1.5).collect()
    }

    /// More inputs than a block of the product holds, another number of rows than its tiles have.
    #[test]
    fn int8_products_are_near_those_of_floats() {
        let (rng, kernels) = (&mut fastrand::Rng::with_seed(1), Kernels::new());
        let (rows, width, outputs) = (67, 1536, 48);
        let (inputs, bias, scales) = (random(rng, rows * width), random(rng, outputs), vec![0.01; outputs]);
        let values: Vec<i8> = (0..width * outputs).map(|_| rng.i8(-127..=127)).collect();
        let linear = Linear::packed(&kernels, &values, [width, outputs], scales, bias);
        let out = linear.apply(&kernels, &Quantised::new(&kernels, &inputs, width));
        for row in 0..rows {
            for output in 0..outputs {
                let sum: f32 =
                    (0..width).map(|i| inputs[row * width + i] * f32::from(values[i * outputs + output])).sum();
                let expected = sum * linear.scales[output] + linear.bias[output];
                let got = out[row * outputs + output];
                assert!((got - expected).abs() < 1.0, "row {row}, output {output}: {got}, not {expected}");
            }
        }
    }
}
