//! Bearer tokens over the wire.

mod common;

use common::{Client, channel, extract, process::Process, reason};
use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const OLD: &str = "old-token-0123456789";
const NEW: &str = "new-token-0123456789";

async fn call(client: &mut Client, authorization: Option<&str>) -> Code {
    let mut request = Request::new(extract("Ann Lee left Oslo."));
    if let Some(authorization) = authorization {
        request.metadata_mut().insert("authorization", authorization.parse().expect("metadata"));
    }
    match client.extract(request).await {
        Ok(_) => Code::Ok,
        Err(status) => {
            assert_eq!(reason(&status), "UNAUTHENTICATED");
            assert!(!status.message().contains("token-0123456789"));
            status.code()
        }
    }
}

#[tokio::test]
async fn a_token_is_needed_for_all_but_health_and_can_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens");
    std::fs::write(&file, format!("# ours\n\n{OLD}\n")).expect("a file");
    let mut server = Process::serve([format!("--token-file={}", file.display())]);
    let address = server.address("listening").await;
    server.event("serving").await;
    let mut client = Client::new(channel(address).await);
    let bearer = |token: &str| format!("Bearer {token}");
    assert_eq!(call(&mut client, Some(&bearer(OLD))).await, Code::Ok);
    assert_eq!(call(&mut client, Some(&format!("bearer {OLD}"))).await, Code::Ok, "the scheme's case is free");
    for wrong in
        [None, Some(OLD.into()), Some(bearer(NEW)), Some(bearer("")), Some(bearer(&OLD[..19])), Some("Basic x".into())]
    {
        assert_eq!(call(&mut client, wrong.as_deref()).await, Code::Unauthenticated, "{wrong:?}");
    }
    let mut health = HealthClient::new(channel(address).await);
    health.check(HealthCheckRequest::default()).await.expect("health needs no token");

    std::fs::write(&file, "short\n").expect("a file");
    let refused = server.event("tokens not reloaded").await["error"].to_string();
    assert!(refused.contains("tokens:1") && !refused.contains("short\n"), "{refused}");
    assert_eq!(call(&mut client, Some(&bearer(OLD))).await, Code::Ok, "the old ones stay in force");
    std::fs::write(&file, NEW).expect("a file");
    server.event("tokens reloaded").await;
    assert_eq!(call(&mut client, Some(&bearer(NEW))).await, Code::Ok);
    assert_eq!(call(&mut client, Some(&bearer(OLD))).await, Code::Unauthenticated);
}
