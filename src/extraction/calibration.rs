//! Scores that mean what they say: of the answers scored 0.8, eight in ten are right.
//!
//! Logistic calibration (Platt 1999) of the log-odds, fitted on the dev documents by `training/calibrate.py`.

use serde::Deserialize;

use super::ModelError;

/// One curve: slope and offset of the log-odds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Curve(f32, f32);

impl Curve {
    /// The calibrated probability, in (0, 1) and rising with `score`.
    pub fn apply(self, score: f32) -> f32 {
        let score = score.clamp(1e-6, 1.0 - 1e-6);
        let odds = self.0 * (score / (1.0 - score)).ln() + self.1;
        1.0 / (1.0 + (-odds).exp())
    }
}

/// All of `model/calibration.json`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Calibration {
    /// Of mentions that the network finds.
    pub mention: Curve,
    /// Of quotes.
    pub quote: Curve,
    /// Of speakers that the network's links point at.
    pub speaker: Curve,
}

impl Calibration {
    /// Parses the file that is built into the binary.
    ///
    /// # Errors
    /// If a curve is missing.
    pub fn new() -> Result<Self, ModelError> {
        serde_json::from_str(include_str!("../../model/calibration.json"))
            .map_err(|e| ModelError(format!("calibration.json: {e}")))
    }
}
