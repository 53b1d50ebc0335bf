//! What merging one commit onto another yields, computed as git computes it and kept in memory.

use std::sync::Arc;

use anyhow::Context;
use gix::{
    merge::plumbing as merging,
    objs::{Kind, Write},
};

use super::{
    Repository, Tree,
    objects::{Memory, Objects, git_id, oid},
    packs::Cache,
};
use crate::{checkout::escape, digest::GitId};

/// What is remembered of packed objects while merging.
const PACK_CACHE: usize = 16 << 20;

/// What is merged: a tree, and the commit whose descendant it counts as.
#[derive(Clone, Debug)]
pub struct Point {
    pub commit: GitId,
    pub tree: Tree,
}

#[derive(Clone, Debug)]
pub enum Merged {
    /// No conflict: what git would write.
    Tree(Tree),
    /// The paths where both sides changed the same, in order.
    Conflicts(Vec<Box<str>>),
    /// The histories crossed: this many commits are equally good as a base.
    ManyBases(usize),
    /// The histories have no commit in common.
    Unrelated,
}

impl Repository {
    /// A commit as a side of a merge.
    pub fn point(&self, commit: GitId) -> anyhow::Result<Point> {
        Ok(Point { commit, tree: self.tree(commit)? })
    }

    /// The tree that results from merging `head` onto `base`, with renames tracked; nothing is written.
    ///
    /// Attributes are not consulted, so that no driver of theirs is: where one would resolve a conflict, this reports it.
    pub fn merge(&self, base: &Point, head: &Point) -> anyhow::Result<Merged> {
        let objects = Objects::new(self, &[], &Cache::holding(PACK_CACHE));
        let bases = objects.repo.merge_bases_many(oid(base.commit), &[oid(head.commit)]);
        let bases = bases.context("could not find where base and head parted")?;
        let ancestor = match bases[..] {
            [] => return self.unrelated(base.commit, head.commit),
            [one] => git_id(&one.detach()),
            _ => return Ok(Merged::ManyBases(bases.len())),
        };
        let ancestor = self.tree(ancestor)?;
        if ancestor.id == base.tree.id || base.tree.id == head.tree.id {
            return Ok(Merged::Tree(head.tree.clone()));
        }
        if ancestor.id == head.tree.id {
            return Ok(Merged::Tree(base.tree.clone()));
        }
        // Refuses trees that are malformed or without end before anything else walks them.
        self.difference(&ancestor, &head.tree)?;
        self.three_way(&ancestor, &base.tree, &head.tree)
    }

    /// In a shallow clone the common commit may only be out of sight.
    fn unrelated(&self, base: GitId, head: GitId) -> anyhow::Result<Merged> {
        for commit in [base, head] {
            self.line(commit, None)?;
        }
        Ok(Merged::Unrelated)
    }

    fn three_way(&self, ancestor: &Tree, base: &Tree, head: &Tree) -> anyhow::Result<Merged> {
        let mut repo = Objects::new(self, &[], &Cache::holding(PACK_CACHE)).repo.with_object_memory();
        let mut known = gix::odb::memory::Storage::default();
        for tree in [base, head] {
            known.extend(tree.memory.iter().map(|(id, object)| (oid(*id), object.clone())));
        }
        repo.objects.set_object_memory(known);
        let mut outcome = merging::tree(
            &oid(ancestor.id),
            &oid(base.id),
            &oid(head.id),
            merging::blob::builtin_driver::text::Labels::default(),
            &repo,
            |bytes| repo.write_buf(Kind::Blob, bytes),
            &mut gix::diff::tree::State::default(),
            &mut diff_platform(),
            &mut merge_platform(),
            merging::tree::Options { rewrites: Some(renames()), ..Default::default() },
        )
        .context("could not merge head onto base")?;
        let strict = merging::tree::TreatAsUnresolved::git();
        let mut conflicts: Vec<Box<str>> = outcome
            .conflicts
            .iter()
            .filter(|conflict| conflict.is_unresolved(strict))
            .flat_map(|conflict| [escape(conflict.ours.location()), escape(conflict.theirs.location())])
            .collect();
        if !conflicts.is_empty() {
            conflicts.sort();
            conflicts.dedup();
            return Ok(Merged::Conflicts(conflicts));
        }
        let id = outcome.tree.write(|tree| repo.write(tree)).context("could not assemble the merged tree")?;
        drop(outcome);
        let made = repo.objects.take_object_memory().unwrap_or_default();
        let memory: Memory = made.iter().map(|(id, object)| (git_id(id), object.clone())).collect();
        Ok(Merged::Tree(Tree { id: git_id(&id), memory: Arc::new(memory) }))
    }
}

/// Files that moved as they are. To find those that also changed, git compares every file that vanished with every one that
/// came, which is for whoever sends them to make endless; where it would merge such a pair, this reports a conflict.
fn renames() -> gix::diff::Rewrites {
    gix::diff::Rewrites { copies: None, percentage: None, limit: 1_000, track_empty: false }
}

/// Larger files are not compared line by line, so that both sides' changes to one are a conflict.
const TEXT_MAX: u64 = 16 << 20;

fn no_attributes() -> gix::worktree::Stack {
    let state = gix::worktree::stack::State::AttributesStack(gix::worktree::stack::state::Attributes::default());
    gix::worktree::Stack::new("/", state, gix::glob::pattern::Case::Sensitive, Vec::new(), Vec::new())
}

fn no_filters() -> gix::filter::plumbing::Pipeline {
    use gix::filter::plumbing::{Pipeline, pipeline::Options};
    Pipeline::new(gix::command::Context::default(), gix::hash::Kind::Sha1, Options::default())
}

/// Compares files for renames, by no external program.
fn diff_platform() -> gix::diff::blob::Platform {
    use gix::diff::blob::{Pipeline, Platform, pipeline, platform};
    let options = pipeline::Options { large_file_threshold_bytes: TEXT_MAX, ..Default::default() };
    let pipeline = Pipeline::new(pipeline::WorktreeRoots::default(), no_filters(), Vec::new(), options);
    Platform::new(platform::Options::default(), pipeline, pipeline::Mode::ToGit, no_attributes())
}

/// Merges files, by no external program.
fn merge_platform() -> merging::blob::Platform {
    use merging::blob::{Pipeline, Platform, pipeline, platform};
    let options = pipeline::Options { large_file_threshold_bytes: TEXT_MAX };
    let pipeline = Pipeline::new(pipeline::WorktreeRoots::default(), no_filters(), options);
    Platform::new(pipeline, pipeline::Mode::ToGit, no_attributes(), Vec::new(), platform::Options::default())
}
