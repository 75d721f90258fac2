//! The network: wordpieces of one window in, scores and link vectors per word out.
//!
//! A BERT encoder (Devlin et al. 2019) with the six layers and 384 units of MiniLM (Wang et al. 2020), heads on the first wordpiece of
//! each word. Weights are int8 with a scale for each output; activations are quantised row by row at run time, so what a row says never
//! hangs on its neighbours' range.

mod attention;
mod linear;
mod weights;

use std::ops::AddAssign;

use rten_simd::{SimdOp, SimdUnaryOp};
use rten_vecmath::{Gelu, Normalize, NormalizeOptions, Sum, SumSquareSub};

use super::ModelError;
use attention::Attention;
use linear::{Kernels, Linear, Quantised, Scores};
use weights::Weights;

/// Rows that go through the feed-forward layer at once: what they need stays in the cache of a core.
const BLOCK: usize = 64;

/// Layer normalisation (Ba et al. 2016) with BERT's epsilon.
struct LayerNorm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl LayerNorm {
    fn apply(&self, rows: &mut [f32]) {
        let width = self.weight.len() as f32;
        for row in rows.chunks_exact_mut(self.weight.len()) {
            let mean = Sum::new(row).dispatch() / width;
            let variance = SumSquareSub::new(row, mean).dispatch() / width;
            let options = NormalizeOptions {
                pre_scale_bias: mean,
                scale: (variance + 1e-12).sqrt().recip(),
                element_scale: Some(&self.weight),
                element_bias: Some(&self.bias),
                ..Default::default()
            };
            Normalize::new_mut(row, options).dispatch();
        }
    }
}

/// What a row of an embedding table is made of: int8 values and their scale.
struct Embeddings {
    words: &'static [u8],
    scales: Vec<f32>,
    positions: Vec<f32>,
    case: Vec<f32>,
    norm: LayerNorm,
}

impl Embeddings {
    fn apply(&self, ids: &[i32], features: &[i32]) -> Vec<f32> {
        let width = self.norm.weight.len();
        let row = |table: &[f32], i: usize| table[i * width..][..width].to_vec();
        let mut rows = Vec::with_capacity(ids.len() * width);
        for (place, (&id, &feature)) in ids.iter().zip(features).enumerate() {
            let id = id as usize;
            let words = self.words[id * width..][..width].iter().map(|&v| f32::from(v as i8) * self.scales[id]);
            let sums = words.zip(row(&self.case, feature as usize)).zip(row(&self.positions, place));
            rows.extend(sums.map(|((word, case), position)| word + case + position));
        }
        self.norm.apply(&mut rows);
        rows
    }
}

struct Layer {
    attention: Attention,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
}

impl Layer {
    fn apply(&self, kernels: &Kernels, rows: &mut [f32]) {
        let attended = self.attention.apply(kernels, rows);
        add(rows, &attended);
        self.attention_norm.apply(rows);
        let width = self.norm.weight.len();
        for block in rows.chunks_mut(BLOCK * width) {
            let mut inner = self.up.apply(kernels, &Quantised::new(kernels, block, width));
            Gelu {}.map_mut(&mut inner);
            let inner = Quantised::new(kernels, &inner, self.up.outputs());
            add(block, &self.down.apply(kernels, &inner));
            self.norm.apply(block);
        }
    }
}

fn add(rows: &mut [f32], others: &[f32]) {
    rows.iter_mut().zip(others).for_each(|(a, b)| a.add_assign(b));
}

/// What the network says of the words of a window, one row a word.
pub struct Output {
    /// One score an entity tag.
    pub entity: Vec<f32>,
    /// One score a quote tag.
    pub quote: Vec<f32>,
    /// The link vectors, one role after another.
    pub link: Vec<f32>,
}

/// The loaded network.
pub struct Network {
    embeddings: Embeddings,
    layers: Vec<Layer>,
    entity: Scores,
    quote: Scores,
    link: Scores,
}

impl Network {
    /// Reads a safetensors file, as `training/dateline_training/export.py` writes it.
    ///
    /// # Errors
    /// If a tensor is missing or has another type or shape.
    pub fn new(file: &'static [u8]) -> Result<Self, ModelError> {
        let weights = Weights::new(file)?;
        let kernels = Kernels::new();
        let norm = |name: &str| -> Result<_, ModelError> {
            Ok(LayerNorm {
                weight: weights.floats(&format!("{name}.weight"))?,
                bias: weights.floats(&format!("{name}.bias"))?,
            })
        };
        let layers = (0..weights.number("layers")?)
            .map(|i| {
                let linear = |name| Linear::new(&kernels, &weights, &format!("layer.{i}.{name}"));
                Ok(Layer {
                    attention: Attention::new(linear("qkv")?, linear("attended")?, weights.number("heads")?),
                    attention_norm: norm(&format!("layer.{i}.attended.norm"))?,
                    up: linear("up")?,
                    down: linear("down")?,
                    norm: norm(&format!("layer.{i}.norm"))?,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self {
            embeddings: Embeddings {
                words: weights.bytes("words")?.0,
                scales: weights.floats("words.scale")?,
                positions: weights.floats("positions")?,
                case: weights.floats("case")?,
                norm: norm("embeddings.norm")?,
            },
            layers,
            entity: Scores::new(&kernels, &weights, "entity")?,
            quote: Scores::new(&kernels, &weights, "quote")?,
            link: Scores::new(&kernels, &weights, "link")?,
        })
    }

    /// Longest window in wordpieces, [CLS] and [SEP] counted.
    pub fn longest(&self) -> usize {
        self.embeddings.positions.len() / self.embeddings.norm.weight.len()
    }

    /// Reads one window of at most [`Network::longest`] wordpieces. `ids` and `features` are one a wordpiece, `word_starts` the positions
    /// among them of the words' first.
    pub fn run(&self, ids: &[i32], features: &[i32], word_starts: &[usize]) -> Output {
        let kernels = Kernels::new();
        let mut rows = self.embeddings.apply(ids, features);
        for layer in &self.layers {
            layer.apply(&kernels, &mut rows);
        }
        let width = self.embeddings.norm.weight.len();
        let words: Vec<f32> = word_starts.iter().flat_map(|&p| &rows[p * width..][..width]).copied().collect();
        let [entity, quote, link] = [&self.entity, &self.quote, &self.link].map(|head| head.apply(&kernels, &words));
        Output { entity, quote, link }
    }
}
