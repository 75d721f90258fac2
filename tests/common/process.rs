//! The binary as a process of its own, with its log.

use std::ffi::OsStr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

/// A running `dateline serve` on a free port.
pub struct Process {
    pub child: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Process {
    pub fn serve<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Self {
        Self::serve_on("127.0.0.1:0", arguments)
    }

    /// One on this address.
    pub fn serve_on<I: IntoIterator<Item: AsRef<OsStr>>>(listen: &str, arguments: I) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dateline"))
            .args(["serve", "--listen", listen, "--log-format", "json"])
            .args(arguments)
            .env_remove("RUST_LOG")
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let log = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Self { child, log }
    }

    /// The fields of the next event whose message begins so.
    pub async fn event(&mut self, message: &str) -> serde_json::Value {
        loop {
            let line = self.log.next_line().await.expect("a line").expect("the server runs");
            let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            if line["fields"]["message"].as_str().is_some_and(|m| m.starts_with(message)) {
                return line["fields"].clone();
            }
        }
    }

    /// The address that the next such event tells.
    pub async fn address(&mut self, message: &str) -> std::net::SocketAddr {
        self.event(message).await["address"].as_str().expect("an address").parse().expect("an address")
    }

    /// Collects all that is logged from here to the end; a log that nobody reads would hold up the server.
    pub fn collect(self) -> (Child, JoinHandle<String>) {
        let Self { child, mut log } = self;
        let collecting = tokio::spawn(async move {
            let mut rest = String::new();
            while let Ok(Some(line)) = log.next_line().await {
                rest += &line;
                rest.push('\n');
            }
            rest
        });
        (child, collecting)
    }

    /// Sends a signal by its name ("TERM").
    pub fn signal(&self, name: &str) {
        signal(&self.child, name);
    }
}

/// Sends a signal by its name ("TERM").
pub fn signal(child: &Child, name: &str) {
    let id = child.id().expect("a running process").to_string();
    std::process::Command::new("kill").args([format!("-{name}"), id]).status().expect("kill");
}
