//! Bearer tokens from a file: who may call, health aside.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::{Choice, ConstantTimeEq};

use super::watch;

/// Shorter ones are guessed too soon.
const MIN_TOKEN_BYTES: usize = 16;

/// Why the tokens cannot be used. Tokens are never told.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// A line is no token.
    #[error("{0}:{1}: a token of {2} bytes, at least {MIN_TOKEN_BYTES} and no white space are needed")]
    Line(PathBuf, usize, usize),
    /// No tokens at all would shut everybody out.
    #[error("{0}: no token in it")]
    Empty(PathBuf),
}

/// The tokens as they were read last.
pub struct Tokens {
    file: PathBuf,
    current: ArcSwap<Vec<String>>,
}

impl Tokens {
    /// Reads the file: one token a line, lines that begin with # and blank ones aside.
    ///
    /// # Errors
    /// If it holds no tokens, or something else.
    pub fn new(file: PathBuf) -> Result<Self, TokensError> {
        let current = ArcSwap::from_pointee(read(&file)?);
        Ok(Self { file, current })
    }

    /// Whether a call with these headers may be answered. Takes as long whatever is wrong with the token.
    pub fn allow(&self, path: &str, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
        // The scheme's case is free (RFC 9110, 11.1).
        let (scheme, given) = given.split_at_checked(b"Bearer ".len()).unwrap_or_default();
        let given = if scheme.eq_ignore_ascii_case(b"Bearer ") { given } else { &[] };
        let known =
            self.current.load().iter().fold(Choice::from(0), |known, token| known | token.as_bytes().ct_eq(given));
        path.starts_with("/grpc.health.v1.Health/") || known.into()
    }

    /// Reads the file whenever it changes; one that is wrong changes nothing.
    pub async fn follow(self: Arc<Self>) {
        watch::files(vec![self.file.clone()], || match read(&self.file) {
            Ok(tokens) => {
                tracing::info!(tokens = tokens.len(), "tokens reloaded");
                self.current.store(Arc::new(tokens));
            }
            Err(error) => tracing::error!(%error, "tokens not reloaded, the old ones stay in force"),
        })
        .await;
    }
}

fn read(file: &Path) -> Result<Vec<String>, TokensError> {
    let text = std::fs::read_to_string(file).map_err(|e| TokensError::Read(file.into(), e))?;
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let token = |(number, line): (usize, &str)| {
        let sound = line.len() >= MIN_TOKEN_BYTES && !line.contains(char::is_whitespace);
        sound.then(|| line.to_string()).ok_or_else(|| TokensError::Line(file.into(), number, line.len()))
    };
    let tokens = lines.map(token).collect::<Result<Vec<_>, _>>()?;
    if tokens.is_empty() { Err(TokensError::Empty(file.into())) } else { Ok(tokens) }
}
