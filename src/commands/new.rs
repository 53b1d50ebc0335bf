//! `gazette new`: a registry to fork.

use std::{io::Write, process::ExitCode};

use crate::{
    adapters::{WayOut, disk, folder},
    cli::New,
};

/// Where each file of the template goes.
const FILES: [(&str, &str); 16] = [
    ("README.md", include_str!("../../templates/new/README.md")),
    (".gitattributes", include_str!("../../templates/new/gitattributes")),
    (".gitignore", include_str!("../../templates/new/gitignore")),
    (".github/CODEOWNERS", include_str!("../../templates/new/github/CODEOWNERS")),
    (".github/pull_request_template.md", include_str!("../../templates/new/github/pull_request_template.md")),
    (".github/actions/gazette/action.yml", include_str!("../../action.yml")),
    (".github/actions/gazette/pin", include_str!("../../templates/new/github/pin")),
    (".github/workflows/check.yml", include_str!("../../templates/new/github/workflows/check.yml")),
    (".github/workflows/gate.yml", include_str!("../../templates/new/github/workflows/gate.yml")),
    (".github/workflows/publish.yml", include_str!("../../templates/new/github/workflows/publish.yml")),
    (".github/workflows/review.yml", include_str!("../../templates/new/github/workflows/review.yml")),
    (".github/workflows/sweep.yml", include_str!("../../templates/new/github/workflows/sweep.yml")),
    ("registry-data/README.md", include_str!("../../templates/new/registry-data-README.md")),
    ("registry-data/registry.toml", include_str!("../../templates/new/registry.toml")),
    ("registry-data/policy/reserved.toml", include_str!("../../templates/new/policy/reserved.toml")),
    ("registry-data/policy/removed.toml", include_str!("../../templates/new/policy/removed.toml")),
];

pub(super) fn run(new: &New, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let dir = &new.dir;
    if !folder::is_empty(dir)? {
        let error = format!("`{}` is not empty", dir.display());
        return Err(WayOut { error, help: "name a folder that is empty or does not exist yet".to_owned() }.into());
    }
    for (path, text) in FILES {
        let file = dir.join(path);
        disk::create_dir(file.parent().unwrap_or(dir))?;
        disk::write(&file, text.as_bytes())?;
        writeln!(out, "wrote {}", file.display())?;
    }
    writeln!(
        out,
        "\nNext: fill in what {} lists under `Edit first`; what is missing fails and says so.",
        dir.join("README.md").display()
    )?;
    writeln!(out, "Then `git init`, commit, and `gazette check`.")?;
    Ok(ExitCode::SUCCESS)
}
