//! Tensors by name out of a safetensors file.

use std::str::FromStr;

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView};

use crate::extraction::ModelError;

/// The tensors of a file, and the numbers in its header.
pub struct Weights {
    tensors: SafeTensors<'static>,
    header: Metadata,
}

impl Weights {
    pub fn new(file: &'static [u8]) -> Result<Self, ModelError> {
        let failed = |e: safetensors::SafeTensorError| ModelError(e.to_string());
        let (_, header) = SafeTensors::read_metadata(file).map_err(failed)?;
        Ok(Self { tensors: SafeTensors::deserialize(file).map_err(failed)?, header })
    }

    fn tensor(&self, name: &str, dtype: Dtype) -> Result<TensorView<'static>, ModelError> {
        let tensor = self.tensors.tensor(name).map_err(|e| ModelError(format!("{name}: {e}")))?;
        if tensor.dtype() != dtype {
            return Err(ModelError(format!("{name} is {:?}, not {dtype:?}", tensor.dtype())));
        }
        Ok(tensor)
    }

    /// All values of a float32 tensor, row by row.
    pub fn floats(&self, name: &str) -> Result<Vec<f32>, ModelError> {
        let tensor = self.tensor(name, Dtype::F32)?;
        Ok(tensor.data().as_chunks::<4>().0.iter().map(|&v| f32::from_le_bytes(v)).collect())
    }

    /// An int8 matrix as it stands in the file, with its numbers of rows and columns.
    pub fn bytes(&self, name: &str) -> Result<(&'static [u8], [usize; 2]), ModelError> {
        let tensor = self.tensor(name, Dtype::I8)?;
        let shape = tensor.shape().try_into().map_err(|_| ModelError(format!("{name} is no matrix")))?;
        Ok((tensor.data(), shape))
    }

    /// A number of the header.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<T, ModelError> {
        let value = self.header.metadata().as_ref().and_then(|numbers| numbers.get(name));
        value.and_then(|v| v.parse().ok()).ok_or_else(|| ModelError(format!("no number {name} in the header")))
    }
}
