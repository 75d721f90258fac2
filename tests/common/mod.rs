//! A real server on a real port, for every test of the wire.
#![allow(dead_code)]

pub mod certificates;
pub mod process;
pub mod stub;

use std::net::SocketAddr;

use clap::Parser;
use dateline::config::{Action, Command, Serve};
use dateline::extraction::{Extractor, ModelError};
use dateline::server::Server;
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;
use dateline::service::workers::Extract;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};
use tonic_types::StatusExt;

/// The article that the repository carries.
pub const ARTICLE: &str = include_str!("../../examples/harbour.txt");

/// A running server.
pub struct Running {
    pub address: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub ended: JoinHandle<Result<(), dateline::server::ServerError>>,
}

/// Options of `dateline serve` on a free port.
pub fn config(arguments: &[&str]) -> Serve {
    let fixed = ["dateline", "serve", "--listen", "127.0.0.1:0"];
    match Command::parse_from(fixed.iter().chain(arguments)).action {
        Action::Serve(serve) => *serve,
        Action::Extract(_) => unreachable!("serve was asked for"),
    }
}

/// The generated client.
pub type Client = ExtractionServiceClient<Channel>;

/// Starts a server with the real extractor and waits until it answers.
pub async fn start(arguments: &[&str]) -> (Running, Client) {
    let (running, mut client) = start_with(arguments, Extractor::new).await;
    loaded(&mut client).await;
    (running, client)
}

/// Starts a server with an extractor that `load` gives, and does not wait for it.
pub async fn start_with<E: Extract + Clone + 'static>(
    arguments: &[&str],
    load: impl FnOnce() -> Result<E, ModelError> + Send + 'static,
) -> (Running, Client) {
    let server = Server::bind(config(arguments)).await.expect("a free port");
    let address = server.local_address().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run_with(load, async move {
        let _ = stopped.await;
    }));
    let client = ExtractionServiceClient::new(channel(address).await).max_decoding_message_size(usize::MAX);
    (Running { address, stop, ended }, client)
}

/// Waits until the model is loaded.
pub async fn loaded(client: &mut Client) {
    while client.get_model_info(v1::GetModelInfoRequest {}).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

pub async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a valid address");
    endpoint.connect().await.expect("a connection")
}

/// A document without anything but a text.
pub fn document(text: &str) -> v1::Document {
    v1::Document { document_id: "d".into(), text: text.into(), ..Default::default() }
}

/// A request for all of a text.
pub fn extract(text: &str) -> v1::ExtractRequest {
    v1::ExtractRequest { document: Some(document(text)), options: None }
}

/// The reason of an error.
pub fn reason(status: &Status) -> String {
    let info = status.get_details_error_info().expect("an ErrorInfo");
    assert_eq!(info.domain, "dateline.v1");
    info.reason
}

/// Checks the details that every error has; the field that is named, if one is.
pub fn checked(status: &Status) -> Option<(String, String)> {
    let info = status.get_details_error_info().expect("an ErrorInfo");
    assert_eq!(info.domain, "dateline.v1");
    assert!(!info.reason.is_empty());
    let violations = status.get_details_bad_request()?.field_violations;
    assert_eq!(violations.len(), 1);
    violations.into_iter().next().map(|v| (v.field, v.description))
}
