//! The generated types of `proto/dateline/v1/extraction.proto`. Only this module's siblings
//! and the JSON writer of the command line touch them.

/// Messages, client and server of package `dateline.v1`; the proto file documents them.
#[allow(missing_docs, clippy::pedantic)]
pub mod v1 {
    tonic::include_proto!("dateline.v1");
}

/// Encoded descriptors of package `dateline.v1` and of all that it imports.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dateline_descriptor.bin"));
