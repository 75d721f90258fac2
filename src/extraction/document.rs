//! The text and the ways to point into it.

/// A half-open range of bytes of the text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub begin: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What a caller counts offsets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OffsetUnit {
    /// Bytes of UTF-8.
    Utf8Byte,
    /// UTF-16 code units, as in Java and JavaScript.
    Utf16CodeUnit,
    /// Unicode code points, as in Python.
    #[default]
    UnicodeCodePoint,
}

/// Converts byte offsets of one text into another unit.
pub struct Offsets {}
