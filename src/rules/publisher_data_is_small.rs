use std::io::{self, Write};

use crate::entry::{locate::escape, model::PUBLISHER_PROVIDED};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "publisher-data-is-small",
    family: Family::Meaning,
    about: "What a publisher adds of its own takes at most 4,096 bytes.

What stands under `io.modelcontextprotocol.registry/publisher-provided` is copied into every list that holds the entry, and
every reader of the list downloads it. The official registry draws the line at 4,096 bytes of compact JSON, and an entry
beyond it could not be published there.

Keep what programs need, and put long texts where `websiteUrl` leads.",
    entry: Some(judge),
    ..Rule::BLANK
};

const BYTES_MAX: usize = 4_096;
/// Written compactly, no document of this size holds more: the worst, `1e15` and a comma, grows less than fourfold.
const SURELY_SMALL: usize = BYTES_MAX / 4;

fn judge(subject: &Subject) -> Vec<Finding> {
    let Some(data) = subject.model.publisher_provided else { return Vec::new() };
    if subject.entry.source.body().len() <= SURELY_SMALL {
        return Vec::new();
    }
    let mut bytes = Count(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut bytes, data);
    if bytes.0 <= BYTES_MAX {
        return Vec::new();
    }
    let place = subject.entry.source.key(&format!("/_meta/{}", escape(PUBLISHER_PROVIDED)));
    let message = format!("the publisher's own data takes {} bytes, and at most {BYTES_MAX} are allowed", bytes.0);
    vec![RULE.finding(place, message, format!("shorten it by {}", bytes.0 - BYTES_MAX))]
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
