//! Files that are read again when they change.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How often files are looked at: short against the life of a certificate, long against the cost of a look.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Calls `changed` whenever one of the files was written since the last look.
pub async fn files(files: Vec<PathBuf>, mut changed: impl FnMut()) {
    let written = || -> Vec<Option<SystemTime>> {
        files.iter().map(|file| file.metadata().and_then(|m| m.modified()).ok()).collect()
    };
    let mut seen = written();
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let now = written();
        if now != seen {
            seen = now;
            changed();
        }
    }
}
