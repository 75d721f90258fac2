//! Scaled dot-product attention (Vaswani et al. 2017) over one window, without a mask: a few queries at a time see all keys, so
//! their scores never leave the first cache.

use std::f32::consts::LOG2_E;

use rten_simd::ops::{BitOps, FloatOps, IntOps, NumOps};
use rten_simd::{Isa, Simd, SimdOp};

use super::linear::{Kernels, LANES, Linear, Quantised};
use crate::extraction::ModelError;

/// Queries that share the loads of keys and values.
const QUERIES: usize = 6;
/// Vectors of keys that share the loads of queries.
const VECTORS: usize = 4;
/// Keys come in multiples of this: a whole number of steps for vectors of any length.
const STEP: usize = VECTORS * LANES;

/// The attention of one layer, with its projections.
pub struct Attention {
    qkv: Linear,
    out: Linear,
    heads: usize,
}

impl Attention {
    pub fn new(qkv: Linear, out: Linear, heads: usize) -> Result<Self, ModelError> {
        // Values go by two vectors at a time.
        if heads == 0 || !out.outputs().is_multiple_of(heads * 2 * LANES) {
            return Err(ModelError(format!("{} units do not make {heads} heads of whole vectors", out.outputs())));
        }
        Ok(Self { qkv, out, heads })
    }

    /// What the rows at `places` get of all rows.
    pub fn apply(&self, kernels: &Kernels, rows: &[f32], places: &[usize]) -> Vec<f32> {
        let width = self.out.outputs();
        let (count, depth) = (rows.len() / width, width / self.heads);
        let qkv = self.qkv.apply(kernels, &Quantised::new(kernels, rows, width));
        let mut attended = vec![0.0; places.len() * width];
        let mut head = Head::new(places.len(), count, depth);
        for h in 0..self.heads {
            head.fill(&qkv, places, h * depth, width);
            Attend { head: &mut head, out: &mut attended[h * depth..], stride: width }.dispatch();
        }
        self.out.apply(kernels, &Quantised::new(kernels, &attended, width))
    }
}

/// What one head needs, laid out for vectors.
struct Head {
    count: usize,
    depth: usize,
    /// Groups of queries, in each one dimension after another, scaled.
    queries: Vec<[f32; QUERIES]>,
    /// One dimension after another, each of all keys; zero beyond them.
    keys: Vec<f32>,
    /// One key after another.
    values: Vec<f32>,
    /// Of one group: its scores by key, one query after another.
    scores: Vec<f32>,
}

impl Head {
    fn new(queries: usize, count: usize, depth: usize) -> Self {
        let keys = count.next_multiple_of(STEP);
        Self {
            count,
            depth,
            queries: vec![[0.0; QUERIES]; queries.div_ceil(QUERIES) * depth],
            keys: vec![0.0; keys * depth],
            values: vec![0.0; count * depth],
            scores: vec![0.0; keys * QUERIES],
        }
    }

    /// Takes this head's part of rows of queries, keys and values, each `width` wide; queries from those at `places`.
    fn fill(&mut self, qkv: &[f32], places: &[usize], offset: usize, width: usize) {
        // Scores are powers of two, not of e.
        let scale = LOG2_E / (self.depth as f32).sqrt();
        let stride = self.keys.len() / self.depth;
        for (i, &place) in places.iter().enumerate() {
            let group = &mut self.queries[i / QUERIES * self.depth..][..self.depth];
            let query = &qkv[place * 3 * width + offset..][..self.depth];
            group.iter_mut().zip(query).for_each(|(queries, q)| queries[i % QUERIES] = q * scale);
        }
        for (i, row) in qkv.chunks_exact(3 * width).enumerate() {
            let [k, v] = [1, 2].map(|part| &row[part * width + offset..][..self.depth]);
            self.keys.chunks_exact_mut(stride).zip(k).for_each(|(keys, &k)| keys[i] = k);
            self.values[i * self.depth..][..self.depth].copy_from_slice(v);
        }
    }
}

/// Writes one head's mean of values for each query; rows of `out` are `stride` apart.
struct Attend<'a> {
    head: &'a mut Head,
    out: &'a mut [f32],
    stride: usize,
}

impl SimdOp for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let ops = isa.f32();
        let lanes = ops.len();
        let Head { count, depth, queries, keys, values, scores } = self.head;
        let (count, depth) = (*count, *depth);
        let stride = keys.len() / depth;
        let rows = self.out.chunks_mut(QUERIES * self.stride);
        for (group, out) in queries.chunks_exact(depth).zip(rows) {
            for at in (0..stride).step_by(lanes * VECTORS) {
                let mut sums = [[ops.zero(); VECTORS]; QUERIES];
                for (query, keys) in group.iter().zip(keys.chunks_exact(stride)) {
                    let keys = ops.load_many::<VECTORS>(&keys[at..]);
                    for q in 0..QUERIES {
                        let query = ops.splat(query[q]);
                        for v in 0..VECTORS {
                            sums[q][v] = ops.mul_add(query, keys[v], sums[q][v]);
                        }
                    }
                }
                for q in 0..QUERIES {
                    for v in 0..VECTORS {
                        ops.store(sums[q][v], &mut scores[q * stride + at + v * lanes..]);
                    }
                }
            }
            let mut shares = [0.0; QUERIES];
            for (scores, share) in scores.chunks_exact_mut(stride).zip(&mut shares) {
                scores[count..].fill(f32::NEG_INFINITY);
                let most =
                    scores.chunks_exact(lanes).fold(ops.splat(f32::NEG_INFINITY), |most, s| ops.max(most, ops.load(s)));
                let most = ops.splat(most.to_array().into_iter().fold(f32::NEG_INFINITY, f32::max));
                let mut sum = ops.zero();
                for scores in scores.chunks_exact_mut(lanes) {
                    let power = power_of_two(isa, ops.sub(ops.load(scores), most));
                    sum = ops.add(sum, power);
                    ops.store(power, scores);
                }
                *share = ops.sum(sum).recip();
            }
            let scores: [&[f32]; QUERIES] = std::array::from_fn(|q| &scores[q * stride..][..count]);
            for at in (0..depth).step_by(2 * lanes) {
                let mut sums = [[ops.zero(); 2]; QUERIES];
                for (key, value) in values.chunks_exact(depth).enumerate() {
                    let value = ops.load_many::<2>(&value[at..]);
                    for q in 0..QUERIES {
                        let score = ops.splat(scores[q][key]);
                        for v in 0..2 {
                            sums[q][v] = ops.mul_add(score, value[v], sums[q][v]);
                        }
                    }
                }
                for (q, row) in out.chunks_mut(self.stride).enumerate() {
                    for v in 0..2 {
                        ops.store(ops.mul(sums[q][v], ops.splat(shares[q])), &mut row[at + v * lanes..]);
                    }
                }
            }
        }
    }
}

/// 2^x for x <= 0, to about seven digits: the whole part goes into the exponent, the rest through a Taylor polynomial.
#[inline(always)]
fn power_of_two<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    let (ops, ints) = (isa.f32(), isa.i32());
    // Below this the exponent would be that of a subnormal number; what is there counts for nothing.
    let x = ops.max(x, ops.splat(-126.0));
    let whole = ops.round_ties_even(x);
    let rest = ops.mul(ops.sub(x, whole), ops.splat(std::f32::consts::LN_2));
    let mut power = ops.splat(1.0 / 720.0);
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        power = ops.mul_add(power, rest, ops.splat(coefficient));
    }
    let exponent = ints.shift_left::<23>(ints.add(ops.to_int_trunc(whole), ints.splat(127)));
    ops.mul(power, exponent.reinterpret_cast())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows that do and do not fill the last group of queries and the last step of keys.
    #[test]
    fn each_query_gets_its_softmax_mean_of_the_values() {
        let (rng, depth, width) = (&mut fastrand::Rng::with_seed(1), 32, 64);
        for count in [1, 4, 63, 64, 65, 254] {
            let qkv: Vec<f32> = (0..count * 3 * width).map(|_| rng.f32() * 6.0 - 3.0).collect();
            // Every third row asks.
            let places: Vec<usize> = (0..count).step_by(3).collect();
            let mut out = vec![0.0; places.len() * width];
            let mut head = Head::new(places.len(), count, depth);
            head.fill(&qkv, &places, depth, width);
            Attend { head: &mut head, out: &mut out[depth..], stride: width }.dispatch();
            let part = |row: usize, which: usize| &qkv[(row * 3 + which) * width + depth..][..depth];
            for (row, &query) in places.iter().enumerate() {
                let score = |key| {
                    part(query, 0).iter().zip(part(key, 1)).map(|(q, k)| q * k).sum::<f32>() / (depth as f32).sqrt()
                };
                let powers: Vec<f32> = (0..count).map(|key| f32::exp(score(key))).collect();
                for d in 0..depth {
                    let mean =
                        (0..count).map(|key| powers[key] * part(key, 2)[d]).sum::<f32>() / powers.iter().sum::<f32>();
                    let got = out[row * width + depth + d];
                    assert!((got - mean).abs() < 1e-3, "{count} rows, query {query}: {got}, not {mean}");
                }
            }
        }
    }
}
