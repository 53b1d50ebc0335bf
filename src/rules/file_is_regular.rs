use crate::{
    checkout::Kind,
    finding::{Finding, Place},
};

use super::{Family, Path, Rule};

pub(super) const RULE: Rule = Rule {
    id: "file-is-regular",
    family: Family::Shape,
    locked: true,
    about: "Every file in the registry's folder is a plain file: no symlink, no submodule, no executable bit.

A symlink shows other bytes to whoever checks the registry out than to whoever reads its git objects, and can point out of
the repository at the files of the machine that builds it. A submodule brings a foreign repository that nobody judged. An
executable bit means nothing on data, and some programs run what has one.

Put the bytes themselves at the path, and clear the executable bit with `git update-index --chmod=-x <path>`.",
    path: Some(judge),
    ..Rule::BLANK
};

fn judge(path: &Path) -> Vec<Finding> {
    let at = &*path.item.path;
    let (message, help) = match path.item.kind {
        Kind::File => return Vec::new(),
        Kind::Executable => {
            ("the file is executable, and data is not run", format!("run `git update-index --chmod=-x {}`", argument(at)))
        }
        Kind::Symlink => ("this is a symlink, not a file", "replace the link with the bytes it should lead to".to_owned()),
        Kind::Submodule => {
            ("this is a submodule, not a file", format!("run `git rm --cached {}`, and commit files instead", argument(at)))
        }
    };
    vec![RULE.finding(Place::file(at), message, help)]
}

/// A path as a command may be copied with it: what a shell would read as more than a word is left for a person to write.
fn argument(path: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-' | b'/');
    if path.bytes().all(plain) && !path.starts_with('-') { path } else { "<path>" }
}
