//! The report as workflow commands, which GitHub shows beside the lines of a pull request.

use std::fmt::Write;

use crate::finding::{Finding, Verdict, is_visible};

use super::Report;

pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        one(&mut out, finding);
    }
    let _ = writeln!(out, "{}", report.summary());
    out
}

fn one(out: &mut String, finding: &Finding) {
    let command = match finding.verdict {
        Verdict::Reject => "error",
        Verdict::Review => "warning",
        Verdict::Note => "notice",
    };
    let (path, text) = (property(&harmless(&finding.place.path)), data(&format!("{}\nhelp: {}", finding.message, finding.help)));
    let (line, column) = (finding.place.line, finding.place.column);
    let _ = writeln!(out, "::{command} file={path},line={line},col={column},title={}::{text}", property(finding.rule));
}

/// A path that no terminal acts on. One with such characters has no file that an annotation could stand at.
fn harmless(path: &str) -> String {
    path.chars()
        .map(|c| if is_visible(c) || c == '\n' || c == '\r' { c.to_string() } else { c.escape_unicode().to_string() })
        .collect()
}

/// The runner undoes exactly these; any other character stands for itself, and a line break would begin a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    #[test]
    fn nothing_a_stranger_writes_begins_a_command() {
        let place = Place::file("a,b:c\n::error::%0A.json");
        let finding = Finding::new("path-is-known", Verdict::Reject, place, "x\r\n::set-output name=a::b", "y%0A");
        let mut out = String::new();
        one(&mut out, &finding);
        let expected = "::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A%250A.json,line=1,col=1,title=path-is-known::x%0D%0A::set-output name=a::b%0Ahelp: y%250A\n";
        assert_eq!(out, expected);
    }
}
