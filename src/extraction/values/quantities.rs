//! Measures with their UCUM units, and percentages.

use rust_decimal::Decimal;

use super::numbers::figure_of;
use super::words::{Words, after};
use super::{Modifier, Value};

/// Names of units in the singular and short forms, with their UCUM codes. "ton" and "degree" alone mean several.
const UNITS: [(&[&str], &str); 72] = [
    (&["kilometer", "kilometre", "km"], "km"),
    (&["meter", "metre", "m"], "m"),
    (&["centimeter", "centimetre", "cm"], "cm"),
    (&["millimeter", "millimetre", "mm"], "mm"),
    (&["mile", "mi"], "[mi_i]"),
    (&["nautical mile"], "[nmi_i]"),
    (&["foot", "feet", "ft"], "[ft_i]"),
    (&["inch", "inche", "in"], "[in_i]"),
    (&["yard", "yd"], "[yd_i]"),
    (&["light year", "light - year"], "[ly]"),
    (&["square kilometer", "square kilometre", "sq km", "km ²", "km2", "km²"], "km2"),
    (&["square meter", "square metre", "sq m", "m²", "m2"], "m2"),
    (&["square mile", "sq mi"], "[smi_us]"),
    (&["square foot", "square feet", "sq ft"], "[sft_i]"),
    (&["acre"], "[acr_us]"),
    (&["hectare", "ha"], "har"),
    (&["cubic meter", "cubic metre", "m³", "m3"], "m3"),
    (&["cubic foot", "cubic feet"], "[cft_i]"),
    (&["liter", "litre", "l"], "L"),
    (&["milliliter", "millilitre", "ml"], "mL"),
    (&["gallon"], "[gal_us]"),
    (&["barrel"], "[bbl_us]"),
    (&["pint"], "[pt_us]"),
    (&["kilogram", "kilogramme", "kilo", "kg"], "kg"),
    (&["gram", "gramme", "g"], "g"),
    (&["milligram", "mg"], "mg"),
    (&["microgram", "µg"], "ug"),
    (&["tonne", "metric ton", "t"], "t"),
    (&["short ton"], "[ston_av]"),
    (&["long ton"], "[lton_av]"),
    (&["pound", "lb"], "[lb_av]"),
    (&["ounce", "oz"], "[oz_av]"),
    (&["carat"], "[car_m]"),
    (
        &[
            "kilometer per hour",
            "kilometre per hour",
            "kilometer an hour",
            "kilometre an hour",
            "kph",
            "kmh",
            "km / h",
            "kmph",
        ],
        "km/h",
    ),
    (&["mile per hour", "mile an hour", "mph"], "[mi_i]/h"),
    (&["knot"], "[kn_i]"),
    (&["meter per second", "metre per second", "m / s"], "m/s"),
    (&["degree celsius", "degree centigrade", "° c", "°c", "celsius", "c", "degree c"], "Cel"),
    (&["degree fahrenheit", "° f", "°f", "fahrenheit", "f", "degree f"], "[degF]"),
    (&["kelvin"], "K"),
    (&["watt", "w"], "W"),
    (&["kilowatt", "kw"], "kW"),
    (&["megawatt", "mw"], "MW"),
    (&["gigawatt", "gw"], "GW"),
    (&["kilowatt hour", "kilowatt - hour", "kwh"], "kW.h"),
    (&["megawatt hour", "megawatt - hour", "mwh"], "MW.h"),
    (&["gigawatt hour", "gigawatt - hour", "gwh"], "GW.h"),
    (&["terawatt hour", "terawatt - hour", "twh"], "TW.h"),
    (&["volt", "v"], "V"),
    (&["kilovolt", "kv"], "kV"),
    (&["ampere", "amp"], "A"),
    (&["joule"], "J"),
    (&["calorie"], "cal"),
    (&["hertz", "hz"], "Hz"),
    (&["megahertz", "mhz"], "MHz"),
    (&["gigahertz", "ghz"], "GHz"),
    (&["decibel", "db"], "dB"),
    (&["byte"], "By"),
    (&["kilobyte", "kb"], "kBy"),
    (&["megabyte", "mb"], "MBy"),
    (&["gigabyte", "gb"], "GBy"),
    (&["terabyte", "tb"], "TBy"),
    (&["part per million", "ppm"], "[ppm]"),
    (&["part per billion", "ppb"], "[ppb]"),
    (&["barrel per day", "barrel a day", "bpd"], "[bbl_us]/d"),
    (&["newton"], "N"),
    (&["pascal"], "Pa"),
    (&["hectopascal", "hpa"], "hPa"),
    (&["millibar"], "mbar"),
    (&["horsepower", "hp"], "[HP]"),
    (&["micrometer", "micrometre", "micron"], "um"),
    (&["nanometer", "nanometre", "nm"], "nm"),
];
/// What stands behind a unit and adds nothing.
const FILLERS: [&str; 12] =
    ["tall", "long", "high", "wide", "deep", "away", "of", "below", "zero", "in", "length", "thick"];
/// A magnitude has no unit: UCUM's annotation says what is counted.
const MAGNITUDE: &str = "{magnitude}";

/// "8.7 percent", "30%", "between 3 and 4 per cent".
pub fn percent(words: &Words) -> Option<(Value, Modifier)> {
    let mut all = words.all();
    // "30% to 40%"
    let signs = all.iter().filter(|w| matches!(**w, "%" | "percent")).count();
    if signs == 2 {
        let first = all.iter().position(|w| matches!(*w, "%" | "percent"))?;
        all.remove(first);
    }
    let (figure, rest) = figure_of(&all).or_else(|| figure_of(after(&all, "half a").map(|_| &["0.5"][..])?))?;
    let rest = if after(&all, "half a").is_some() { all.get(2..).unwrap_or_default() } else { rest };
    let known = [
        &["%"][..],
        &["percent"],
        &["per", "cent"],
        &["pc"],
        &["percentage", "points"],
        &["percentage", "point"],
        &["-", "percent"],
        &["-", "per", "cent"],
        &["-", "percentage", "-", "point"],
        &["-", "percentage", "point"],
        &["points"],
    ];
    known.contains(&rest).then(|| (Value::Quantity { unit: "%", amount: figure.amount() }, figure.modifier))
}

/// "20 kilometers", "5-mile", "magnitude 6.4", "6 feet 2 inches", "2 million barrels".
pub fn quantity(words: &Words) -> Option<(Value, Modifier)> {
    let mut all = words.all();
    while all.len() > 2 && all.last().is_some_and(|w| FILLERS.contains(w)) {
        all.pop();
    }
    if let Some(rest) = after(&all, "magnitude").or_else(|| after(&all, "magnitude of")) {
        let (figure, rest) = figure_of(rest)?;
        return rest
            .is_empty()
            .then(|| (Value::Quantity { unit: MAGNITUDE, amount: figure.amount() }, figure.modifier));
    }
    let (figure, rest) = figure_of(&all)?;
    let rest = if rest.first() == Some(&"-") { &rest[1..] } else { rest };
    if rest == ["magnitude"] || rest == ["-", "magnitude"] {
        return Some((Value::Quantity { unit: MAGNITUDE, amount: figure.amount() }, figure.modifier));
    }
    if let ["feet" | "foot" | "ft", more @ ..] = rest
        && !more.is_empty()
    {
        // "6 feet 2 inches": all in inches.
        let (inches, unit) = figure_of(more.strip_prefix(&["and"]).unwrap_or(more))?;
        let all = figure.low.checked_mul(Decimal::from(12))?.checked_add(inches.low)?;
        let whole = super::numbers::Figure { low: all, high: None, modifier: figure.modifier };
        let said = matches!(unit, [] | ["inches" | "inch" | "in"]);
        return said.then(|| (Value::Quantity { unit: "[in_i]", amount: whole.amount() }, figure.modifier));
    }
    let unit = unit(&rest.join(" "))?;
    Some((Value::Quantity { unit, amount: figure.amount() }, figure.modifier))
}

fn unit(name: &str) -> Option<&'static str> {
    let find = |name: &str| UNITS.iter().find(|(names, _)| names.contains(&name)).map(|(_, code)| *code);
    // "miles per hour": the plural is on the first noun or the last.
    let singular = |word: &str| word.strip_suffix('s').unwrap_or(word).to_string();
    let each = || name.split(' ').map(singular).collect::<Vec<_>>().join(" ");
    let first = || name.split_once(' ').map(|(first, rest)| format!("{} {rest}", singular(first)));
    find(name).or_else(|| find(&each())).or_else(|| find(&first()?)).or_else(|| find(name.strip_suffix('s')?))
}
