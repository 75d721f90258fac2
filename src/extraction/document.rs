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
pub struct Offsets {
    /// The unit's offset at each byte; none where the units coincide.
    table: Option<Vec<usize>>,
}

impl Offsets {
    /// Counts `text` in `unit`, in time linear in its length.
    pub fn new(text: &str, unit: OffsetUnit) -> Self {
        if unit == OffsetUnit::Utf8Byte || text.is_ascii() {
            return Self { table: None };
        }
        let mut table = Vec::with_capacity(text.len() + 1);
        let mut count = 0;
        for c in text.chars() {
            table.resize(table.len() + c.len_utf8(), count);
            count += if unit == OffsetUnit::Utf16CodeUnit { c.len_utf16() } else { 1 };
        }
        table.push(count);
        Self { table: Some(table) }
    }

    /// Begin and end of `span` in the unit.
    pub fn convert(&self, span: Span) -> (usize, usize) {
        match &self.table {
            None => (span.begin, span.end),
            Some(table) => (table[span.begin], table[span.end]),
        }
    }
}
