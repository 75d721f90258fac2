//! What the process tells about itself while it runs: the log on stderr, and spans to an OpenTelemetry collector.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, Serve};

/// Spans on their way to the collector.
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Sends what is left; after the server has ended.
    pub fn finish(self) {
        if let Some(Err(error)) = self.0.map(|provider| provider.shutdown()) {
            tracing::warn!(%error, "traces lost");
        }
    }
}

/// Starts the log and, with `--otlp-endpoint`, the export of spans. Call it within the runtime that carries the export.
///
/// # Errors
/// If the exporter cannot be made.
pub fn start(config: &Serve) -> Result<Traces, ExporterBuildError> {
    // The filter was checked with the flags.
    let filter = EnvFilter::new(&config.log);
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let log = match config.log_format {
        LogFormat::Text => log.with_filter(filter).boxed(),
        LogFormat::Json => log.json().with_filter(filter).boxed(),
    };
    let provider =
        config.otlp_endpoint.as_ref().map(|endpoint| provider(endpoint, &config.otlp_service_name)).transpose()?;
    let spans = provider.as_ref().map(|provider| {
        // Spans of our own alone: those of libraries would tell of the export itself. Events stay in the log.
        let own = filter_fn(|metadata| metadata.is_span() && metadata.target().starts_with("dateline"));
        tracing_opentelemetry::layer().with_tracer(provider.tracer("dateline")).with_location(false).with_filter(own)
    });
    tracing_subscriber::registry().with(log).with(spans).init();
    Ok(Traces(provider))
}

fn provider(endpoint: &str, name: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name(name.to_owned()).build();
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}
