//! Amounts of money with their currency.

use rust_decimal::Decimal;

use super::numbers::{Figure, figure_of, qualified};
use super::words::Words;
use super::{Modifier, Value};

/// Signs and short forms that stand before an amount, longest first; a bare dollar is the US one. Several
/// countries have "Rs" and "Sh": no code.
const BEFORE: [(&str, &str); 62] = [
    ("us $", "USD"),
    ("u $ s", "USD"),
    ("au $", "AUD"),
    ("a $", "AUD"),
    ("ca $", "CAD"),
    ("can $", "CAD"),
    ("c $", "CAD"),
    ("nz $", "NZD"),
    ("hk $", "HKD"),
    ("nt $", "TWD"),
    ("s $", "SGD"),
    ("r $", "BRL"),
    ("j $", "JMD"),
    ("tt $", "TTD"),
    ("fj $", "FJD"),
    ("g $", "GYD"),
    ("mx $", "MXN"),
    ("cn ¥", "CNY"),
    ("$", "USD"),
    ("usd", "USD"),
    ("€", "EUR"),
    ("eur", "EUR"),
    ("£", "GBP"),
    ("gbp", "GBP"),
    ("¥", "JPY"),
    ("jpy", "JPY"),
    ("cny", "CNY"),
    ("rmb", "CNY"),
    ("₹", "INR"),
    ("inr", "INR"),
    ("rs", ""),
    ("₦", "NGN"),
    ("ngn", "NGN"),
    ("n", "NGN"),
    ("₩", "KRW"),
    ("₱", "PHP"),
    ("php", "PHP"),
    ("₺", "TRY"),
    ("₽", "RUB"),
    ("₪", "ILS"),
    ("nis", "ILS"),
    ("₴", "UAH"),
    ("฿", "THB"),
    ("₫", "VND"),
    ("chf", "CHF"),
    ("ksh", "KES"),
    ("kes", "KES"),
    ("kshs", "KES"),
    ("sh", ""),
    ("tsh", "TZS"),
    ("ush", "UGX"),
    ("ugx", "UGX"),
    ("r", "ZAR"),
    ("zar", "ZAR"),
    ("rm", "MYR"),
    ("rp", "IDR"),
    ("gh ₵", "GHS"),
    ("tk", "BDT"),
    ("shs", ""),
    ("dh", "AED"),
    ("dhs", "AED"),
    ("cdn $", "CAD"),
];
/// Names and codes behind an amount, with what a unit is worth in the currency's own (hundredths: -2).
const BEHIND: [(&str, &str, u32); 82] = [
    ("us dollar", "USD", 0),
    ("american dollar", "USD", 0),
    ("australian dollar", "AUD", 0),
    ("canadian dollar", "CAD", 0),
    ("new zealand dollar", "NZD", 0),
    ("hong kong dollar", "HKD", 0),
    ("singapore dollar", "SGD", 0),
    ("taiwan dollar", "TWD", 0),
    ("fijian dollar", "FJD", 0),
    ("fiji dollar", "FJD", 0),
    ("jamaican dollar", "JMD", 0),
    ("namibian dollar", "NAD", 0),
    ("zimbabwean dollar", "ZWG", 0),
    ("dollar", "USD", 0),
    ("$", "USD", 0),
    ("usd", "USD", 0),
    ("buck", "USD", 0),
    ("cent", "USD", 2),
    ("¢", "USD", 2),
    ("euro", "EUR", 0),
    ("€", "EUR", 0),
    ("eur", "EUR", 0),
    ("british pound", "GBP", 0),
    ("pound sterling", "GBP", 0),
    ("egyptian pound", "EGP", 0),
    ("lebanese pound", "LBP", 0),
    ("lebanese lira", "LBP", 0),
    ("syrian pound", "SYP", 0),
    ("sudanese pound", "SDG", 0),
    ("south sudanese pound", "SSP", 0),
    ("pound", "GBP", 0),
    ("£", "GBP", 0),
    ("quid", "GBP", 0),
    ("pence", "GBP", 2),
    ("p", "GBP", 2),
    ("penny", "GBP", 2),
    ("yen", "JPY", 0),
    ("yuan", "CNY", 0),
    ("renminbi", "CNY", 0),
    ("rmb", "CNY", 0),
    ("indian rupee", "INR", 0),
    ("pakistani rupee", "PKR", 0),
    ("sri lankan rupee", "LKR", 0),
    ("nepali rupee", "NPR", 0),
    ("nepalese rupee", "NPR", 0),
    ("naira", "NGN", 0),
    ("kobo", "NGN", 2),
    ("won", "KRW", 0),
    ("south korean won", "KRW", 0),
    ("baht", "THB", 0),
    ("ringgit", "MYR", 0),
    ("rupiah", "IDR", 0),
    ("dong", "VND", 0),
    ("taka", "BDT", 0),
    ("philippine peso", "PHP", 0),
    ("mexican peso", "MXN", 0),
    ("argentine peso", "ARS", 0),
    ("chilean peso", "CLP", 0),
    ("colombian peso", "COP", 0),
    ("cuban peso", "CUP", 0),
    ("uruguayan peso", "UYU", 0),
    ("kenyan shilling", "KES", 0),
    ("ugandan shilling", "UGX", 0),
    ("tanzanian shilling", "TZS", 0),
    ("somali shilling", "SOS", 0),
    ("rand", "ZAR", 0),
    ("cedi", "GHS", 0),
    ("birr", "ETB", 0),
    ("swiss franc", "CHF", 0),
    ("cfa franc", "XOF", 0),
    ("rwandan franc", "RWF", 0),
    ("real", "BRL", 0),
    ("reais", "BRL", 0),
    ("zloty", "PLN", 0),
    ("forint", "HUF", 0),
    ("hryvnia", "UAH", 0),
    ("hryvnias", "UAH", 0),
    ("ruble", "RUB", 0),
    ("rouble", "RUB", 0),
    ("tenge", "KZT", 0),
    ("shekel", "ILS", 0),
    ("lira", "TRY", 0),
];
const MORE_BEHIND: [(&str, &str, u32); 16] = [
    ("turkish lira", "TRY", 0),
    ("swedish krona", "SEK", 0),
    ("swedish kronor", "SEK", 0),
    ("norwegian kroner", "NOK", 0),
    ("norwegian krone", "NOK", 0),
    ("danish kroner", "DKK", 0),
    ("danish krone", "DKK", 0),
    ("czech koruna", "CZK", 0),
    ("saudi riyal", "SAR", 0),
    ("uae dirham", "AED", 0),
    ("emirati dirham", "AED", 0),
    ("moroccan dirham", "MAD", 0),
    ("kuwaiti dinar", "KWD", 0),
    ("iraqi dinar", "IQD", 0),
    ("peruvian sol", "PEN", 0),
    ("leu", "RON", 0),
];

/// "$1.2bn", "between 3 and 4 million euros", "Rs 5 crore", "50 pence".
pub fn money(words: &Words) -> Option<(Value, Modifier)> {
    let mut all = words.all();
    all.retain(|w| !matches!(*w, "worth" | "apiece" | "each"));
    let (modifier, rest) = qualified(&all);
    let (code, hundredths, figure) = sign_first(rest).or_else(|| name_last(&all))?;
    let figure = if hundredths == 0 { figure } else { figure.times(Decimal::new(1, hundredths))? };
    let modifier = if figure.modifier == Modifier::Exact { modifier } else { figure.modifier };
    Some((Value::Money { currency: Some(code).filter(|code| !code.is_empty()), amount: figure.amount() }, modifier))
}

/// "$5", "$3 to $4 million", "between $3 and $4": the sign is the same on both sides.
fn sign_first(words: &[&str]) -> Option<(&'static str, u32, Figure)> {
    let between = usize::from(matches!(words.first(), Some(&"between" | &"from")));
    let (length, code) = BEFORE.iter().find_map(|(sign, code)| {
        let sign: Vec<&str> = sign.split(' ').collect();
        words[between..].starts_with(&sign).then_some((sign.len(), *code))
    })?;
    let sign = &words[between..between + length];
    let mut bare: Vec<&str> = words[..between].to_vec();
    let mut at = between;
    while at < words.len() {
        if words[at..].starts_with(sign) {
            at += length;
        } else if sign.last() == Some(&words[at]) && length > 1 {
            at += 1;
        } else {
            bare.push(words[at]);
            at += 1;
        }
    }
    let (figure, rest) = figure_of(&bare)?;
    let told_twice = matches!(rest, [] | ["us" | "usd" | "dollars" | "euros" | "pounds" | "rupees"]);
    told_twice.then_some((code, 0, figure))
}

/// "5 euros", "a million dollars", "US 5".
fn name_last(words: &[&str]) -> Option<(&'static str, u32, Figure)> {
    let (figure, rest) = figure_of(words)?;
    let rest: Vec<&str> = rest.iter().copied().filter(|w| !matches!(*w, "of" | "in" | "-")).collect();
    let name = rest.join(" ");
    let single = |n: &str| n.strip_suffix('s').map(str::to_string);
    let names = BEHIND.iter().chain(&MORE_BEHIND);
    let (_, code, hundredths) = names.clone().find(|(n, ..)| *n == name).or_else(|| {
        let name = single(&name)?;
        names.clone().find(|(n, ..)| *n == name)
    })?;
    Some((code, *hundredths, figure))
}
