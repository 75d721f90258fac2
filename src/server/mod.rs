//! The port: accepts connections, serves the service with health and reflection, drains on request.

mod connection;
mod dictionary;
mod incoming;
mod observed;
mod statuses;
mod telemetry;
mod tls;
mod tokens;
mod traces;
mod watch;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use connection::Setup;
use dictionary::Follower;
use telemetry::{Ready, Telemetry};
use tls::{Tls, TlsError};
use tokens::{Tokens, TokensError};

use crate::config::Serve;
use crate::extraction::links::file::DictionaryError;
use crate::extraction::{Extractor, ModelError};
use crate::service::ExtractionService;
use crate::service::wire::FILE_DESCRIPTOR_SET;
use crate::service::wire::v1::extraction_service_server::{ExtractionServiceServer, SERVICE_NAME};
use crate::service::workers::{Extract, Workers};

/// Why the server stopped before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The model in the binary is broken.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// No worker threads.
    #[error("cannot start worker threads: {0}")]
    Workers(io::Error),
    /// The dictionary cannot be used.
    #[error("dictionary: {0}")]
    Dictionary(#[from] DictionaryError),
    /// A task of the server's own ended early.
    #[error("task: {0}")]
    Task(tokio::task::JoinError),
    /// Signals cannot be waited for.
    #[error("signals: {0}")]
    Signal(io::Error),
    /// The certificates cannot be used.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// The tokens cannot be used.
    #[error("tokens: {0}")]
    Tokens(#[from] TokensError),
    /// Metrics cannot be recorded.
    #[error("metrics: {0}")]
    Metrics(String),
    /// The descriptors in the binary are broken.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    config: Serve,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// If it is not to be had.
    pub async fn bind(config: Serve) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(config.listen).await.map_err(|e| ServerError::Listen(config.listen, e))?;
        Ok(Self { listener, config })
    }

    /// The address that is listened on, with the port that port 0 became.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Loads the model and answers until `stop` completes; then drains: health turns NOT_SERVING, connections get a
    /// GOAWAY, calls in flight finish, and what is left after the drain timeout is cut.
    ///
    /// # Errors
    /// If the model cannot be loaded or the workers not started.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServerError> {
        let Some(path) = self.config.dictionary.clone() else { return self.run_with(Extractor::new, stop).await };
        let follower = Follower::start(path).await?;
        let dictionary = follower.shared();
        let load = move || Extractor::new().map(|extractor| extractor.with_dictionary(dictionary));
        tokio::select! {
            result = self.run_with(load, stop) => result,
            () = follower.follow() => Ok(()),
        }
    }

    /// As [`Server::run`], with an extractor of the caller's own; `load` runs on a thread where it may block.
    ///
    /// # Errors
    /// If `load` fails or the workers cannot be started.
    pub async fn run_with<E: Extract + Clone + 'static>(
        self,
        load: impl FnOnce() -> Result<E, ModelError> + Send + 'static,
        stop: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let Self { listener, config } = self;
        let ready = Ready::default();
        if let Some(address) = config.metrics_listen {
            tokio::spawn(Telemetry::bind(address, ready.clone()).await?.serve());
        }
        let tls = config.tls.files().map(Tls::new).transpose()?.map(Arc::new);
        if let Some(tls) = tls.clone() {
            tokio::spawn(tls.follow());
        }
        let tokens = config.token_file.clone().map(Tokens::new).transpose()?.map(Arc::new);
        if let Some(tokens) = tokens.clone() {
            tokio::spawn(tokens.follow());
        }
        let limits = config.limits();
        let service = ExtractionService::new(limits);
        let (health, health_service) = tonic_health::server::health_reporter();
        set_health(&health, ServingStatus::NotServing).await;
        let message_bytes = usize::try_from(limits.max_message_bytes).unwrap_or(usize::MAX);
        // Compressed messages count by their size when unpacked.
        let extraction = ExtractionServiceServer::new(service.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Zstd)
            .send_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Zstd)
            .max_decoding_message_size(message_bytes)
            .max_encoding_message_size(usize::MAX);
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let routes = Routes::new(extraction)
            .add_service(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?)
            .prepare();

        let loading = {
            let (health, ready, threads) = (health.clone(), ready.clone(), config.threads.count());
            async move {
                let workers = tokio::task::spawn_blocking(move || {
                    Workers::start(load()?, threads, limits.max_queued_documents).map_err(ServerError::Workers)
                })
                .await
                .map_err(|e| ServerError::Workers(io::Error::other(e)))??;
                service.start(workers);
                set_health(&health, ServingStatus::Serving).await;
                ready.set(true);
                tracing::info!(threads, "serving");
                Ok::<(), ServerError>(())
            }
        };

        let (drain, cut) = (CancellationToken::new(), CancellationToken::new());
        let connections = TaskTracker::new();
        let setup = Setup { routes, tls, tokens, rules: config.connections, drain: drain.clone() };
        let accepting = accept(&listener, &setup, &connections, &cut);
        tokio::select! {
            never = accepting => match never {},
            result = async { loading.await?; stop.await; Ok::<(), ServerError>(()) } => result?,
        }

        tracing::info!(connections = connections.len(), "draining");
        ready.set(false);
        set_health(&health, ServingStatus::NotServing).await;
        // Watches of it end here: they would hold their connections open.
        for name in WATCHED {
            health.clone().clear_service_status(name).await;
        }
        // Refused rather than left waiting for an accept that never comes.
        drop(listener);
        drain.cancel();
        connections.close();
        if tokio::time::timeout(config.drain_timeout(), connections.wait()).await.is_err() {
            tracing::warn!(connections = connections.len(), "cut after the drain timeout");
            cut.cancel();
        }
        Ok(())
    }
}

/// Serves every connection in a task of its own.
async fn accept(
    listener: &TcpListener,
    setup: &Setup,
    connections: &TaskTracker,
    cut: &CancellationToken,
) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let limit = setup.rules.max_connections;
                if connections.len() >= limit as usize {
                    tracing::warn!(limit, "connection refused");
                    continue;
                }
                let serving = connection::serve(stream, setup.clone());
                connections.spawn(cut.clone().run_until_cancelled_owned(serving));
            }
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back.
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// The server as a whole and the service.
const WATCHED: [&str; 2] = ["", SERVICE_NAME];

async fn set_health(health: &HealthReporter, status: ServingStatus) {
    for name in WATCHED {
        health.set_service_status(name, status).await;
    }
}
