//! The report for a terminal: each finding with its line, a mark under the place, and the way out.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use crate::finding::{Excerpt, Finding, Verdict, is_visible};

use super::Report;

/// A rule that says the same of thousands of files says it so often, and then how often it did not.
const SAME_RULE_MAX: usize = 50;

pub fn render(report: &Report, colour: bool) -> String {
    format!("{}{}\n", said(report, colour), report.summary())
}

/// All of it but the last line.
pub(super) fn said(report: &Report, colour: bool) -> String {
    let paint = Paint(colour);
    let mut out = String::new();
    let mut said: Vec<(&str, usize)> = Vec::new();
    for finding in &report.findings {
        let count = if let Some((_, count)) = said.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            *count += 1;
            *count
        } else {
            said.push((finding.rule, 1));
            1
        };
        if count <= SAME_RULE_MAX {
            one(&mut out, finding, &paint);
        }
    }
    for (rule, count) in said.into_iter().filter(|(_, count)| *count > SAME_RULE_MAX) {
        let _ = writeln!(out, "… and {} more of {}; `--format json` lists them all\n", count - SAME_RULE_MAX, paint.bold(rule));
    }
    for reason in &report.allowed {
        let _ = writeln!(out, "{}{reason}", paint.bold("allowed: "));
    }
    out
}

fn one(out: &mut String, finding: &Finding, paint: &Paint) {
    let place = &finding.place;
    let head = paint.verdict(finding.verdict, &format!("{}[{}]", finding.verdict.as_str(), finding.rule));
    let gutter = " ".repeat(place.line.to_string().len());
    let bar = paint.dim("|");
    let _ = writeln!(out, "{head}{}", paint.bold(&format!(": {}", finding.message)));
    let _ = writeln!(out, "{gutter}{} {}:{}:{}", paint.dim("-->"), tame(&place.path).0, place.line, place.column);
    if let Some(excerpt) = &place.excerpt {
        let (line, mark) = marked(excerpt);
        let _ = writeln!(out, "{gutter} {bar}");
        let _ = writeln!(out, "{} {bar} {line}", paint.dim(&place.line.to_string()));
        let _ = writeln!(out, "{gutter} {bar} {}", paint.verdict(finding.verdict, &mark));
    }
    let mut help = finding.help.lines();
    let _ = writeln!(out, "{gutter} {} {}{}", paint.dim("="), paint.bold("help: "), help.next().unwrap_or_default());
    for line in help {
        let _ = writeln!(out, "{gutter}   {line}");
    }
    if finding.fix.is_some() {
        let _ = writeln!(out, "{gutter} {} {}`gazette check --fix` does this", paint.dim("="), paint.bold("note: "));
    }
    out.push('\n');
}

/// The line, harmless to a terminal, and the carets below it.
fn marked(excerpt: &Excerpt) -> (String, String) {
    let part = |skip: usize, take: usize| tame(&excerpt.text.chars().skip(skip).take(take).collect::<String>());
    let (before, indent) = part(0, excerpt.skip);
    let (marked, width) = part(excerpt.skip, excerpt.width);
    let (after, _) = part(excerpt.skip + excerpt.width, usize::MAX);
    (format!("{before}{marked}{after}").trim_end().to_owned(), format!("{}{}", " ".repeat(indent), "^".repeat(width.max(1))))
}

/// A stranger's text with everything that does not show made to show, and how many columns it takes.
fn tame(text: &str) -> (String, usize) {
    let mut out = String::new();
    let mut width = 0;
    for c in text.chars() {
        match c {
            '\t' => {
                out.push_str("    ");
                width += 4;
            }
            c if is_visible(c) => {
                out.push(c);
                width += c.width().unwrap_or(0);
            }
            c => {
                let escaped = c.escape_unicode().to_string();
                width += escaped.len();
                out.push_str(&escaped);
            }
        }
    }
    (out, width)
}

pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    /// The blue that frames a finding.
    pub(crate) fn dim(&self, text: &str) -> String {
        self.with("1;34", text)
    }

    pub(crate) fn verdict(&self, verdict: Verdict, text: &str) -> String {
        let code = match verdict {
            Verdict::Reject => "1;31",
            Verdict::Review => "1;33",
            Verdict::Note => "1;36",
        };
        self.with(code, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_what_is_meant() {
        let excerpt = Excerpt { text: "\t\"日本\u{202E}\": 1".to_owned(), skip: 2, width: 2 };
        let (line, mark) = marked(&excerpt);
        assert_eq!(line, "    \"日本\\u{202e}\": 1");
        assert_eq!(mark, "     ^^^^");
    }
}
