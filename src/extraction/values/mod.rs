//! What dates, times, amounts and numbers mean: mention text in, [`Normalised`] value out.
//!
//! No crate reads English amounts and dates of news as a whole (`chrono-english`, `two_timer` and `text2num` each
//! know a part), so the grammar is here; calendars are `jiff`'s and exact decimals `rust_decimal`'s. What is not
//! certain has no value.

mod dates;
mod days;
mod money;
mod numbers;
mod quantities;
mod times;
mod words;

use std::fmt;

use jiff::civil::DateTime;

use super::EntityType;
use words::Words;

/// How a value is qualified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Modifier {
    /// Not at all.
    #[default]
    Exact,
    /// "at least", "more than"
    AtLeast,
    /// "up to", "less than"
    UpTo,
    /// "about", "some"
    About,
}

/// A decimal number, or the lower and upper end of a range of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// Decimal digits: "1200000", "0.5"; of a range, the lower end.
    pub number: String,
    /// The upper end of a range.
    pub upper: Option<String>,
}

/// A normalised value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// ISO 8601: "2026-11-25", "2026-W48", "2026-11", "2026", "2026-11-01/2026-11-10", "P2Y"; a season is that of
    /// ISO 8601-2 ("2026-22", summer).
    Date(String),
    /// ISO 8601: "17:00", "2026-11-25T17:00", "PT3H".
    Time(String),
    /// An amount of money.
    Money {
        /// ISO 4217.
        currency: Option<&'static str>,
        /// In units of the currency.
        amount: Amount,
    },
    /// A plain number or a rank.
    Number(Amount),
    /// A number with a unit.
    Quantity {
        /// UCUM, case-sensitive; "%" for percentages.
        unit: &'static str,
        /// Counted in `unit`.
        amount: Amount,
    },
}

/// A value and how the text qualifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    /// What it is.
    pub value: Value,
    /// "about", "at least", "up to".
    pub modifier: Modifier,
}

/// One line: "2026-11", "~ USD 3000000", ">= 3..4 km".
impl fmt::Display for Normalised {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.modifier {
            Modifier::Exact => "",
            Modifier::AtLeast => ">= ",
            Modifier::UpTo => "<= ",
            Modifier::About => "~ ",
        })?;
        match &self.value {
            Value::Date(iso8601) | Value::Time(iso8601) => f.write_str(iso8601),
            Value::Money { currency, amount } => write!(f, "{} {amount}", currency.unwrap_or("?")),
            Value::Number(amount) => write!(f, "{amount}"),
            Value::Quantity { unit, amount } => write!(f, "{amount} {unit}"),
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.number)?;
        self.upper.as_ref().map_or(Ok(()), |upper| write!(f, "..{upper}"))
    }
}

/// The value of one mention, or none where it is not certain. Relative dates count from `published`, the article's
/// own time.
pub fn normalise(kind: EntityType, text: &str, published: Option<DateTime>) -> Option<Normalised> {
    let words = Words::new(text);
    let (value, modifier) = match kind {
        EntityType::Date => dates::date(&words, published.map(DateTime::date))?,
        EntityType::Time => times::time(&words, published.map(DateTime::date))?,
        EntityType::Money => money::money(&words)?,
        EntityType::Percent => quantities::percent(&words)?,
        EntityType::Quantity => quantities::quantity(&words)?,
        EntityType::Cardinal => {
            let all = words.all();
            let (figure, rest) = numbers::figure_of(&all)?;
            // "105 people" is not a number's mention, but "300 or so" is.
            rest.is_empty().then_some(())?;
            (Value::Number(figure.amount()), figure.modifier)
        }
        EntityType::Ordinal => {
            (Value::Number(Amount { number: numbers::rank(&words)?.to_string(), upper: None }), Modifier::Exact)
        }
        _ => return None,
    };
    Some(Normalised { value, modifier })
}
