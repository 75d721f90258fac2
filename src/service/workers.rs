//! One bounded queue in front of the threads that run the extractor.
//!
//! A place in the queue is reserved before a document enters it, so that a full queue refuses
//! at once and a batch is let in whole or not at all; it is given back when the document is read.
//! Documents are read in turns of some wordpieces, so that a long one does not hold up short ones; only one long one a worker is under
//! way at a time, since what has been read of it takes some hundred times its size.
//! A document whose caller has left, or whose deadline has passed, is dropped before its next turn.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
    thread,
    time::Instant,
};

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::{Span, field::Empty};

use super::{deadline::Deadline, errors::ServiceError};
use crate::extraction::{Extraction, Extractor, ModelInfo, Reading};

/// Documents by outcome: read, late, abandoned, refused, failed.
pub const DOCUMENTS: &str = "dateline_documents_total";
/// Bytes of text read.
pub const TEXT_BYTES: &str = "dateline_text_bytes_total";
/// Documents that wait for a worker.
pub const QUEUE_DOCUMENTS: &str = "dateline_queue_documents";
/// How long documents waited for a worker.
pub const QUEUE_SECONDS: &str = "dateline_queue_seconds";

/// Wordpieces that the network read.
pub const WORDPIECES: &str = "dateline_wordpieces_total";

/// Wordpieces of one document that a worker reads before it turns to the next: more than most articles have.
const TURN: usize = 2048;

/// Texts of more bytes are long: no such text is read in one turn.
const LONG: usize = 16 << 10;

/// What the workers run: the extractor, or a stand-in in tests.
pub trait Extract: Send {
    /// Reads at least this many wordpieces more of a text; the answer, once all of it is read.
    fn read_on(&self, reading: &mut Reading, wordpieces: usize) -> Option<Extraction>;

    /// Name and version of the model.
    fn model(&self) -> ModelInfo;
}

impl Extract for Extractor {
    fn read_on(&self, reading: &mut Reading, wordpieces: usize) -> Option<Extraction> {
        Extractor::read_on(self, reading, wordpieces)
    }

    fn model(&self) -> ModelInfo {
        Extractor::model(self)
    }
}

/// The threads and their queue. The threads end when this is dropped and the queue is empty.
pub struct Workers {
    jobs: Arc<Sender<Box<dyn Job>>>,
    places: Arc<Semaphore>,
    /// For long documents that are under way, one a thread.
    long: Arc<Semaphore>,
    queue_size: u32,
    model: ModelInfo,
}

impl Workers {
    /// Starts `threads` threads, each with its own clone of `extractor`, that together take
    /// `queue_size` documents, waiting or being read.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start<E>(extractor: E, threads: usize, queue_size: u32) -> io::Result<Self>
    where
        E: Extract + Clone + 'static,
    {
        // Unbounded, since the semaphore bounds it.
        let (jobs, queue) = crossbeam_channel::unbounded();
        let jobs = Arc::new(jobs);
        for number in 0..threads {
            let (extractor, queue, back) = (extractor.clone(), queue.clone(), Arc::downgrade(&jobs));
            thread::Builder::new().name(format!("worker-{number}")).spawn(move || work(&extractor, &queue, &back))?;
        }
        let places = Arc::new(Semaphore::new(queue_size as usize));
        let long = Arc::new(Semaphore::new(threads));
        Ok(Self { jobs, places, long, queue_size, model: extractor.model() })
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
    /// Queues a text in one of the places; `answer` makes of its extraction what is waited for. With no place left it is refused.
    pub fn submit<T, F>(&mut self, deadline: Option<Deadline>, reading: Reading, answer: F) -> Pending<T>
    where
        T: Send + 'static,
        F: FnOnce(Extraction) -> Result<T, ServiceError> + Send + 'static,
    {
        let (reply, pending) = oneshot::channel();
        let Some(place) = self.places.split(1) else {
            let refused = Err(ServiceError::Overloaded(self.workers.queue_size));
            // The receiver is at hand: sending succeeds.
            let _ = reply.send(refused);
            return Pending(pending);
        };
        metrics::gauge!(QUEUE_DOCUMENTS).increment(1.0);
        // Within the caller's span; entered by the worker while it reads.
        let span = tracing::info_span!("document", bytes = reading.text().len(), wordpieces = Empty, outcome = Empty);
        let (long, queued) = (Arc::clone(&self.workers.long), Some(Instant::now()));
        let job = Box::new(Work { reading, answer, deadline, reply, place, long, under_way: None, queued, span });
        // Should the queue be gone, the job drops its end and the caller is told.
        let _ = self.workers.jobs.send(job);
        Pending(pending)
    }
}

/// A document that is read in turns.
trait Job: Send {
    /// Reads a turn's worth; itself again, if that was not all.
    fn turn(self: Box<Self>, extractor: &dyn Extract) -> Option<Box<dyn Job>>;
}

struct Work<T, F> {
    reading: Reading,
    answer: F,
    deadline: Option<Deadline>,
    reply: oneshot::Sender<Result<T, ServiceError>>,
    place: OwnedSemaphorePermit,
    /// Places of the long documents that are under way, and this one's, if it is one.
    long: Arc<Semaphore>,
    under_way: Option<OwnedSemaphorePermit>,
    /// Since when it waits for its first turn.
    queued: Option<Instant>,
    span: Span,
}

impl<T, F> Job for Work<T, F>
where
    T: Send + 'static,
    F: FnOnce(Extraction) -> Result<T, ServiceError> + Send + 'static,
{
    fn turn(mut self: Box<Self>, extractor: &dyn Extract) -> Option<Box<dyn Job>> {
        let (left, late) = (self.reply.is_closed(), self.deadline.is_some_and(Deadline::passed));
        if !left && !late && self.under_way.is_none() && self.reading.text().len() > LONG {
            let Ok(place) = Arc::clone(&self.long).try_acquire_owned() else { return Some(self) };
            self.under_way = Some(place);
        }
        let span = self.span.clone();
        let _within = span.enter();
        let ended = |outcome, reading: &Reading| {
            span.record("wordpieces", reading.wordpieces());
            span.record("outcome", outcome);
            metrics::counter!(DOCUMENTS, "outcome" => outcome).increment(1);
        };
        if let Some(queued) = self.queued.take() {
            metrics::gauge!(QUEUE_DOCUMENTS).decrement(1.0);
            metrics::histogram!(QUEUE_SECONDS).record(queued.elapsed().as_secs_f64());
        }
        if left {
            ended("abandoned", &self.reading);
            return None;
        }
        if late {
            ended("late", &self.reading);
            self.reply(Err(ServiceError::DeadlineExceeded));
            return None;
        }
        match guarded(|| Ok(read_on(extractor, &mut self.reading))) {
            Ok(None) => return Some(self),
            Ok(Some(extraction)) => {
                let Self { reading, answer, reply, place, .. } = *self;
                let result = guarded(|| answer(extraction));
                ended(if result.is_ok() { "read" } else { "failed" }, &reading);
                drop(place);
                // The caller may have left meanwhile.
                let _ = reply.send(result);
            }
            Err(error) => {
                ended("failed", &self.reading);
                self.reply(Err(error));
            }
        }
        None
    }
}

impl<T, F> Work<T, F> {
    /// Gives the place back and the caller this answer.
    fn reply(self, result: Result<T, ServiceError>) {
        drop(self.place);
        // The caller may have left meanwhile.
        let _ = self.reply.send(result);
    }
}

fn read_on(extractor: &dyn Extract, reading: &mut Reading) -> Option<Extraction> {
    let before = reading.wordpieces();
    let read = extractor.read_on(reading, TURN);
    metrics::counter!(WORDPIECES).increment((reading.wordpieces() - before) as u64);
    read
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

fn work(extractor: &dyn Extract, queue: &Receiver<Box<dyn Job>>, back: &Weak<Sender<Box<dyn Job>>>) {
    // What is not done waits behind the others: here, once the queue takes nothing more.
    let mut own = VecDeque::new();
    while let Some(job) = queue.recv().ok().or_else(|| own.pop_front()) {
        let Some(job) = job.turn(extractor) else { continue };
        match back.upgrade() {
            Some(back) => own.extend(back.send(job).err().map(|unsent| unsent.0)),
            None => own.push_back(job),
        }
    }
}

/// Runs a task so that its panic is an error of its document alone.
fn guarded<T>(task: impl FnOnce() -> Result<T, ServiceError>) -> Result<T, ServiceError> {
    // The extractor holds no state between documents that a panic could leave half written.
    catch_unwind(AssertUnwindSafe(task)).unwrap_or(Err(ServiceError::ExtractionFailed))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Mutex};

    use super::*;
    use crate::extraction::Features;

    fn workers(queue_size: u32) -> Workers {
        let extractor = Extractor::new().expect("the embedded model loads");
        Workers::start(extractor, 1, queue_size).expect("threads start")
    }

    fn text() -> Reading {
        Reading::new("Ann Lee left Oslo.", None, Features::ALL)
    }

    /// Occupies the only worker until the sender is dropped.
    fn occupy(workers: &Workers) -> (std::sync::mpsc::Sender<()>, Pending<()>) {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, running) = std::sync::mpsc::channel();
        let mut place = workers.reserve(1).expect("a free place");
        let pending = place.submit(None, text(), move |_| {
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
        let bad = places.submit::<(), _>(None, text(), |_| panic!("on purpose"));
        let good = places.submit(None, text(), |_| Ok(7));
        assert_eq!(bad.blocking_wait(), Err(ServiceError::ExtractionFailed));
        assert_eq!(good.blocking_wait(), Ok(7));
    }

    #[test]
    fn a_full_queue_refuses_at_once_and_a_batch_enters_whole_or_not_at_all() {
        let workers = workers(3);
        let (release, occupied) = occupy(&workers);
        let mut place = workers.reserve(1).expect("one of three places");
        let waiting = place.submit(None, text(), |_| Ok(()));
        assert!(workers.reserve(2).is_err());
        let last = workers.reserve(1).expect("the last place");
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
        drop(places.submit(None, text(), move |_| Ok(ran.send("left"))));
        let late = Deadline(std::time::Instant::now());
        let expired = places.submit(Some(late), text(), move |_| Ok(ran_too.send("late")));
        drop(release);
        assert_eq!(occupied.blocking_wait(), Ok(()));
        assert_eq!(expired.blocking_wait(), Err(ServiceError::DeadlineExceeded));
        assert!(runs.recv().is_err());
    }

    /// Takes two turns for any text, and counts the texts that it is in the middle of.
    #[derive(Clone, Default)]
    struct Halves(Arc<Mutex<Halfway>>);

    #[derive(Default)]
    struct Halfway {
        now: HashSet<String>,
        most: usize,
    }

    impl Extract for Halves {
        fn read_on(&self, reading: &mut Reading, _: usize) -> Option<Extraction> {
            let mut halfway = self.0.lock().expect("no panic under the lock");
            if halfway.now.remove(reading.text()) {
                return Some(Extraction::default());
            }
            halfway.now.insert(reading.text().into());
            halfway.most = halfway.most.max(halfway.now.len());
            None
        }

        fn model(&self) -> ModelInfo {
            ModelInfo { name: "halves".into(), version: "1".into() }
        }
    }

    #[test]
    fn no_more_long_documents_are_under_way_than_there_are_workers() {
        for shut_down in [false, true] {
            let halves = Halves::default();
            let workers = Workers::start(halves.clone(), 2, 32).expect("threads start");
            let mut places = workers.reserve(32).expect("free places");
            let long = |i: usize| Reading::new(format!("{i} {}", "long ".repeat(LONG)), None, Features::ALL);
            let pending: Vec<_> = (0..32).map(|i| places.submit(None, long(i), |_| Ok(()))).collect();
            drop(places);
            if shut_down {
                drop(workers);
            }
            pending.into_iter().for_each(|p| assert_eq!(p.blocking_wait(), Ok(())));
            let most = halves.0.lock().expect("no panic under the lock").most;
            assert!((1..=2).contains(&most), "{most} at once");
        }
    }
}
