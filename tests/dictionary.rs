//! A caller's dictionary: its ids in answers, the network overridden, reload while calls go on.

mod common;

use std::ffi::OsStr;
use std::time::Duration;

use common::{channel, extract, process::Process};
use dateline::service::wire::v1;
use dateline::service::wire::v1::extraction_service_client::ExtractionServiceClient;

const TEXT: &str = "Officials in Oslo said the Blue Gate Initiative would open in May.";

/// Entities that the dictionary links: name, type and id.
async fn linked(client: &mut common::Client) -> Vec<(String, v1::EntityType, String)> {
    let answer = client.extract(extract(TEXT)).await.expect("an answer").into_inner();
    let entities = answer.extraction.expect("an extraction").entities;
    let own = |e: &v1::Entity| e.links.iter().find(|l| l.source == "own").map(|l| l.id.clone());
    entities.iter().filter_map(|e| Some((e.name.clone(), e.r#type(), own(e)?))).collect()
}

#[tokio::test]
async fn a_dictionary_links_overrides_and_reloads_while_calls_go_on() {
    use v1::EntityType::{Event, Gpe};
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.csv");
    let write = |text: &str| std::fs::write(&path, text).expect("a file");
    write("name,aliases,type,id,override\nOslo,Christiania,,city-1,\nBlue Gate Initiative,,EVENT,event-7,true\n");
    let mut server = Process::serve([OsStr::new("--dictionary"), path.as_os_str()]);
    let address = server.address("listening").await;
    server.event("serving").await;
    let mut client = ExtractionServiceClient::new(channel(address).await);
    let gate = ("Blue Gate Initiative".to_string(), Event, "event-7".to_string());
    assert_eq!(linked(&mut client).await, [("Oslo".into(), Gpe, "city-1".into()), gate.clone()]);

    let calls = {
        let mut client = client.clone();
        tokio::spawn(async move {
            let until = tokio::time::Instant::now() + Duration::from_secs(2);
            while tokio::time::Instant::now() < until {
                client.extract(extract(TEXT)).await.expect("no call is lost");
            }
        })
    };
    write("name,id\nOslo,city-2\n");
    server.signal("HUP");
    assert_eq!(server.event("dictionary loaded").await["entries"], 1);
    assert_eq!(linked(&mut client).await, [("Oslo".into(), Gpe, "city-2".into())]);

    write("name,id\nOslo,city-3\n,city-4\n");
    server.signal("HUP");
    let refused = server.event("dictionary not reloaded").await["error"].to_string();
    assert!(refused.contains("own.csv:3") && refused.contains("name"), "{refused}");
    assert_eq!(linked(&mut client).await, [("Oslo".into(), Gpe, "city-2".into())], "the old one stays");
    calls.await.expect("no panic");
}

#[test]
fn a_broken_dictionary_at_the_start_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own.csv");
    std::fs::write(&path, "name,id,type\nOslo,1,CITY\n").expect("a file");
    for command in ["serve", "extract"] {
        let ended = assert_cmd::Command::new(env!("CARGO_BIN_EXE_dateline"))
            .args([command, "--dictionary"])
            .arg(&path)
            .env("DATELINE_LISTEN", "127.0.0.1:0")
            .write_stdin(TEXT)
            .output()
            .expect("an end");
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success() && told.contains("own.csv:2: type: \"CITY\""), "{told}");
    }
}
