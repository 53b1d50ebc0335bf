//! The one spelling of a JSON value, as RFC 8785 lays it down: two texts with the same canonical bytes say the same.

use serde_json::{Map, Value};

/// The canonical bytes, or none if it holds a number beyond 2^53 - 1, where one spelling stands for many.
pub fn bytes(value: &Value) -> Option<Vec<u8>> {
    let mut out = String::new();
    write(value, &mut out)?;
    Some(out.into_bytes())
}

/// A reader of JSON limits how deep this goes.
fn write(value: &Value, out: &mut String) -> Option<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&shortest(number.as_f64().filter(|value| value.abs() < EXACT)?)),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => object(members, out)?,
    }
    Some(())
}

/// Members are sorted by the UTF-16 units of their names, so that `\u{1F600}` comes before `\u{FB33}`.
fn object(members: &Map<String, Value>, out: &mut String) -> Option<()> {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (at, (name, value)) in sorted.into_iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        string(name, out);
        out.push(':');
        write(value, out)?;
    }
    out.push('}');
    Some(())
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{C}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// 2^53: from here on all doubles are whole, and not every whole number is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A number as ECMAScript writes it.
fn shortest(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    // Rust's are the fewest digits that read back as the same double, too; of two equally near it takes either, and ECMAScript
    // the even one, as Rust does where it is told how many digits to write.
    let fewest = format!("{value:e}");
    let digits = fewest.bytes().take_while(|b| *b != b'e').filter(u8::is_ascii_digit).count();
    let nearest = format!("{value:.*e}", digits - 1);
    let scientific = if nearest.parse() == Ok(value) { nearest } else { fewest };
    let (mantissa, exponent) = scientific.split_once('e').expect("Rust writes an exponent");
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let exponent: i32 = exponent.parse().expect("Rust writes a whole exponent");
    format!("{sign}{}", placed(&mantissa.replace('.', ""), exponent + 1))
}

/// Digits with the point behind the `point`th of them.
fn placed(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |many: i32| "0".repeat(usize::try_from(many).unwrap_or(0));
    match point {
        1..=21 if count <= point => format!("{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or(0));
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let rest = if rest.is_empty() { String::new() } else { format!(".{rest}") };
            format!("{first}{rest}e{:+}", point - 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Option<String> {
        let value: Value = serde_json::from_str(text).expect("JSON");
        bytes(&value).map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
    }

    /// Some of the numbers of RFC 8785, appendix B.
    #[test]
    fn numbers_are_written_as_ecmascript_does() {
        for (bits, text) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(shortest(f64::from_bits(bits)), text, "{bits:x}");
        }
    }

    #[test]
    fn numbers_that_meet_others_have_no_bytes() {
        for good in ["9007199254740991", "-9007199254740991", "12.50", "1e-7"] {
            assert!(of(good).is_some(), "{good}");
        }
        for bad in [
            "9007199254740992",
            "9007199254740993",
            "-9007199254740993",
            "18446744073709551615",
            "99999999999999999999",
            "1e21",
            "-1e300",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn members_are_sorted_by_utf16_and_strings_are_bare() {
        let text =
            "{\"\\u20ac\": 1, \"\\r\": 2, \"\\ufb33\": 3, \"1\": 4, \"\\ud83d\\ude00\": 5, \"\\u0080\": 6, \"\\u00f6\": 7}";
        let names =
            ["\"\\r\":2", "\"1\":4", "\"\u{80}\":6", "\"\u{f6}\":7", "\"\u{20ac}\":1", "\"\u{1f600}\":5", "\"\u{fb33}\":3"];
        assert_eq!(of(text), Some(format!("{{{}}}", names.join(","))));
        assert_eq!(
            of(r#" [ "\u000f\u001F\/\b\t\n\f\"\\\u007f", {"b" : null, "a" : [true, 1.0]} ] "#),
            Some("[\"\\u000f\\u001f/\\b\\t\\n\\f\\\"\\\\\u{7f}\",{\"a\":[true,1],\"b\":null}]".to_owned())
        );
    }

    proptest! {
        #[test]
        fn a_number_reads_back_as_itself(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            if value.is_finite() {
                prop_assert_eq!(shortest(value).parse().ok(), Some(value));
            }
        }

        #[test]
        fn layout_and_order_do_not_count(keys in proptest::collection::btree_map("\\PC{0,4}", any::<i32>(), 0..6)) {
            let forward: Map<String, Value> = keys.iter().map(|(k, v)| (k.clone(), Value::from(*v))).collect();
            let backward: Map<String, Value> = keys.iter().rev().map(|(k, v)| (k.clone(), Value::from(*v))).collect();
            let pretty: Value = serde_json::from_str(&serde_json::to_string_pretty(&backward).expect("JSON")).expect("JSON");
            prop_assert_eq!(bytes(&Value::Object(forward)), bytes(&pretty));
        }
    }
}
