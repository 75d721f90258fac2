//! An extractor that does what a test tells it to: waits, panics, answers.

use std::sync::{Arc, Condvar, Mutex};

use dateline::extraction::{Extraction, ModelError, ModelInfo, Reading};
use dateline::service::workers::Extract;

/// A gate that is shut until it is opened, once.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().expect("no panic under the lock") = true;
        self.0.1.notify_all();
    }

    pub fn pass(&self) {
        let shut = self.0.0.lock().expect("no panic under the lock");
        drop(self.0.1.wait_while(shut, |open| !*open).expect("no panic under the lock"));
    }
}

/// Reads "wait" when its gate opens, panics at "panic" and finds nothing anywhere.
#[derive(Clone, Default)]
pub struct Stub(pub Gate);

impl Stub {
    /// As the server loads it.
    pub fn loader(&self) -> impl FnOnce() -> Result<Self, ModelError> + Send + 'static {
        let stub = self.clone();
        move || Ok(stub)
    }
}

impl Extract for Stub {
    fn read_on(&self, reading: &mut Reading, _: usize) -> Option<Extraction> {
        match reading.text() {
            "wait" => self.0.pass(),
            "panic" => panic!("on purpose"),
            _ => {}
        }
        Some(Extraction::default())
    }

    fn model(&self) -> ModelInfo {
        ModelInfo { name: "stub".into(), version: "1".into() }
    }
}
