//! A mention cut into what the grammar looks at: words in lower case, numbers, signs.

/// The words of a mention. "US$1.2bn" is `us$ 1.2 bn`, "twenty-five" is `twenty - five`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

#[derive(PartialEq, Clone, Copy)]
enum Class {
    Digit,
    Letter,
    Sign,
}

impl Words {
    /// Cuts `text`; "the" and dots of abbreviations are left out.
    pub fn new(text: &str) -> Self {
        let text = text.replace(['\u{a0}', '\u{202f}', '\u{2009}'], " ").replace('’', "'");
        let chars: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let class = |c: char| match c {
            _ if c.is_numeric() => Class::Digit,
            _ if c.is_alphabetic() || c == '\'' => Class::Letter,
            _ => Class::Sign,
        };
        let mut words: Vec<String> = Vec::new();
        let mut last = None;
        for (i, &c) in chars.iter().enumerate() {
            let next_is = |wanted| chars.get(i + 1).is_some_and(|&n| class(n) == wanted);
            let inside_number = matches!(c, ',' | '.') && last == Some(Class::Digit) && next_is(Class::Digit);
            let before_number =
                c == '.' && last != Some(Class::Digit) && last != Some(Class::Letter) && next_is(Class::Digit);
            if c.is_whitespace() {
                last = None;
            } else if c == '.' && !inside_number && !before_number {
                // "p.m." and "U.S." are one word each.
                last = last.filter(|l| *l == Class::Letter && next_is(Class::Letter));
            } else if inside_number || last == Some(class(c)) && class(c) != Class::Sign {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
                if inside_number {
                    last = Some(Class::Digit);
                }
            } else {
                words.push(c.to_string());
                last = Some(if before_number { Class::Digit } else { class(c) });
            }
        }
        words.retain(|w| w != "the" && w != "'");
        Self(words)
    }

    /// All of it.
    pub fn all(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

/// What follows `start`, if `words` begin with it.
pub fn after<'a, 'w>(words: &'a [&'w str], start: &str) -> Option<&'a [&'w str]> {
    let length = start.split(' ').count();
    let begins = words.len() >= length && words.iter().copied().zip(start.split(' ')).all(|(a, b)| a == b);
    begins.then(|| &words[length..])
}

/// What comes before `end`, if `words` end with it.
pub fn before<'a, 'w>(words: &'a [&'w str], end: &str) -> Option<&'a [&'w str]> {
    let left = words.len().checked_sub(end.split(' ').count())?;
    let ends = words[left..].iter().copied().zip(end.split(' ')).all(|(a, b)| a == b);
    ends.then(|| &words[..left])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts() {
        for (text, words) in [
            ("US$1.2bn", "us $ 1.2 bn"),
            ("the 5:30 p.m.", "5 : 30 pm"),
            ("Twenty-five", "twenty - five"),
            ("1,20,000 Rs.", "1,20,000 rs"),
            (".5", ".5"),
            ("Jan. 5, 2020", "jan 5 , 2020"),
            ("the 1990s", "1990 s"),
            ("U.S. $3", "us $ 3"),
            ("", ""),
        ] {
            assert_eq!(Words::new(text).0.join(" "), words, "{text}");
        }
    }
}
