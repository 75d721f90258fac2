//! dateline reads a news article: which entities it names, and who is quoted saying what.
//!
//! Arrows go one way: [`extraction`] (text, network, spans) knows no gRPC; [`service`] turns
//! wire messages into its types and back, validates, queues; [`server`] owns the port, health,
//! reflection and the drain; [`cli`] is the same module without a server; [`config`] holds
//! every knob of both commands.

pub mod cli;
pub mod config;
pub mod extraction;
pub mod log;
pub mod server;
pub mod service;
