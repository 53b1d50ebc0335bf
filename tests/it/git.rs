//! How git and the disk are read: histories told, trees merged, work trees listed, each in a repository that git itself made.

#[cfg(unix)]
mod disk;
mod history;
mod history_cache;
mod merge;
mod objects;
mod story;
