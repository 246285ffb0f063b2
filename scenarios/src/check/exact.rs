//! JSON numbers with all their digits, which a 64-bit float does not keep.

/// A number is written without an exponent if it has no more digits than this.
const LONGEST: i64 = 400;

/// The same JSON, in which the digits of each number that is no 64-bit integer stand in quotes.
pub(super) fn with_exact_numbers(json: &str) -> String {
    let (mut exact, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(start) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, token) = rest.split_at(start);
        exact.push_str(before);
        let is_string = token.starts_with('"');
        let (token, after) = token.split_at(if is_string { string_length(token) } else { number_length(token) });
        match is_string || token.parse::<i64>().is_ok() {
            true => exact.push_str(token),
            false => exact.push_str(&format!("\"{}\"", in_one_form(token))),
        }
        rest = after;
    }
    exact + rest
}

/// How long the string at the beginning of the text is, quotes included.
fn string_length(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn number_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit() && !"+-.eE".contains(c)).unwrap_or(text.len())
}

/// The number as everybody writes it, so that equal numbers are equal texts: without needless zeros, and without
/// an exponent unless it is very long.
fn in_one_form(number: &str) -> String {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let Ok(exponent) = exponent.parse::<i32>() else { return number.to_owned() };
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [whole, fraction].concat();
    let digits = all.trim_start_matches('0');
    // Where the point is, counted from the first digit that is not 0.
    let point = whole.len() as i64 + i64::from(exponent) - (all.len() - digits.len()) as i64;
    let digits = digits.trim_end_matches('0');
    let length = digits.len() as i64;
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    match point {
        _ if digits.is_empty() => "0".to_owned(),
        _ if point.abs() > LONGEST => format!("{sign}0.{digits}e{point}"),
        _ if point <= 0 => format!("{sign}0.{}{digits}", zeros(-point)),
        _ if point < length => {
            let (whole, fraction) = digits.split_at(point as usize);
            format!("{sign}{whole}.{fraction}")
        }
        _ => format!("{sign}{digits}{}", zeros(point - length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_are_equal_texts() {
        let rows = [
            ("99999999999999999999", "99999999999999999999"),
            ("-9223372036854775809", "-9223372036854775809"),
            ("1e20", "100000000000000000000"),
            ("1.50", "1.5"),
            ("0.15E+1", "1.5"),
            ("150e-2", "1.5"),
            ("0.10000000000000000001", "0.10000000000000000001"),
            ("-12.5e-3", "-0.0125"),
            ("1.0", "1"),
            ("-0.0", "0"),
            ("0.001e-500", "0.1e-502"),
            ("1e-99999999999", "1e-99999999999"),
        ];
        for (number, form) in rows {
            assert_eq!(in_one_form(number), form, "{number}");
        }
    }

    #[test]
    fn only_numbers_of_more_than_64_bits_are_rewritten() {
        let json = r#"{"a 1.5":[1,-7,{"b\"2.5":"3.5\\"},99999999999999999999],"c":-1.50}"#;
        let exact = r#"{"a 1.5":[1,-7,{"b\"2.5":"3.5\\"},"99999999999999999999"],"c":"-1.5"}"#;
        assert_eq!(with_exact_numbers(json), exact);
    }
}
