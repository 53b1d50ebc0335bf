//! A git repository read in this process: nothing in it is executed, and no configuration but its own is consulted.

mod line;
mod lying;
mod merge;
mod objects;
mod pack;
mod packs;
mod walk;

use std::{
    fmt,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;

pub use merge::{Merged, Point};
pub use objects::Tree;

use super::WayOut;
use crate::{checkout::escape, digest::GitId};

/// A repository of the SHA-1 kind, with or without a work tree.
#[derive(Clone)]
pub struct Repository {
    shared: gix::ThreadSafeRepository,
    packs: Arc<packs::Packs>,
}

/// The object id that git gives a file of these bytes.
pub fn blob_id(bytes: &[u8]) -> GitId {
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, bytes);
    objects::git_id(&id.expect("no collision attack is hidden in an entry"))
}

impl WayOut {
    /// There is no repository where one is needed.
    pub fn no_git(dir: &Path) -> Self {
        Self::new(
            format!("`{}` is in no git repository, and the order and time of publications come from git", dir.display()),
            "run `git init` and commit the registry; or pass `--as-of <time>` to take the files as they lie",
        )
    }

    fn no_commits() -> Self {
        Self::new(
            "the repository has no commits yet, and the order and time of publications come from them",
            "commit the registry; or pass `--as-of <time>` to take the files as they lie",
        )
    }

    fn shallow() -> Self {
        Self::new(
            "this is a shallow clone, and the order and time of publications come from the whole history",
            "run `git fetch --unshallow`; in a GitHub workflow, give `actions/checkout` the input `fetch-depth: 0`",
        )
    }

    fn partial(id: GitId) -> Self {
        Self::new(
            format!("this is a partial clone without object {id}, and a registry is told from all objects"),
            "run `git fetch --refetch --no-filter`; in a GitHub workflow, give `actions/checkout` no `filter`",
        )
    }
}

/// What to say of an object that is not there.
fn missing(repo: &gix::Repository, id: GitId) -> anyhow::Error {
    let config = repo.config_snapshot();
    let mut remotes = config.plumbing().sections_by_name("remote").into_iter().flatten();
    let promised = config.string("extensions.partialClone").is_some()
        || remotes.any(|remote| remote.value("promisor").is_some() || remote.value("partialCloneFilter").is_some());
    if promised {
        WayOut::partial(id).into()
    } else {
        WayOut::new(format!("the repository lacks object {id}"), "run `git fsck` to see what else is lost, then clone it again")
            .into()
    }
}

impl Repository {
    /// The repository that `dir` lies in, if it lies in one.
    ///
    /// Who owns the files does not matter: in a container they are often somebody else's, and nothing in them is executed.
    pub fn discover(dir: &Path) -> anyhow::Result<Option<Self>> {
        // Replacement refs are local and would tell a history that no other clone has.
        let options =
            gix::open::Options::isolated().config_overrides(["core.useReplaceRefs=false"]).filter_config_section(|_| true);
        let trust = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
        let dir = super::disk::real_path(dir)?;
        let found = gix::ThreadSafeRepository::discover_opts(&dir, gix::discover::upwards::Options::default(), trust);
        match found {
            Ok(shared) => {
                let packs = packs::Packs::open(shared.objects_dir());
                Ok(Some(Self { shared, packs }))
            }
            Err(error) if nowhere(&error) => Ok(None),
            Err(error) => Err(error).with_context(|| format!("could not open the git repository of `{}`", dir.display())),
        }
    }

    /// The top of the work tree, unless the repository is bare.
    pub fn root(&self) -> Option<&Path> {
        self.shared.work_dir()
    }

    /// The folder that all work trees of the repository share.
    pub fn common_dir(&self) -> &Path {
        self.shared.common_dir.as_deref().unwrap_or_else(|| self.shared.git_dir())
    }

    /// Where a folder lies in the repository: empty for its top, else ending in `/`.
    pub fn prefix(&self, dir: &Path) -> anyhow::Result<String> {
        let Some(root) = self.root() else { return Ok(String::new()) };
        let (dir, root) = (super::disk::real_path(dir)?, super::disk::real_path(root)?);
        let inside = dir.strip_prefix(&root).with_context(|| format!("`{}` is not in `{}`", dir.display(), root.display()))?;
        let mut prefix = String::new();
        for part in inside.components() {
            if let Component::Normal(part) = part {
                prefix.push_str(&escape(part.as_encoded_bytes()));
                prefix.push('/');
            }
        }
        Ok(prefix)
    }

    /// The commit that `rev` names: a branch, a tag, an id, or anything else that git understands.
    pub fn resolve(&self, rev: &str) -> anyhow::Result<GitId> {
        let repo = self.shared.to_thread_local();
        let found =
            repo.rev_parse_single(rev).ok().and_then(|id| id.object().ok()).and_then(|object| object.peel_to_commit().ok());
        let commit = found.ok_or_else(|| {
            let named = crate::finding::quoted(rev);
            let fetch = named.trim_matches('`');
            WayOut::new(
                format!("{named} names no commit of this repository"),
                format!("run `git fetch origin {fetch}` if it is a branch or commit of the remote, and name it as `FETCH_HEAD`"),
            )
        })?;
        Ok(objects::git_id(&commit.id))
    }

    /// The commit that is checked out.
    pub fn head(&self) -> anyhow::Result<GitId> {
        let repo = self.shared.to_thread_local();
        let head = repo.head().context("could not read `HEAD`")?;
        if head.is_unborn() {
            return Err(WayOut::no_commits().into());
        }
        self.resolve("HEAD")
    }

    /// The tree of a commit.
    pub fn tree(&self, commit: GitId) -> anyhow::Result<Tree> {
        let objects = objects::Objects::new(self, &[], &packs::Cache::holding(1 << 20));
        Ok(Tree::stored(line::Step::read(&objects, commit)?.tree))
    }

    /// Where the index lies that belongs to the work tree.
    fn index_path(&self) -> PathBuf {
        self.shared.git_dir().join("index")
    }
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository").field("git", &self.shared.git_dir()).finish_non_exhaustive()
    }
}

/// Whether looking for a repository came to the top without finding one.
fn nowhere(error: &gix::Error) -> bool {
    use gix::discover::upwards::Error;
    let found = error.downcast_any_ref::<Error>();
    found.is_some_and(|error| !matches!(error, Error::NoTrustedGitRepository { .. }))
}
