//! One bounded queue in front of the threads that run the extractor.
//!
//! A place in the queue is reserved before a document enters it, so that a full queue refuses
//! at once and a batch is let in whole or not at all. A job whose caller has left, or whose
//! deadline has passed, is dropped before it runs.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
    time::Instant,
};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::{deadline::Deadline, errors::ServiceError};
use crate::extraction::{DateTime, ExtractError, Extraction, Extractor, ModelInfo};

/// Documents by outcome: read, late, abandoned, refused, failed.
pub const DOCUMENTS: &str = "dateline_documents_total";
/// Bytes of text read.
pub const TEXT_BYTES: &str = "dateline_text_bytes_total";
/// Documents that wait for a worker.
pub const QUEUE_DOCUMENTS: &str = "dateline_queue_documents";
/// How long documents waited for a worker.
pub const QUEUE_SECONDS: &str = "dateline_queue_seconds";

/// What the workers run: the extractor, or a stand-in in tests.
pub trait Extract: Send {
    /// Reads a text.
    ///
    /// # Errors
    /// If the network cannot be run.
    fn extract(&self, text: &str, published: Option<DateTime>) -> Result<Extraction, ExtractError>;

    /// Name and version of the model.
    fn model(&self) -> ModelInfo;
}

impl Extract for Extractor {
    fn extract(&self, text: &str, published: Option<DateTime>) -> Result<Extraction, ExtractError> {
        Extractor::extract(self, text, published)
    }

    fn model(&self) -> ModelInfo {
        Extractor::model(self)
    }
}

type Job = Box<dyn FnOnce(&dyn Extract) + Send>;

/// The threads and their queue. The threads end when this is dropped and the queue is empty.
pub struct Workers {
    jobs: Sender<Job>,
    places: Arc<Semaphore>,
    queue_size: u32,
    model: ModelInfo,
}

impl Workers {
    /// Starts `threads` threads, each with its own clone of `extractor`, behind a queue of
    /// `queue_size` documents.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start<E>(extractor: E, threads: usize, queue_size: u32) -> io::Result<Self>
    where
        E: Extract + Clone + 'static,
    {
        // Unbounded, since the semaphore bounds it.
        let (jobs, queue) = crossbeam_channel::unbounded();
        for number in 0..threads {
            let (extractor, queue) = (extractor.clone(), queue.clone());
            thread::Builder::new().name(format!("worker-{number}")).spawn(move || work(&extractor, &queue))?;
        }
        let places = Arc::new(Semaphore::new(queue_size as usize));
        Ok(Self { jobs, places, queue_size, model: extractor.model() })
    }

    /// Name and version of the model that the workers run.
    pub fn model(&self) -> &ModelInfo {
        &self.model
    }

    /// Takes `count` places in the queue, all or none.
    ///
    /// # Errors
    /// [`ServiceError::Overloaded`] if they are not free.
    pub fn reserve(&self, count: u32) -> Result<Reservation<'_>, ServiceError> {
        match Arc::clone(&self.places).try_acquire_many_owned(count) {
            Ok(places) => Ok(Reservation { workers: self, places }),
            Err(_) => {
                metrics::counter!(DOCUMENTS, "outcome" => "refused").increment(count.into());
                Err(ServiceError::Overloaded(self.queue_size))
            }
        }
    }
}

/// Places in the queue that wait for their documents.
pub struct Reservation<'a> {
    workers: &'a Workers,
    places: OwnedSemaphorePermit,
}

impl Reservation<'_> {
    /// Queues `task` in one of the places. With no place left it is refused.
    pub fn submit<T, F>(&mut self, deadline: Option<Deadline>, task: F) -> Pending<T>
    where
        T: Send + 'static,
        F: FnOnce(&dyn Extract) -> Result<T, ServiceError> + Send + 'static,
    {
        let (reply, pending) = oneshot::channel();
        let Some(place) = self.places.split(1) else {
            let refused = Err(ServiceError::Overloaded(self.workers.queue_size));
            // The receiver is at hand: sending succeeds.
            let _ = reply.send(refused);
            return Pending(pending);
        };
        let queued = Instant::now();
        metrics::gauge!(QUEUE_DOCUMENTS).increment(1.0);
        let job: Job = Box::new(move |extractor| {
            drop(place);
            metrics::gauge!(QUEUE_DOCUMENTS).decrement(1.0);
            metrics::histogram!(QUEUE_SECONDS).record(queued.elapsed().as_secs_f64());
            let ended = |outcome| metrics::counter!(DOCUMENTS, "outcome" => outcome).increment(1);
            if reply.is_closed() {
                return ended("abandoned");
            }
            let result = if deadline.is_some_and(Deadline::passed) {
                ended("late");
                Err(ServiceError::DeadlineExceeded)
            } else {
                let result = guarded(|| task(extractor));
                ended(if result.is_ok() { "read" } else { "failed" });
                result
            };
            // The caller may have left meanwhile.
            let _ = reply.send(result);
        });
        // Should the queue be gone, the job drops its end and the caller is told.
        let _ = self.workers.jobs.send(job);
        Pending(pending)
    }
}

/// The answer to come of one queued task. Dropping it takes the task out of the queue.
pub struct Pending<T>(oneshot::Receiver<Result<T, ServiceError>>);

impl<T> Pending<T> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// As the task, or [`ServiceError::ExtractionFailed`] if it panicked.
    pub async fn wait(self) -> Result<T, ServiceError> {
        self.0.await.unwrap_or(Err(ServiceError::ExtractionFailed))
    }

    /// Waits for the answer outside of an async runtime.
    ///
    /// # Errors
    /// As [`Pending::wait`].
    pub fn blocking_wait(self) -> Result<T, ServiceError> {
        self.0.blocking_recv().unwrap_or(Err(ServiceError::ExtractionFailed))
    }
}

fn work(extractor: &dyn Extract, queue: &Receiver<Job>) {
    for job in queue {
        job(extractor);
    }
}

/// Runs a task so that its panic is an error of its document alone.
fn guarded<T>(task: impl FnOnce() -> Result<T, ServiceError>) -> Result<T, ServiceError> {
    // The extractor holds no state between documents that a panic could leave half written.
    catch_unwind(AssertUnwindSafe(task)).unwrap_or(Err(ServiceError::ExtractionFailed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(queue_size: u32) -> Workers {
        let extractor = Extractor::new().expect("the embedded model loads");
        Workers::start(extractor, 1, queue_size).expect("threads start")
    }

    /// Occupies the only worker until the sender is dropped.
    fn occupy(workers: &Workers) -> (std::sync::mpsc::Sender<()>, Pending<()>) {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, running) = std::sync::mpsc::channel();
        let mut place = workers.reserve(1).expect("a free place");
        let pending = place.submit(None, move |_| {
            let _ = started.send(());
            let _ = held.recv();
            Ok(())
        });
        running.recv().expect("the worker starts");
        (release, pending)
    }

    #[test]
    fn a_panic_fails_its_task_and_the_worker_lives_on() {
        let workers = workers(2);
        let mut places = workers.reserve(2).expect("free places");
        let bad = places.submit::<(), _>(None, |_| panic!("on purpose"));
        let good = places.submit(None, |_| Ok(7));
        assert_eq!(bad.blocking_wait(), Err(ServiceError::ExtractionFailed));
        assert_eq!(good.blocking_wait(), Ok(7));
    }

    #[test]
    fn a_full_queue_refuses_at_once_and_a_batch_enters_whole_or_not_at_all() {
        let workers = workers(2);
        let (release, occupied) = occupy(&workers);
        let mut place = workers.reserve(1).expect("one of two places");
        let waiting = place.submit(None, |_| Ok(()));
        assert!(workers.reserve(2).is_err());
        let last = workers.reserve(1).expect("the other place");
        assert!(workers.reserve(1).is_err());
        drop((last, release));
        assert_eq!(occupied.blocking_wait(), Ok(()));
        assert_eq!(waiting.blocking_wait(), Ok(()));
        assert!(workers.reserve(2).is_ok());
    }

    #[test]
    fn what_nobody_waits_for_does_not_run() {
        let workers = workers(4);
        let (release, occupied) = occupy(&workers);
        let (ran, runs) = std::sync::mpsc::channel();
        let mut places = workers.reserve(2).expect("free places");
        let ran_too = ran.clone();
        drop(places.submit(None, move |_| Ok(ran.send("left"))));
        let late = Deadline(std::time::Instant::now());
        let expired = places.submit(Some(late), move |_| Ok(ran_too.send("late")));
        drop(release);
        assert_eq!(occupied.blocking_wait(), Ok(()));
        assert_eq!(expired.blocking_wait(), Err(ServiceError::DeadlineExceeded));
        assert!(runs.recv().is_err());
    }
}
