use crate::{
    checkout::{PATH_MAX, Stray, Territory},
    finding::{Finding, Place, is_visible, quoted, shown},
};

use super::{Family, Path, Rule};

pub(super) const RULE: Rule = Rule {
    id: "path-is-portable",
    family: Family::Shape,
    locked: true,
    about: "Every path in the registry's folder can be checked out on any machine and shows as what it is.

One path that a system cannot hold breaks the clone of everybody who uses that system: Windows keeps `con`, `aux`, `nul`,
`com1` and their like for devices, whatever follows the first dot, drops dots and spaces at the end, and knows `\\` as a
separator; git refuses `.git` and its short name `git~1`. Characters that nobody sees, and marks that turn the direction of
text, make a path look like another one.

Rename the file or folder. Letters, digits, `.`, `_`, `+` and `-` are safe everywhere.",
    path: Some(judge),
    ..Rule::BLANK
};

fn judge(path: &Path) -> Vec<Finding> {
    let inner = path.item.path.strip_prefix(path.prefix).unwrap_or(&path.item.path);
    let mut findings = Vec::new();
    let mut find = |message: String, help: String| findings.push(RULE.finding(Place::file(&path.item.path), message, help));
    if inner.len() > PATH_MAX {
        find(
            format!("the path is {} bytes long, and no path here needs more than {PATH_MAX}", inner.len()),
            "choose a shorter name".to_owned(),
        );
    }
    // `path-is-known` names the character that no name may hold.
    let is_told =
        matches!(path.territory, Territory::Stray(Stray::NotANamespace(_) | Stray::NotAName(_) | Stray::NotAVersion(_)));
    // One flaw of a path is enough to rename it.
    if is_told {
        return findings;
    }
    if let Some((message, help)) = inner.split('/').find_map(flaw) {
        find(message, help);
    }
    findings
}

fn flaw(part: &str) -> Option<(String, String)> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-' | b'.');
    if !part.bytes().all(plain)
        && let Some(flaw) = part.chars().find_map(|c| stranger(part, c))
    {
        return Some(flaw);
    }
    if part.ends_with(['.', ' ']) {
        let last = shown(part.chars().next_back().unwrap_or('.'));
        return Some((format!("{} ends with {last}, which Windows drops", quoted(part)), "remove it".to_owned()));
    }
    if part.eq_ignore_ascii_case(".git") || part.eq_ignore_ascii_case("git~1") {
        return Some((format!("{} is a name that git keeps for itself", quoted(part)), "choose another name".to_owned()));
    }
    let stem = part.split('.').next().unwrap_or_default().trim_end_matches(' ');
    is_device(stem).then(|| {
        (
            format!("{} is a device on Windows, and no file or folder can be called so", quoted(part)),
            "choose another name".to_owned(),
        )
    })
}

/// What is wrong with a character of a path's part.
fn stranger(part: &str, c: char) -> Option<(String, String)> {
    let message = match c {
        // The paths of an item write a backslash, and each byte that is no UTF-8, as `\xNN`.
        '\\' if part.split("\\x").skip(1).all(|rest| rest.starts_with("5c")) => {
            format!("{} holds a backslash, which separates folders on Windows", quoted(&part.replace("\\x5c", "\\")))
        }
        '\\' => format!("{} holds bytes that are no UTF-8", quoted(part)),
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => format!("{} holds {}, which Windows refuses", quoted(part), shown(c)),
        c if is_visible(c) => return None,
        c => format!("{} holds {}, which nobody can see", quoted(part), shown(c)),
    };
    Some((message, "use letters, digits, `.`, `_`, `+` and `-`".to_owned()))
}

/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>; the superscript digits count as digits there.
fn is_device(stem: &str) -> bool {
    if !(3..=7).contains(&stem.len()) {
        return false;
    }
    let is = |name: &str| stem.eq_ignore_ascii_case(name);
    let port = || stem.get(..3).is_some_and(|kind| kind.eq_ignore_ascii_case("com") || kind.eq_ignore_ascii_case("lpt"));
    let number = || matches!(&stem[3..], "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³");
    ["con", "prn", "aux", "nul", "conin$", "conout$"].into_iter().any(is) || (port() && number())
}
