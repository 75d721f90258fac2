//! `dateline extract`: the extraction module without a server. Documents in, answers out in the same order, all
//! workers busy, never more than a few documents in memory.

mod input;
mod json;
mod text;

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use arc_swap::ArcSwap;
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::{Extract, Format};
use crate::extraction::links::file;
use crate::extraction::{Extractor, Features, Reading};
use crate::service::errors::ServiceError;
use crate::service::workers::{Pending, Workers};
use input::{Input, Problem};

/// Documents at work or waiting, for each worker.
const AHEAD: usize = 4;

/// Runs the command; problems of single documents are told on stderr and make the status 1.
pub fn extract(config: &Extract) -> ExitCode {
    match run(config) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What becomes of one input: an answer to come, or a problem that is known already.
enum Place {
    Running(String, Pending<String>),
    Failed(Problem),
}

/// Extracts from all inputs; the number of those that failed.
fn run(config: &Extract) -> io::Result<usize> {
    let terminal = io::stdout().is_terminal();
    let format = config.format.unwrap_or(if terminal && !config.jsonl { Format::Text } else { Format::Json });
    let threads = config.threads.count();
    let mut extractor = Extractor::new().map_err(io::Error::other)?;
    if let Some(path) = &config.dictionary {
        let dictionary = file::read(path).map_err(io::Error::other)?;
        extractor = extractor.with_dictionary(Arc::new(ArcSwap::from_pointee(dictionary)));
    }
    let ahead = threads * AHEAD;
    let workers = Workers::start(extractor, threads, u32::try_from(ahead).unwrap_or(u32::MAX))?;
    let mut output = Output {
        // Not locked for good: a library that prints from a worker would wait for ever.
        stdout: anstream::AutoStream::auto(io::stdout()),
        progress: progress(config),
        errors_in_place: config.jsonl,
        failed: 0,
    };
    let mut places = VecDeque::new();
    for input in input::read(config) {
        if places.len() == ahead {
            output.next(&mut places)?;
        }
        places.push_back(match input {
            Ok(input) => start(&workers, input, format),
            Err(problem) => Place::Failed(problem),
        });
    }
    while !places.is_empty() {
        output.next(&mut places)?;
    }
    output.progress.finish_and_clear();
    output.stdout.flush()?;
    Ok(output.failed)
}

fn start(workers: &Workers, input: Input, format: Format) -> Place {
    let Input { place, document } = input;
    let failed = |error: ServiceError| Problem { place: place.clone(), message: error.to_string() };
    match workers.reserve(1) {
        Err(error) => Place::Failed(failed(error)),
        Ok(mut queue) => {
            let reading = Reading::new(Arc::clone(&document.text), document.published, Features::ALL);
            let pending = queue.submit(None, reading, move |extraction| match format {
                Format::Json => json::answer(&document, &extraction),
                Format::Text => Ok(text::answer(&document, &extraction)),
            });
            Place::Running(place, pending)
        }
    }
}

/// Where answers and problems go.
struct Output {
    stdout: anstream::AutoStream<io::Stdout>,
    progress: ProgressBar,
    /// A problem also takes its line's place among the answers.
    errors_in_place: bool,
    failed: usize,
}

impl Output {
    /// Waits for the first place and writes what became of it.
    fn next(&mut self, places: &mut VecDeque<Place>) -> io::Result<()> {
        let result = match places.pop_front() {
            None => return Ok(()),
            Some(Place::Failed(problem)) => Err(problem),
            Some(Place::Running(place, pending)) => {
                pending.blocking_wait().map_err(|error| Problem { place, message: error.to_string() })
            }
        };
        self.progress.inc(1);
        let Self { stdout, progress, errors_in_place, failed } = self;
        progress.suspend(|| match result {
            Ok(answer) => writeln!(stdout, "{answer}"),
            Err(problem) => {
                *failed += 1;
                eprintln!("error: {}: {}", problem.place, problem.message);
                if *errors_in_place { writeln!(stdout, "{}", json::error(&problem)) } else { Ok(()) }
            }
        })
    }
}

/// On stderr, and only where that is a terminal and more than one document is to come.
fn progress(config: &Extract) -> ProgressBar {
    let bar = match (config.jsonl, config.files.len()) {
        (false, 0 | 1) => ProgressBar::hidden(),
        (false, files) => ProgressBar::new(files as u64),
        (true, _) => ProgressBar::no_length(),
    };
    let template = "{spinner} {human_pos} documents, {per_sec}, {elapsed}";
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}
