//! The report as one comment on a pull request. A stranger's words stand in fenced blocks only, where nothing is a mention, a
//! link, HTML or a command; whatever stands outside of them is gazette's own.

use std::fmt::Write;

use crate::{finding::is_visible, gate::Outcome, secret};

use super::{Report, text};

/// By this first line, and by its author, the comment is found again.
pub const MARKER: &str = "<!-- gazette: gate -->";

/// GitHub takes 65,536 characters; a byte is never less than one.
pub const BODY_MAX: usize = 65_536;

/// How much of that each block may fill; the rest is left for what stands around them.
const REPORT_MAX: usize = 26_000;
const REASONS_MAX: usize = 4_000;
const ADDRESSES_MAX: usize = 8_000;
const DOCUMENTS_MAX: usize = 16_000;

/// So much of a line is shown: none hides those below it, and no fence has to be longer.
const LINE_MAX: usize = 400;

/// What a comment tells.
#[derive(Debug)]
pub struct Told<'a> {
    pub outcome: Outcome,
    pub report: &'a Report,
    /// The ids of the commits: what was judged, and onto what it would be merged.
    pub judged: &'a str,
    pub base: &'a str,
    /// Why a person must look, beside what the rules found.
    pub concerns: &'a [String],
    pub merge: Merge<'a>,
    pub preview: Option<&'a Preview>,
}

/// What the gate does about merging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge<'a> {
    /// The registry leaves it to people.
    Off,
    /// It would, and this stops it.
    Stopped(&'a [String]),
    /// It does so now.
    Now,
}

/// What a change does to the published site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    pub new: Vec<String>,
    pub changed: Vec<String>,
    pub gone: Vec<String>,
    pub documents: Vec<Document>,
    /// How many more documents changed than are shown.
    pub more: usize,
    /// Whether lists and feeds of the whole registry were left out of the comparison.
    pub partial: bool,
}

/// A document of the API, and the lines in which it differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub address: String,
    /// Each with `+`, `-` or a space before it.
    pub lines: Vec<String>,
}

pub fn render(told: &Told) -> String {
    let mut out = format!("{MARKER}\n### gazette: {}\n\n", told.outcome.says());
    let _ = writeln!(out, "Judged {} as it would be merged onto {}. {}.\n", told.judged, told.base, told.report.summary());
    let said = text::said(told.report, false);
    if !said.is_empty() {
        out.push_str(&fenced("text", &said, REPORT_MAX));
    }
    if told.report.findings.iter().any(|finding| finding.verdict > crate::finding::Verdict::Note) {
        out.push_str(match told.outcome {
            Outcome::Reject => "\nPush to the branch of this pull request, and it is judged anew. ",
            Outcome::Review | Outcome::Pass => "\n",
        });
        out.push_str("`gazette explain <rule>` says more of a rule.\n");
    }
    if !told.concerns.is_empty() {
        out.push_str("\nA person has to look, because:\n\n");
        out.push_str(&fenced("text", &told.concerns.join("\n"), REASONS_MAX));
    }
    if let Some(preview) = told.preview {
        out.push_str(&published(preview));
    }
    match told.merge {
        Merge::Stopped(why) if told.outcome == Outcome::Pass => {
            out.push_str("\nThe gate does not merge this by itself yet:\n\n");
            out.push_str(&fenced("text", &why.join("\n"), REASONS_MAX));
        }
        Merge::Off if told.outcome == Outcome::Pass => {
            out.push_str("\nNothing more is needed from whoever sent this: a maintainer merges it.\n");
        }
        Merge::Off | Merge::Stopped(_) => {}
        Merge::Now => out.push_str("\nThe gate merges this now.\n"),
    }
    debug_assert!(out.len() <= BODY_MAX, "the parts fill no more than the whole");
    out
}

fn published(preview: &Preview) -> String {
    let Preview { new, changed, gone, documents, more, partial } = preview;
    let mut out = format!(
        "\n<details><summary>What would be published: {} new, {} changed, {} gone</summary>\n\n",
        new.len(),
        changed.len(),
        gone.len()
    );
    let marked = [("+", new), ("!", changed), ("-", gone)];
    let addresses: String =
        marked.iter().flat_map(|(mark, list)| list.iter().map(move |address| format!("{mark} {address}\n"))).collect();
    if !addresses.is_empty() {
        out.push_str(&fenced("diff", &addresses, ADDRESSES_MAX));
    }
    if *partial {
        out.push_str("\nLists and feeds of the whole registry change with it; they are not compared here.\n");
    }
    let mut text = String::new();
    for document in documents {
        let _ = writeln!(text, "# {}", document.address);
        document.lines.iter().for_each(|line| text.push_str(&format!("{}\n", shown(line))));
    }
    if !text.is_empty() {
        out.push('\n');
        out.push_str(&fenced("diff", &text, DOCUMENTS_MAX));
    }
    if *more > 0 {
        let _ = writeln!(out, "\n{more} more documents change.");
    }
    out.push_str("\n</details>\n");
    out
}

/// A line of a document, unless it holds what must not be repeated.
fn shown(line: &str) -> &str {
    if secret::find(line).is_empty() { line } else { "# a line that looks like a secret is not shown" }
}

/// A block that nothing in it can end: its fence is longer than any in it.
pub fn fenced(kind: &str, text: &str, most: usize) -> String {
    let text = tame(text);
    let mut kept = String::new();
    let mut lines = text.trim_end().lines();
    for line in lines.by_ref() {
        let cut = line.char_indices().nth(LINE_MAX).map_or(line.len(), |(at, _)| at);
        if kept.len() + cut >= most {
            break;
        }
        kept.push_str(&line[..cut]);
        kept.push_str(if cut < line.len() { "…\n" } else { "\n" });
    }
    let left = text.trim_end().lines().count() - kept.lines().count();
    if left > 0 {
        let _ = writeln!(kept, "… {left} more lines");
    }
    let longest = kept.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{kind}\n{kept}{fence}\n")
}

/// Text in which every character shows, and lines end where they seem to.
fn tame(text: &str) -> String {
    let tame = |c: char| match c {
        '\n' => "\n".to_owned(),
        '\t' => "    ".to_owned(),
        c if is_visible(c) => c.to_string(),
        c => c.escape_unicode().to_string(),
    };
    text.chars().map(tame).collect()
}

/// The same for a program that reads its own commands out of what others print: a GitHub runner finds them at the start of a
/// line, and an older form of them anywhere.
pub fn harmless_to_a_runner(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let indented = line.trim_start().starts_with("::");
        out.push_str(if indented { "\u{2027}" } else { "" });
        out.push_str(&line.replace("##[", "#\u{2027}#["));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        finding::{Finding, Place, Verdict},
        report::Scope,
    };

    fn told(report: &Report, preview: Option<&Preview>) -> String {
        let outcome = Outcome::Reject;
        render(&Told { outcome, report, judged: "abc", base: "def", concerns: &[], merge: Merge::Off, preview })
    }

    /// What of a comment stands outside of its fenced blocks, read as Markdown reads it.
    fn outside(comment: &str) -> String {
        let mut fence: Option<usize> = None;
        let mut out = String::new();
        for line in comment.lines() {
            let ticks = line.chars().take_while(|c| *c == '`').count();
            match fence {
                None if ticks >= 3 => fence = Some(ticks),
                None => out.push_str(&format!("{line}\n")),
                Some(open) if ticks >= open && line.chars().all(|c| c == '`' || c == ' ') => fence = None,
                Some(_) => {}
            }
        }
        assert_eq!(fence, None, "a block is left open");
        out
    }

    const HOSTILE: &str = "```\n@octocat #1 <img src=x> <!-- gazette: gate -->\n::set-output name=a::b\n````````\r\nhttps://evil.example \
\u{202E} $(id) ##[add-path]x </details>";

    #[test]
    fn a_strangers_words_stay_in_their_block() {
        let place = Place::file(HOSTILE);
        let finding = Finding::new("path-is-known", Verdict::Reject, place, HOSTILE, HOSTILE);
        let report = Report::of(vec![finding], Scope::Change { files: 1 });
        let document = Document { address: HOSTILE.to_owned(), lines: vec![format!("+{HOSTILE}")] };
        let preview = Preview { new: vec![HOSTILE.to_owned()], documents: vec![document], ..Preview::default() };
        let comment = told(&report, Some(&preview));
        let outside = outside(&comment);
        for word in ["@octocat", "#1", "<img", "set-output", "evil", "$(id)", "add-path"] {
            assert!(!outside.contains(word), "{word} stands outside:\n{comment}");
        }
        assert_eq!(outside.matches(MARKER).count(), 1);
        assert_eq!(outside.matches("</details>").count(), 1);
        assert!(!comment.contains('\u{202E}') && !comment.contains('\r'));
        let printed = harmless_to_a_runner(&comment);
        assert!(!printed.contains("##[") && printed.lines().all(|line| !line.trim_start().starts_with("::")), "{printed}");
    }

    #[test]
    fn a_comment_is_never_too_long() {
        let many = |c: &str| (0..2000).map(|at| format!("{at} {}", c.repeat(200))).collect::<Vec<_>>();
        let finding =
            |at: usize| Finding::new("path-is-known", Verdict::Reject, Place::file(&format!("f{at}")), "ü".repeat(70_000), "h");
        let report = Report::of((0..40).map(finding).collect(), Scope::Change { files: 1 });
        for hostile in ["`", "ß", "x"] {
            let documents = vec![Document { address: "/x".to_owned(), lines: many(&hostile.repeat(99)) }];
            let preview = Preview { new: many(hostile), changed: many("b"), documents, ..Preview::default() };
            let reasons = many(hostile);
            let told = Told {
                outcome: Outcome::Pass,
                report: &report,
                judged: &"a".repeat(40),
                base: &"b".repeat(40),
                concerns: &reasons,
                merge: Merge::Stopped(&reasons),
                preview: Some(&preview),
            };
            let comment = render(&told);
            assert!(comment.len() <= BODY_MAX, "{}", comment.len());
            outside(&comment);
        }
    }

    #[test]
    fn a_secret_is_not_repeated() {
        let token = format!("ghp_{}", "q7Zr2Kd9Wm4Xc1Vb8Nt5Ls3Hj6GfPaYoEuRi");
        let document = Document { address: "/x".to_owned(), lines: vec![format!("+  \"value\": \"{token}\"")] };
        let preview = Preview { documents: vec![document], ..Preview::default() };
        let report = Report::of(Vec::new(), Scope::Change { files: 1 });
        assert!(!told(&report, Some(&preview)).contains("q7Zr2"));
    }
}
