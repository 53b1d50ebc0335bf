//! Any bytes as a version's file: read, judged, laid out and reported without a panic.
#![no_main]

use gazette::{
    config::{Config, Limits},
    entry::{self, model::Model, rewrite},
    name::ServerName,
    report::{self, Report, Scope},
    rules,
    version::Version,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let config = Config::parse("registry.toml", "title = \"T\"\nbase_url = \"https://r.example.com\"\n").expect("a registry");
    let name = ServerName::parse("com.example/echo").expect("a name");
    let version = Version::parse("1.0.0").expect("a version");
    let limits = Limits { entry_bytes: 1 << 16, string_bytes: 1 << 10, ..Limits::default() };
    let (entry, mut findings) = entry::parse("servers/com.example/echo/1.0.0.json", &name, &version, data.to_vec(), &limits);
    assert!(entry.is_some() || !findings.is_empty(), "an entry, findings, or both");
    if let Some(entry) = &entry {
        findings.extend(rules::judge_entry(entry, &Model::of(&entry.document), &config));
        let laid_out = rewrite::layout(entry.source.body());
        assert_eq!(rewrite::layout(&laid_out), laid_out, "layout settles");
        let edits = findings.iter().filter_map(|finding| finding.fix.clone()).collect();
        rewrite::apply(entry.source.text(), edits);
    }
    let report = Report::of(findings, Scope::Change { files: 1 });
    let text = report::text::render(&report, false);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "a terminal is not driven by an entry");
    report::json::render(&report);
    report::sarif::render(&report);
    for line in report::github::render(&report).lines().filter(|line| line.starts_with("::")) {
        assert!(["::error ", "::warning ", "::notice "].iter().any(|command| line.starts_with(command)), "{line}");
    }
});
