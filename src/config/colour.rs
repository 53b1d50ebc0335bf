//! A colour, and how well one is read on another, by the measure of WCAG 2.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    pub const WHITE: Self = Self([255; 3]);
    pub const BLACK: Self = Self([0; 3]);

    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// `#rrggbb`
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let all = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        let [_, red, green, blue] = all.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// Between 1 and 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// `parts` of 255 of the way to another colour.
    #[must_use]
    pub fn towards(self, other: Self, parts: u8) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u32::from(from) * u32::from(255 - parts) + u32::from(to) * u32::from(parts);
            u8::try_from((sum + 127) / 255).expect("a mean of bytes is a byte")
        };
        Self(std::array::from_fn(|channel| mix(self.0[channel], other.0[channel])))
    }

    /// The nearest step towards `end` that is read well enough on each of the grounds.
    #[must_use]
    pub fn legible(self, grounds: &[Self], end: Self, least: f64) -> Self {
        let read = |colour: &Self| grounds.iter().all(|ground| colour.contrast(*ground) >= least);
        (0..=255).map(|parts| self.towards(end, parts)).find(read).unwrap_or(end)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_a_colour_and_nothing_else_is() {
        assert_eq!(Colour::parse("#0a5C8a").map(|colour| colour.to_string()).as_deref(), Some("#0a5c8a"));
        for bad in ["0a5c8a", "#0a5", "#0a5c8g", "#+a5c8a", "#0a5c8a;", "#é5c8"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Colour::WHITE.contrast(Colour::BLACK) - 21.0).abs() < 1e-9);
        // The grey that is known as the lightest to pass on white.
        let grey = Colour::parse("#767676").expect("a colour");
        assert!((grey.contrast(Colour::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_colour_is_made_legible() {
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let colour = Colour::new(red, green, blue);
                    assert!(colour.legible(&[Colour::WHITE], Colour::BLACK, 4.5).contrast(Colour::WHITE) >= 4.5);
                    assert!(colour.legible(&[Colour::BLACK], Colour::WHITE, 4.5).contrast(Colour::BLACK) >= 4.5);
                }
            }
        }
    }
}
