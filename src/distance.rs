//! How far apart two words are: to the finger, and to the eye.

/// Insertions, deletions, replacements and swaps of neighbours that turn one text into the other (optimal string alignment).
pub fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

/// The word of a list that was most likely meant by one that is none of them.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (given.chars().count() / 3).max(1);
    let near = known.into_iter().map(|word| (edits(given, word), word)).min()?;
    (near.0 <= allowed).then_some(near.1)
}

/// What is left of a word when everything that looks alike is written alike.
pub fn skeleton(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        let (skip, alike) = match c {
            _ if rest.starts_with("rn") => (2, 'm'),
            _ if rest.starts_with("vv") => (2, 'w'),
            '0' => (1, 'o'),
            '1' | 'l' | 'I' => (1, 'l'),
            '-' | '_' | '.' => (1, '-'),
            c => (c.len_utf8(), c.to_ascii_lowercase()),
        };
        out.push(alike);
        rest = &rest[skip..];
    }
    out
}

/// Whether two words are the same but for their digits, as many in each and in the same places.
pub fn differ_in_numbers(a: &str, b: &str) -> bool {
    let same = |(a, b): (u8, u8)| a == b || (a.is_ascii_digit() && b.is_ascii_digit());
    a.len() == b.len() && a.bytes().zip(b.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use super::{differ_in_numbers, edits, skeleton};

    #[test]
    fn slips_are_counted() {
        for (a, b, count) in [("", "", 0), ("abc", "", 3), ("weather", "wether", 1), ("weather", "waether", 1), ("cat", "dog", 3)]
        {
            assert_eq!(edits(a, b), count, "{a} {b}");
            assert_eq!(edits(b, a), count, "{b} {a}");
        }
    }

    #[test]
    fn what_looks_alike_has_one_skeleton() {
        for (a, b) in
            [("com.example", "com.exarnple"), ("io.github.octocat", "io.github.0ctocat"), ("Ivy", "lvy"), ("vvave_1", "wave-l")]
        {
            assert_eq!(skeleton(a), skeleton(b));
        }
        assert_ne!(skeleton("mail"), skeleton("mall"));
    }

    #[test]
    fn numbers_are_told_apart() {
        assert!(differ_in_numbers("team-1", "team-2") && differ_in_numbers("a12", "a21"));
        assert!(!differ_in_numbers("team-1", "team-l") && !differ_in_numbers("team", "team1"));
    }
}
