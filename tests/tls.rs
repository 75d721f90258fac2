//! TLS and mTLS from files, over real sockets.

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::certificates::{Authority, Files};
use common::{Client, extract, process::Process};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};

async fn connect(
    address: SocketAddr,
    authority: &Authority,
    identity: Option<(String, String)>,
) -> Result<Client, Error> {
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.0.pem())).domain_name("localhost");
    let tls = match identity {
        Some((certificate, key)) => tls.identity(Identity::from_pem(certificate, key)),
        None => tls,
    };
    let endpoint: Endpoint = Channel::from_shared(format!("https://{address}")).expect("a URI").tls_config(tls)?;
    Ok(Client::new(endpoint.connect().await?))
}

#[tokio::test]
async fn tls_serves_and_new_certificates_leave_open_connections_alone() {
    let (old, new) = (Authority::new(), Authority::new());
    let files = Files::new(&old);
    let mut server = Process::serve(files.flags(false));
    let address = server.address("listening").await;
    server.event("serving").await;
    let mut first = connect(address, &old, None).await.expect("a connection");
    first.extract(extract("Ann Lee left Oslo.")).await.expect("an answer");
    assert!(connect(address, &new, None).await.is_err(), "signed by another authority");
    let mut plain = Client::new(Channel::from_shared(format!("http://{address}")).expect("a URI").connect_lazy());
    plain.extract(extract("x")).await.expect_err("not without TLS");

    std::fs::write(files.path("cert.pem"), "no certificate").expect("a file");
    server.event("certificates not reloaded").await;
    connect(address, &old, None).await.expect("the old one stays in force");
    files.write(&new);
    server.event("certificates reloaded").await;
    connect(address, &new, None).await.expect("the new one");
    first.extract(extract("Ann Lee left Oslo.")).await.expect("the open connection goes on");
}

#[tokio::test]
async fn mutual_tls_asks_clients_for_a_certificate_of_their_authority() {
    let (ours, other) = (Authority::new(), Authority::new());
    let files = Files::new(&ours);
    let mut server = Process::serve(files.flags(true));
    let address = server.address("listening").await;
    server.event("serving").await;
    let mut known = connect(address, &ours, Some(ours.sign())).await.expect("a connection");
    known.extract(extract("x")).await.expect("an answer");
    for identity in [None, Some(other.sign())] {
        // TLS 1.3 tells a client of its refusal when it first reads.
        if let Ok(mut unknown) = connect(address, &ours, identity).await {
            unknown.extract(extract("x")).await.expect_err("no certificate of the authority");
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_shake_hands_is_closed() {
    use tokio::io::AsyncReadExt;
    let authority = Authority::new();
    let files = Files::new(&authority);
    let flags = [
        format!("--tls-certificate={}", files.path("cert.pem").display()),
        format!("--tls-key={}", files.path("key.pem").display()),
        "--preface-timeout=1".into(),
    ];
    let mut server = Process::serve(flags);
    let address = server.address("listening").await;
    let mut silent = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let closed = tokio::time::timeout(Duration::from_secs(5), silent.read(&mut [0; 1])).await;
    assert_eq!(closed.expect("in time").ok(), Some(0));
}

#[test]
fn wrong_files_are_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("cert.pem");
    std::fs::write(&file, "nothing").expect("a file");
    let serve = |flags: &[&str]| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_dateline"));
        let ended = command.args(["serve", "--listen", "127.0.0.1:0"]).args(flags).output().expect("an end");
        assert!(!ended.status.success());
        String::from_utf8_lossy(&ended.stderr).into_owned()
    };
    let path = file.to_str().expect("a path");
    assert!(serve(&["--tls-certificate", path]).contains("--tls-key"));
    assert!(serve(&["--tls-certificate", path, "--tls-key", path]).contains("cert.pem"));
}
