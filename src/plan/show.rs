//! A plan as people and programs read it.

use serde_json::{Value, json};

use super::{Gone, Plan, Reason, Requests, limits::Passed};
use crate::site::path::Wave;

/// So many keys of one kind are shown to people.
const SHOWN: usize = 20;

fn wave(wave: Wave) -> String {
    format!("{wave:?}").to_lowercase()
}

fn listed<'a>(out: &mut String, mark: char, lines: impl Iterator<Item = (&'a str, String)>) {
    let mut more = 0_usize;
    for (at, (key, why)) in lines.enumerate() {
        if at < SHOWN {
            out.push_str(&format!("  {mark} {key}  {why}\n"));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        out.push_str(&format!("  {mark} … and {more} more\n"));
    }
}

impl Plan<'_> {
    /// `3 new, 5 content; 1 deleted; 7 wait; 1200 unchanged`
    pub fn summary(&self) -> String {
        let count = |(count, word): (usize, &str)| (count > 0).then(|| format!("{count} {word}"));
        let puts: Vec<String> =
            Reason::ALL.into_iter().filter_map(|reason| count((self.count(reason), reason.as_str()))).collect();
        let mut parts = vec![if puts.is_empty() { "nothing to write".to_owned() } else { puts.join(", ") }];
        parts.extend(count((self.deletes.len(), "to delete")));
        parts.extend(count((self.waiting.len(), "waiting to be deleted")));
        parts.push(format!("{} unchanged", self.unchanged));
        parts.join("; ")
    }

    /// The summary, the keys (of many, the first), and what stands against it.
    pub fn text(&self, passed: &[Passed]) -> String {
        let Requests { get, put, delete, .. } = self.requests;
        let mut out = format!("{}\n", self.summary());
        out.push_str(&format!("about {get} GET, {put} PUT, {delete} DELETE; {} bytes of documents\n", self.bytes()));
        for reason in Reason::ALL {
            let puts = self.puts.iter().filter(|put| put.reason == reason);
            let mark = if reason == Reason::New { '+' } else { '~' };
            listed(&mut out, mark, puts.map(|put| (put.key, format!("{reason}, {} bytes", put.line.size))));
        }
        for gone in [Gone::Deleted, Gone::Left] {
            let deletes = self.deletes.iter().filter(|(_, why)| **why == gone);
            listed(&mut out, '-', deletes.map(|(key, why)| (&**key, why.to_string())));
        }
        for Passed { limit, message } in passed {
            out.push_str(&format!("limit `{limit}`: {message}\n"));
        }
        out
    }

    /// The whole.
    pub fn json(&self, passed: &[Passed]) -> Value {
        let puts = self.puts.iter().map(|put| {
            json!({"key": put.key, "reason": put.reason.as_str(), "wave": wave(put.wave), "sha256": put.line.sha256, "size": put.line.size})
        });
        let deletes = self.deletes.iter().map(|(key, why)| json!({"key": key, "reason": why.as_str()}));
        let waiting = self.waiting.iter().map(|(key, since)| json!({"key": key, "since": since}));
        let limits = passed.iter().map(|passed| json!({"limit": passed.limit.as_str(), "message": passed.message}));
        json!({
            "version": 1,
            "counts": {
                "new": self.count(Reason::New),
                "content": self.count(Reason::Content),
                "headers": self.count(Reason::Headers),
                "repair": self.count(Reason::Repair),
                "deletes": self.deletes.len(),
                "waiting": self.waiting.len(),
                "unchanged": self.unchanged,
            },
            "bytes": self.bytes(),
            "requests": self.requests,
            "puts": puts.collect::<Vec<_>>(),
            "deletes": deletes.collect::<Vec<_>>(),
            "waiting": waiting.collect::<Vec<_>>(),
            "purge": self.purge(),
            "limits": limits.collect::<Vec<_>>(),
        })
    }
}
