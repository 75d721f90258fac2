//! The network: wordpieces of one window in, scores and link vectors per word out.
//!
//! A BERT encoder (Devlin et al. 2019) with the six layers and 384 units of MiniLM (Wang et al. 2020), heads on the first wordpiece of
//! each word. Weights are int8 with a scale for each output; activations are quantised row by row at run time, so what a row says never
//! hangs on its neighbours' range.

mod attention;
mod linear;
mod weights;

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
        let mut rows = Vec::with_capacity(ids.len() * width);
        for ((&id, &feature), position) in ids.iter().zip(features).zip(self.positions.chunks_exact(width)) {
            let (word, scale) = (&self.words[id as usize * width..][..width], self.scales[id as usize]);
            let case = &self.case[feature as usize * width..][..width];
            let parts = word.iter().zip(case).zip(position);
            rows.extend(parts.map(|((&word, case), position)| f32::from(word as i8) * scale + case + position));
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
    /// Reads all rows, and says what becomes of those at `places`.
    fn apply(&self, kernels: &Kernels, rows: &[f32], places: &[usize]) -> Vec<f32> {
        let width = self.norm.weight.len();
        let mut out = Vec::with_capacity(places.len() * width);
        places.iter().for_each(|p| out.extend_from_slice(&rows[p * width..][..width]));
        add(&mut out, &self.attention.apply(kernels, rows, places));
        self.attention_norm.apply(&mut out);
        for block in out.chunks_mut(BLOCK * width) {
            let mut inner = self.up.apply(kernels, &Quantised::new(kernels, block, width));
            Gelu {}.map_mut(&mut inner);
            let inner = Quantised::new(kernels, &inner, self.up.outputs());
            add(block, &self.down.apply(kernels, &inner));
            self.norm.apply(block);
        }
        out
    }
}

fn add(rows: &mut [f32], others: &[f32]) {
    rows.iter_mut().zip(others).for_each(|(a, b)| *a += b);
}

/// The loaded network.
pub struct Network {
    embeddings: Embeddings,
    layers: Vec<Layer>,
    /// Entity tags, quote tags, link vectors.
    heads: [Scores; 3],
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
        let scores = |name| Scores::new(&kernels, &weights, name);
        let layers = (0..weights.number("layers")?)
            .map(|i| {
                let linear = |name| Linear::new(&kernels, &weights, &format!("layer.{i}.{name}"));
                Ok(Layer {
                    attention: Attention::new(linear("qkv")?, linear("attended")?, weights.number("heads")?)?,
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
            heads: [scores("entity")?, scores("quote")?, scores("link")?],
        })
    }

    /// Longest window in wordpieces, [CLS] and [SEP] counted.
    pub fn longest(&self) -> usize {
        self.embeddings.positions.len() / self.embeddings.norm.weight.len()
    }

    /// Values that each head has for a word.
    pub fn widths(&self) -> [usize; 3] {
        self.heads.each_ref().map(Scores::outputs)
    }

    /// Reads one window of at most [`Network::longest`] wordpieces. `ids` and `features` are one a wordpiece, `places` the positions
    /// among them of the words asked about. What the heads say, one row a word: a score an entity tag, a score a quote tag, the link
    /// vectors one role after another; the last two only for `quotes`.
    pub fn run(&self, ids: &[i32], features: &[i32], places: &[usize], quotes: bool) -> [Vec<f32>; 3] {
        // They cannot be sent between threads.
        let kernels = Kernels::new();
        let mut rows = self.embeddings.apply(ids, features);
        let all: Vec<usize> = (0..ids.len()).collect();
        for (i, layer) in self.layers.iter().enumerate() {
            // Of the last layer only the words asked about are needed.
            rows = layer.apply(&kernels, &rows, if i + 1 < self.layers.len() { &all } else { places });
        }
        let [entity, quote, link] = &self.heads;
        let of_quotes = |head: &Scores| if quotes { head.apply(&kernels, &rows) } else { Vec::new() };
        [entity.apply(&kernels, &rows), of_quotes(quote), of_quotes(link)]
    }
}
