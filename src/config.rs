//! Every knob of both commands, once: flags and environment, checked before anything starts.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::service::limits::Limits;

/// Reads English news: which entities it names, and who is quoted saying what.
#[derive(Debug, Parser)]
#[command(name = "dateline", version)]
pub struct Command {
    /// Which command.
    #[command(subcommand)]
    pub action: Action,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Answer gRPC calls (dateline.v1.ExtractionService) until SIGTERM or SIGINT
    Serve(Box<Serve>),
    /// Extract from files without a server
    Extract(Extract),
}

/// Worker threads, one document at a time each.
#[derive(Debug, Clone, Copy, Args)]
pub struct Threads {
    /// Worker threads, 1 to 1024 [default: one a core]
    #[arg(long, env = "DATELINE_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl Threads {
    /// As asked, or one a core.
    pub fn count(self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text an event.
    Text,
    /// One JSON object an event.
    Json,
}

/// Files in PEM of a server that speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities of clients' certificates, where clients must have one.
    pub client_ca: Option<PathBuf>,
}

/// TLS, where files are given. They are read again when they change.
#[derive(Debug, Clone, Args)]
pub struct TlsFlags {
    /// Certificate chain in PEM; the service then speaks TLS alone
    #[arg(long, env = "DATELINE_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of that certificate, in PEM
    #[arg(long, env = "DATELINE_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Authorities in PEM, of one of which every client must have a certificate
    #[arg(long, env = "DATELINE_TLS_CLIENT_CA", value_name = "FILE", requires = "tls_certificate")]
    tls_client_ca: Option<PathBuf>,
}

impl TlsFlags {
    /// The files, if TLS is asked for.
    pub fn files(&self) -> Option<TlsFiles> {
        let (certificate, key) = (self.tls_certificate.clone()?, self.tls_key.clone()?);
        Some(TlsFiles { certificate, key, client_ca: self.tls_client_ca.clone() })
    }
}

/// What clients may do with a connection, and for how long.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConnectionRules {
    /// Connections at once; one more is closed as soon as it is opened, 1 to 1000000
    #[arg(long, env = "DATELINE_MAX_CONNECTIONS", value_name = "N", default_value_t = 4096,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// Calls that one connection may have open at once, 1 to 65536
    #[arg(long, env = "DATELINE_MAX_CONCURRENT_STREAMS", value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub max_concurrent_streams: u32,
    /// Largest list of headers of one call, in bytes, 1024 to 1048576
    #[arg(long, env = "DATELINE_MAX_HEADER_BYTES", value_name = "BYTES", default_value_t = 16384,
          value_parser = clap::value_parser!(u32).range(1024..=1 << 20))]
    pub max_header_bytes: u32,
    /// Seconds that a client may take to say that it speaks HTTP/2, 1 to 3600
    #[arg(long, env = "DATELINE_PREFACE_TIMEOUT", value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    preface_timeout: u64,
    /// Seconds between pings that find clients that are gone, 1 to 3600
    #[arg(long, env = "DATELINE_KEEPALIVE_INTERVAL", value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    keepalive_interval: u64,
    /// Seconds that a client may take to answer a ping, 1 to 3600
    #[arg(long, env = "DATELINE_KEEPALIVE_TIMEOUT", value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    keepalive_timeout: u64,
    /// Seconds, give or take a tenth, after which a connection gets a GOAWAY, so that clients spread over new replicas;
    /// 0 is never, at most 86400
    #[arg(long, env = "DATELINE_MAX_CONNECTION_AGE", value_name = "SECONDS", default_value_t = 0,
          value_parser = clap::value_parser!(u64).range(0..=86400))]
    max_connection_age: u64,
    /// Seconds that calls in flight get to finish after that GOAWAY, 0 to 3600
    #[arg(long, env = "DATELINE_CONNECTION_GRACE", value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    connection_grace: u64,
}

impl ConnectionRules {
    /// How long a client may take to send the HTTP/2 preface.
    pub fn preface_timeout(&self) -> Duration {
        Duration::from_secs(self.preface_timeout)
    }

    /// Time between pings.
    pub fn keepalive_interval(&self) -> Duration {
        Duration::from_secs(self.keepalive_interval)
    }

    /// How long the answer to a ping may take.
    pub fn keepalive_timeout(&self) -> Duration {
        Duration::from_secs(self.keepalive_timeout)
    }

    /// When a connection gets its GOAWAY, if ever.
    pub fn max_connection_age(&self) -> Option<Duration> {
        (self.max_connection_age > 0).then(|| Duration::from_secs(self.max_connection_age))
    }

    /// How long calls in flight may take after that.
    pub fn connection_grace(&self) -> Duration {
        Duration::from_secs(self.connection_grace)
    }
}

/// Options of `dateline serve`.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "DATELINE_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// Worker threads.
    #[command(flatten)]
    pub threads: Threads,
    /// Longest text of a document, in bytes of UTF-8, 1 to 67108864
    #[arg(long, env = "DATELINE_MAX_TEXT_BYTES", value_name = "BYTES", default_value_t = 1 << 20,
          value_parser = clap::value_parser!(u32).range(1..=1 << 26))]
    max_text_bytes: u32,
    /// Most documents in one batch, 1 to 4096
    #[arg(long, env = "DATELINE_MAX_BATCH_DOCUMENTS", value_name = "N", default_value_t = 128,
          value_parser = clap::value_parser!(u32).range(1..=4096))]
    max_batch_documents: u32,
    /// Documents of one stream that are read ahead of the answers taken, 1 to 1024
    #[arg(long, env = "DATELINE_MAX_STREAM_DOCUMENTS", value_name = "N", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_stream_documents: u32,
    /// Documents that may wait or be read at once; past that, calls are refused. At least --max-batch-documents and
    /// --max-stream-documents, at most 65536
    #[arg(long, env = "DATELINE_QUEUE_DOCUMENTS", value_name = "N", default_value_t = 256,
          value_parser = clap::value_parser!(u32).range(1..=65536))]
    queue_documents: u32,
    /// Certificates.
    #[command(flatten)]
    pub tls: TlsFlags,
    /// Bearer tokens, one a line, one of which every call but those of health must carry; read again when it changes
    #[arg(long, env = "DATELINE_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// What clients may do with a connection.
    #[command(flatten)]
    pub connections: ConnectionRules,
    /// Names of your own (.csv or .jsonl, docs/links.md), linked to their ids; read again at SIGHUP
    #[arg(long, env = "DATELINE_DICTIONARY", value_name = "FILE")]
    pub dictionary: Option<PathBuf>,
    /// Where Prometheus metrics (/metrics) and probes (/livez, /readyz) are answered over HTTP; without it, nowhere
    #[arg(long, env = "DATELINE_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,
    /// Where spans are sent, by OTLP over gRPC (http://collector:4317); without it, nowhere
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL", value_parser = plain_url)]
    pub otlp_endpoint: Option<String>,
    /// What those spans call this service
    #[arg(long, env = "OTEL_SERVICE_NAME", value_name = "NAME", default_value = "dateline")]
    pub otlp_service_name: String,
    /// Seconds that calls in flight get to finish after SIGTERM, 0 to 3600
    #[arg(long, env = "DATELINE_DRAIN_TIMEOUT", value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    drain_timeout: u64,
    /// Look of the log on stderr
    #[arg(long, env = "DATELINE_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged: off, error, warn, info, debug or trace, also by module (warn,dateline=debug)
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info", value_parser = log_filter)]
    pub log: String,
}

impl Serve {
    /// What single flags cannot tell: how they go together.
    ///
    /// # Errors
    /// A sentence that names the flag, its value and what is allowed.
    pub fn check(&self) -> Result<(), String> {
        let needs = [
            (self.max_batch_documents, "a whole batch", "--max-batch-documents"),
            (self.max_stream_documents, "what a stream reads ahead", "--max-stream-documents"),
        ];
        match needs.into_iter().find(|&(needed, _, _)| self.queue_documents < needed) {
            None => Ok(()),
            Some((needed, what, flag)) => Err(format!(
                "invalid value '{}' for '--queue-documents <N>': {what} must fit, at least {needed} ({flag}) is needed",
                self.queue_documents
            )),
        }
    }

    /// The limits that callers meet.
    pub fn limits(&self) -> Limits {
        Limits {
            max_text_bytes: self.max_text_bytes,
            max_batch_documents: self.max_batch_documents,
            max_message_bytes: Limits::message_bytes_for(self.max_text_bytes, self.max_batch_documents),
            max_stream_documents: self.max_stream_documents,
            max_queued_documents: self.queue_documents,
        }
    }

    /// How long calls in flight may take to finish.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs(self.drain_timeout)
    }
}

/// A URL as written, once it is known to be one without TLS.
fn plain_url(url: &str) -> Result<String, String> {
    let parsed: http::Uri =
        url.parse().map_err(|error| format!("{error}; a URL as http://collector:4317 is needed"))?;
    match parsed.scheme_str() {
        Some("http") => Ok(url.to_owned()),
        _ => Err("a URL as http://collector:4317 is needed; TLS to a collector is left to the mesh".into()),
    }
}

/// A filter as written, once it is known to be one.
fn log_filter(filter: &str) -> Result<String, String> {
    match EnvFilter::try_new(filter) {
        Ok(_) => Ok(filter.to_owned()),
        Err(error) => {
            Err(format!("{error}; allowed are levels (off, error, warn, info, debug, trace), also by module"))
        }
    }
}

/// What `dateline extract` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// The article with its entities and quotes marked, and a table.
    Text,
    /// Protocol buffers' JSON, one object a document.
    Json,
}

/// Options of `dateline extract`.
#[derive(Debug, Clone, Args)]
pub struct Extract {
    /// Articles as plain UTF-8 text; - is standard input [default: -]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to write [default: text on a terminal, otherwise json]
    #[arg(long, value_enum, env = "DATELINE_FORMAT")]
    pub format: Option<Format>,
    /// Names of your own (.csv or .jsonl, docs/links.md), linked to their ids
    #[arg(long, env = "DATELINE_DICTIONARY", value_name = "FILE")]
    pub dictionary: Option<PathBuf>,
    /// When the files were published (RFC 3339, "2026-11-25T09:00:00Z"); relative dates count from it. With --jsonl,
    /// each document has its own publishTime
    #[arg(long, env = "DATELINE_PUBLISH_TIME", value_name = "TIME", conflicts_with = "jsonl")]
    pub publish_time: Option<jiff::Timestamp>,
    /// Each input line is a dateline.v1.Document in JSON, each output line its answer
    #[arg(long)]
    pub jsonl: bool,
    /// Worker threads.
    #[command(flatten)]
    pub threads: Threads,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Result<Serve, String> {
        let command =
            Command::try_parse_from(["dateline", "serve"].iter().chain(arguments)).map_err(|e| e.to_string())?;
        match command.action {
            Action::Serve(serve) => serve.check().map(|()| *serve),
            Action::Extract(_) => Err("not serve".into()),
        }
    }

    #[test]
    fn errors_name_the_flag_the_value_and_what_is_allowed() {
        for (arguments, parts) in [
            (["--threads", "0"], ["--threads", "0", "1..=1024"]),
            (["--listen", "nowhere"], ["--listen", "nowhere", "ADDRESS:PORT"]),
            (["--max-text-bytes", "0"], ["--max-text-bytes", "0", "67108864"]),
            (["--queue-documents", "7"], ["--queue-documents", "7", "128"]),
            (["--max-stream-documents", "300"], ["--queue-documents", "256", "300"]),
            (["--otlp-endpoint", "https://x:1"], ["--otlp-endpoint", "https://x:1", "http://"]),
            (["--log-format", "xml"], ["--log-format", "xml", "json"]),
            (["--log", "dateline=loud"], ["--log", "dateline=loud", "debug"]),
        ] {
            let error = serve(&arguments).expect_err(arguments[0]);
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }

    #[test]
    fn defaults_hold() {
        let limits = serve(&[]).expect("defaults are valid").limits();
        assert_eq!((limits.max_text_bytes, limits.max_batch_documents), (1 << 20, 128));
    }
}
