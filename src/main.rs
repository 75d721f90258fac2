//! The `dateline` command: reads flags and environment, hands over to the server or the command line.

use std::process::ExitCode;

use clap::Parser;
use dateline::config::{Action, Command, Serve};
use dateline::log;
use dateline::server::Server;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    match Command::parse().action {
        Action::Serve(config) => serve(*config),
        Action::Extract(config) => dateline::cli::extract(&config),
    }
}

fn serve(config: Serve) -> ExitCode {
    if let Err(message) = config.check() {
        eprintln!("error: {message}");
        return ExitCode::from(2);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let _within = runtime.enter();
    let traces = match log::start(&config) {
        Ok(traces) => traces,
        Err(error) => return failed(&error),
    };
    hide_panic_messages();
    let ended = runtime.block_on(run(config));
    traces.finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

async fn run(config: Serve) -> Result<(), Box<dyn std::error::Error>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let server = Server::bind(config).await?;
    tracing::info!(address = %server.local_address()?, "listening");
    server
        .run(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await?;
    Ok(())
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

/// Logs where a panic happened and not its message, which may quote the text of a request.
fn hide_panic_messages() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, "panicked");
    }));
}
