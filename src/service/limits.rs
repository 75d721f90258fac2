//! How large requests may be.

/// Longest `document_id`, in bytes.
pub const MAX_DOCUMENT_ID_BYTES: usize = 128;

/// What the service accepts. Told to callers by `GetModelInfo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest text of a document, in bytes of UTF-8.
    pub max_text_bytes: u32,
    /// Most documents in one batch.
    pub max_batch_documents: u32,
    /// Largest request message, in bytes, uncompressed.
    pub max_message_bytes: u64,
    /// Documents of one stream that are read ahead of the answers taken.
    pub max_stream_documents: u32,
    /// Documents of all callers that may wait for a free worker.
    pub max_queued_documents: u32,
}

impl Limits {
    /// The smallest message limit under which callers meet the text and batch limits, not it.
    pub fn message_bytes_for(max_text_bytes: u32, max_batch_documents: u32) -> u64 {
        // Ids, language, time and field tags of one document.
        const OVERHEAD: u64 = 1024;
        // A single text some times over the limit still gets the error that names the field.
        const SLACK: u64 = 4;
        let text = u64::from(max_text_bytes) + OVERHEAD;
        text * u64::from(max_batch_documents).max(SLACK)
    }
}
