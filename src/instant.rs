//! A moment in whole seconds of UTC, written as RFC 3339 with `Z`; it comes from git or from the caller, never from a clock.

use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Reads `2026-11-20T08:30:00Z`, also with a fraction (cut off) or a numeric offset.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = text.get(from..to)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let mark = |at: usize, any: &[u8]| bytes.get(at).is_some_and(|b| any.contains(b));
        if !(mark(4, b"-") && mark(7, b"-") && mark(10, b"Tt ") && mark(13, b":") && mark(16, b":")) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let rest = text.get(19..)?;
        let rest = match rest.strip_prefix('.') {
            Some(fraction) => {
                let cut = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
                (cut.len() < fraction.len()).then_some(cut)?
            }
            None => rest,
        };
        let offset = match rest.as_bytes() {
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
                let at = text.len() - rest.len();
                let (hours, minutes) = (number(at + 1, at + 3)?, number(at + 4, at + 6)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = hours * 3600 + minutes * 60;
                if *sign == b'+' { seconds } else { -seconds }
            }
            _ => return None,
        };
        Some(Self(day_number(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset))
    }
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A day of UTC, written as `2026-11-20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Since 1970-01-01.
    days: i64,
}

impl Date {
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == "2026-11-20".len()).then(|| Instant::parse(&format!("{text}T00:00:00Z")).map(Self::of))?
    }

    pub fn of(instant: Instant) -> Self {
        Self { days: instant.0.div_euclid(86_400) }
    }

    /// How many days lie between another day and this one; negative if the other is later.
    pub fn days_after(self, other: Self) -> i64 {
        self.days - other.days
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Instant(self.days * 86_400).to_string().split('T').next().unwrap_or_default())
    }
}

impl<'de> serde::Deserialize<'de> for Date {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a day is written as `2026-11-20`"))
    }
}

impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a time is written like 2026-11-20T06:30:00Z"))
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, with years that begin in March so that leap days come last.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    // 719,468 days lie between 0000-03-01 and 1970-01-01; 146,097 make 400 years.
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(86_400) + 719_468;
        let second = self.0.rem_euclid(86_400);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + days.div_euclid(146_097) * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}")?;
        let mut rest = *b"-00-00T00:00:00Z";
        for (at, number) in [(1, month), (4, day), (7, hour), (10, minute), (13, second)] {
            let number = u8::try_from(number).expect("two digits");
            (rest[at], rest[at + 1]) = (b'0' + number / 10, b'0' + number % 10);
        }
        f.write_str(std::str::from_utf8(&rest).expect("digits and marks are text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-20T08:30:00+02:00", 1_795_156_200),
            ("2026-11-20T06:30:00.999Z", 1_795_156_200),
        ] {
            assert_eq!(Instant::parse(text), Some(Instant(seconds)), "{text}");
        }
        assert_eq!(Instant(1_795_156_200).to_string(), "2026-11-20T06:30:00Z");
        assert_eq!(Instant(253_402_300_800).to_string(), "10000-01-01T00:00:00Z");
        assert_eq!(Instant(-62_198_755_200).to_string(), "-001-01-01T00:00:00Z");
        for bad in
            ["2026-02-29T00:00:00Z", "2026-11-20", "2026-11-20T06:30:00", "2026-11-20T24:00:00Z", "2026-11-20T06:30:00.Z", ""]
        {
            assert_eq!(Instant::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_are_counted() {
        let date = |text| Date::parse(text).expect("a day");
        assert_eq!(date("2026-03-01").days_after(date("2026-02-27")), 2);
        assert_eq!(Date::of(Instant(1_795_156_200)).to_string(), "2026-11-20");
        for bad in ["2026-11-31", "2026-1-20", "2026-11-20 ", "20261120", "", "2026-11-2é"] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in -62_135_596_800_i64..253_402_300_800) {
            prop_assert_eq!(Instant::parse(&Instant(seconds).to_string()), Some(Instant(seconds)));
        }
    }
}
