//! The dictionary file: read at the start, and again at each SIGHUP while calls go on.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::ServerError;
use crate::extraction::links::dictionary::{Dictionary, SharedDictionary};
use crate::extraction::links::file;

/// A file and what was read from it last.
pub struct Follower {
    path: PathBuf,
    current: SharedDictionary,
    hangups: Signal,
}

impl Follower {
    /// Reads the file.
    ///
    /// # Errors
    /// If it is no dictionary, with the line and the reason.
    pub async fn start(path: PathBuf) -> Result<Self, ServerError> {
        // Before the file is read, so that no signal is missed.
        let hangups = signal(SignalKind::hangup()).map_err(ServerError::Signal)?;
        let current = Arc::new(ArcSwap::from_pointee(read(path.clone()).await?));
        Ok(Self { path, current, hangups })
    }

    /// For the extractor.
    pub fn shared(&self) -> SharedDictionary {
        Arc::clone(&self.current)
    }

    /// Reads the file anew at each SIGHUP; one that is broken changes nothing.
    pub async fn follow(mut self) {
        while self.hangups.recv().await.is_some() {
            match read(self.path.clone()).await {
                Ok(dictionary) => self.current.store(Arc::new(dictionary)),
                Err(error) => tracing::error!(%error, "dictionary not reloaded, the old one stays in force"),
            }
        }
    }
}

async fn read(path: PathBuf) -> Result<Dictionary, ServerError> {
    let dictionary = tokio::task::spawn_blocking(move || file::read(&path)).await.map_err(ServerError::Task)??;
    tracing::info!(entries = dictionary.len(), "dictionary loaded");
    Ok(dictionary)
}
