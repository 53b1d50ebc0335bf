//! Folders on disk: where we are, what is there, and how paths relate.
#![expect(clippy::disallowed_methods, reason = "this is where folders are looked at")]

use std::{
    env, fs,
    path::{Component, Path, PathBuf},
};

use anyhow::Context;

/// The folder that the program was started in.
pub fn current() -> anyhow::Result<PathBuf> {
    env::current_dir().context("could not find the current folder")
}

pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

pub fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Whether there is nothing at a path, or a folder without files.
pub fn is_empty(path: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("could not list `{}`", path.display())),
    }
}

/// A file's path from a folder, with `/` between parts, if the file is there and below the folder.
pub fn relative(folder: &Path, file: &Path) -> Option<String> {
    let (folder, file) = (folder.canonicalize().ok()?, file.canonicalize().ok()?);
    let parts = file.strip_prefix(&folder).ok()?.components().map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    Some(parts.collect::<Option<Vec<&str>>>()?.join("/"))
}

/// Whether one of two folders lies in the other, as far as they exist.
pub fn overlap(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| {
        let there = path.ancestors().find(|dir| dir.exists())?;
        let rest = path.strip_prefix(there).ok()?;
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        Some(there.canonicalize().ok()?.join(rest))
    };
    real(a).zip(real(b)).is_some_and(|(a, b)| a.starts_with(&b) || b.starts_with(&a))
}
