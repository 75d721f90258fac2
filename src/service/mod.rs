//! `dateline.v1.ExtractionService`: wire messages in, checked, queued, answered. Knows no tensors and no ports.

pub mod answer;
pub mod deadline;
pub mod enums;
pub mod errors;
pub mod limits;
pub mod request;
pub mod wire;
pub mod workers;

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use futures_util::{Stream, StreamExt, future, stream};
use tonic::{Request, Response, Status, Streaming};

use crate::extraction::{Features, Reading};
use answer::Answer;
use deadline::Deadline;
use errors::{FieldError, ServiceError};
use limits::{Limits, MAX_DOCUMENT_ID_BYTES};
use request::{Document, Options};
use wire::v1;
use workers::{Pending, Reservation, TEXT_BYTES, Workers};

/// The service. Clones share the workers.
#[derive(Clone)]
pub struct ExtractionService {
    workers: Arc<OnceLock<Workers>>,
    limits: Limits,
}

/// What `StreamExtract` answers.
type Outcomes = Pin<Box<dyn Stream<Item = Result<v1::StreamExtractResponse, Status>> + Send>>;

impl ExtractionService {
    /// A service without a model yet: calls that need one get UNAVAILABLE.
    pub fn new(limits: Limits) -> Self {
        Self { workers: Arc::default(), limits }
    }

    /// Puts the workers in place, once; later ones are dropped.
    pub fn start(&self, workers: Workers) {
        let _ = self.workers.set(workers);
    }

    fn workers(&self) -> Result<&Workers, ServiceError> {
        self.workers.get().ok_or(ServiceError::Loading)
    }

    /// Reads one document and makes an answer of it.
    async fn read<T: Send + 'static>(
        &self,
        document: Document,
        features: Features,
        deadline: Option<Deadline>,
        options: Options,
        make: impl FnOnce(&Answer) -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let mut place = self.workers()?.reserve(1)?;
        in_time(deadline, queue(&mut place, document, features, deadline, options, make)).await
    }

    /// The outcome of one document of a stream: errors stand in it.
    async fn outcome(&self, request: v1::StreamExtractRequest, deadline: Option<Deadline>) -> v1::Outcome {
        let document_id = request.document.as_ref().map(|d| d.document_id.clone()).unwrap_or_default();
        let checked = || -> Result<_, FieldError> {
            let options = Options::new(request.options)?;
            let features = request::features(&request.features)?;
            Ok((Document::required(request.document, &self.limits)?, options, features))
        };
        let result = match checked() {
            Ok((document, options, features)) => {
                self.read(document, features, deadline, options, move |answer| answer.extraction(features)).await
            }
            Err(error) => Err(error.into()),
        };
        outcome(document_id, result)
    }
}

/// Puts a document into a place of the queue.
fn queue<T: Send + 'static>(
    place: &mut Reservation,
    document: Document,
    features: Features,
    deadline: Option<Deadline>,
    options: Options,
    make: impl FnOnce(&Answer) -> T + Send + 'static,
) -> Pending<T> {
    let reading = Reading::new(Arc::clone(&document.text), document.published, features);
    place.submit(deadline, reading, move |extraction| {
        metrics::counter!(TEXT_BYTES).increment(document.text.len() as u64);
        Ok(make(&Answer::new(&document, &extraction, options)))
    })
}

/// Waits no longer than the caller does; what is still queued then never runs.
async fn in_time<T>(deadline: Option<Deadline>, pending: Pending<T>) -> Result<T, ServiceError> {
    match deadline {
        None => pending.wait().await,
        Some(Deadline(at)) => {
            tokio::time::timeout_at(at.into(), pending.wait()).await.unwrap_or(Err(ServiceError::DeadlineExceeded))
        }
    }
}

/// Ends a stream with DEADLINE_EXCEEDED when its caller's time is over, idle or not.
fn until(
    deadline: Option<Deadline>,
    outcomes: impl Stream<Item = Result<v1::StreamExtractResponse, Status>> + Send + 'static,
) -> Outcomes {
    let Some(deadline) = deadline else { return Box::pin(outcomes) };
    let late = async move { deadline.passed().then(|| Err(ServiceError::DeadlineExceeded.into())) };
    let in_time = outcomes.take_until(tokio::time::sleep_until(deadline.0.into()));
    Box::pin(in_time.chain(stream::once(late).filter_map(future::ready)))
}

fn outcome(document_id: String, result: Result<v1::Extraction, ServiceError>) -> v1::Outcome {
    use v1::outcome::Result::{Error, Extraction};
    let result = Some(result.map_or_else(|error| Error(error.into()), Extraction));
    v1::Outcome { document_id, result }
}

fn deadline_of<T>(request: &Request<T>) -> Option<Deadline> {
    request.extensions().get::<Deadline>().copied()
}

/// Shorthand: a field that is wrong ends the call.
fn invalid(error: FieldError) -> Status {
    ServiceError::from(error).into()
}

#[tonic::async_trait]
impl v1::extraction_service_server::ExtractionService for ExtractionService {
    type StreamExtractStream = Outcomes;

    async fn extract_entities(
        &self,
        request: Request<v1::ExtractEntitiesRequest>,
    ) -> Result<Response<v1::ExtractEntitiesResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = request.into_inner();
        let document = Document::required(request.document, &self.limits).map_err(invalid)?;
        let options = Options::new(request.options).map_err(invalid)?;
        let types = request::entity_types(&request.entity_types).map_err(invalid)?;
        let make = move |answer: &Answer| answer.entities_response(&types);
        let features = Features { entities: true, quotes: false };
        Ok(Response::new(self.read(document, features, deadline, options, make).await?))
    }

    async fn extract_quotes(
        &self,
        request: Request<v1::ExtractQuotesRequest>,
    ) -> Result<Response<v1::ExtractQuotesResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = request.into_inner();
        let document = Document::required(request.document, &self.limits).map_err(invalid)?;
        let options = Options::new(request.options).map_err(invalid)?;
        let make = |answer: &Answer| answer.quotes_response();
        let features = Features { entities: false, quotes: true };
        Ok(Response::new(self.read(document, features, deadline, options, make).await?))
    }

    async fn extract(&self, request: Request<v1::ExtractRequest>) -> Result<Response<v1::ExtractResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = request.into_inner();
        let document = Document::required(request.document, &self.limits).map_err(invalid)?;
        let options = Options::new(request.options).map_err(invalid)?;
        let document_id = document.id.clone();
        let make = |answer: &Answer| answer.extraction(Features::ALL);
        let extraction = Some(self.read(document, Features::ALL, deadline, options, make).await?);
        Ok(Response::new(v1::ExtractResponse { document_id, extraction }))
    }

    async fn batch_extract(
        &self,
        request: Request<v1::BatchExtractRequest>,
    ) -> Result<Response<v1::BatchExtractResponse>, Status> {
        let deadline = deadline_of(&request);
        let request = request.into_inner();
        let count = request::check_batch(request.documents.len(), &self.limits).map_err(invalid)?;
        let options = Options::new(request.options).map_err(invalid)?;
        let features = request::features(&request.features).map_err(invalid)?;
        let mut places = self.workers()?.reserve(count)?;
        let documents = request.documents.into_iter().enumerate();
        let pending: Vec<_> = documents
            .map(|(index, wire)| {
                let id = wire.document_id.clone();
                let checked = Document::new(wire, &self.limits)
                    .map_err(|error| ServiceError::from(error.within(&format!("documents[{index}]"))));
                let make = move |answer: &Answer| answer.extraction(features);
                (id, checked.map(|document| queue(&mut places, document, features, deadline, options, make)))
            })
            .collect();
        let outcomes = pending.into_iter().map(|(id, queued)| async move {
            match queued {
                Ok(pending) => outcome(id, in_time(deadline, pending).await),
                Err(error) => outcome(id, Err(error)),
            }
        });
        Ok(Response::new(v1::BatchExtractResponse { outcomes: future::join_all(outcomes).await }))
    }

    async fn stream_extract(
        &self,
        request: Request<Streaming<v1::StreamExtractRequest>>,
    ) -> Result<Response<Self::StreamExtractStream>, Status> {
        self.workers()?;
        let deadline = deadline_of(&request);
        let service = self.clone();
        let outcomes = request.into_inner().map(move |message| {
            let service = service.clone();
            async move {
                let outcome = Some(service.outcome(message.map_err(errors::complete)?, deadline).await);
                Ok(v1::StreamExtractResponse { outcome })
            }
        });
        // Polled only as fast as the caller takes answers, and so reads no faster either.
        let ahead = self.limits.max_stream_documents as usize;
        Ok(Response::new(until(deadline, outcomes.buffer_unordered(ahead))))
    }

    async fn get_model_info(
        &self,
        _: Request<v1::GetModelInfoRequest>,
    ) -> Result<Response<v1::GetModelInfoResponse>, Status> {
        let model = self.workers()?.model();
        Ok(Response::new(v1::GetModelInfoResponse {
            model_name: model.name.clone(),
            model_version: model.version.clone(),
            entity_types: enums::ENTITY_TYPES.map(|t| enums::entity_type_to_wire(t).into()).into(),
            language_codes: vec!["en".into()],
            limits: Some(v1::Limits {
                max_text_bytes: self.limits.max_text_bytes,
                max_document_id_bytes: MAX_DOCUMENT_ID_BYTES as u32,
                max_batch_documents: self.limits.max_batch_documents,
                max_message_bytes: self.limits.max_message_bytes,
                max_stream_documents: self.limits.max_stream_documents,
                max_queued_documents: self.limits.max_queued_documents,
            }),
        }))
    }
}
