//! A real server on a real port, for every test of the wire.
#![allow(dead_code)]

use std::net::SocketAddr;

use clap::Parser;
use dateline::config::{Action, Command, Serve};
use dateline::server::Server;
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;
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
        Action::Serve(serve) => serve,
        Action::Extract(_) => unreachable!("serve was asked for"),
    }
}

/// Starts a server and waits until it answers.
pub async fn start(arguments: &[&str]) -> (Running, ExtractionServiceClient<Channel>) {
    let server = Server::bind(config(arguments)).await.expect("a free port");
    let address = server.local_address().expect("an address");
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));
    let channel = channel(address).await;
    let mut client = ExtractionServiceClient::new(channel).max_decoding_message_size(usize::MAX);
    while client.get_model_info(v1::GetModelInfoRequest {}).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    (Running { address, stop, ended }, client)
}

pub async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("a valid address");
    endpoint.connect().await.expect("a connection")
}

/// A document without anything but a text.
pub fn document(text: &str) -> v1::Document {
    v1::Document { document_id: "d".into(), text: text.into(), ..Default::default() }
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
