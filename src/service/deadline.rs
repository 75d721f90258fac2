//! The time by which a caller wants its answer.

use std::time::{Duration, Instant};

/// When the caller stops waiting. The server puts it into the request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);

impl Deadline {
    /// Whether nobody waits any more.
    pub fn passed(self) -> bool {
        self.0 <= Instant::now()
    }

    /// The deadline that a `grpc-timeout` header received now sets; none if it is malformed.
    pub fn from_header(value: &str) -> Option<Self> {
        let unit = value.char_indices().next_back()?;
        let digits = &value[..unit.0];
        // At most eight digits, by the gRPC specification.
        if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let amount: u64 = digits.parse().ok()?;
        let timeout = match unit.1 {
            'H' => Duration::from_secs(amount * 3600),
            'M' => Duration::from_secs(amount * 60),
            'S' => Duration::from_secs(amount),
            'm' => Duration::from_millis(amount),
            'u' => Duration::from_micros(amount),
            'n' => Duration::from_nanos(amount),
            _ => return None,
        };
        Instant::now().checked_add(timeout).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_by_the_specification() {
        for (header, millis) in [("2S", 2000), ("1500m", 1500), ("1M", 60_000)] {
            let Some(deadline) = Deadline::from_header(header) else {
                panic!("{header} is well formed");
            };
            let left = deadline.0 - Instant::now();
            let expected = Duration::from_millis(millis);
            assert!(left <= expected && left > expected - Duration::from_secs(1), "{header}");
        }
        for header in ["", "S", "1", "123456789S", "-1S", "1s", "1.5S", "1é"] {
            assert_eq!(Deadline::from_header(header), None, "{header}");
        }
    }
}
