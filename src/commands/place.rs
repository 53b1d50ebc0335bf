//! Where a command works: the registry's folder, and the repository around it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    adapters::{WayOut, disk, folder, git::Repository, terminal},
    checkout::Checkout,
    config::{Config, ConfigFlaw},
    digest::GitId,
    finding::Place as At,
    history::{self, History},
    instant::Instant,
    rules::Settings,
};

pub(super) struct Place {
    /// The registry's folder.
    pub(super) data: PathBuf,
    repository: Option<Repository>,
    /// From the top of the repository to the folder, as [`Checkout::prefix`].
    pub(super) prefix: String,
}

/// A registry's files and what happened to them.
pub(super) struct Source {
    pub(super) checkout: Checkout,
    pub(super) history: Arc<History>,
    /// How many files lie there otherwise than in the commit.
    pub(super) uncommitted: usize,
}

/// The name by which the folder is looked for.
const FOLDER: &str = "registry-data";

/// Says that files which differ from the commit are no part of the site.
pub(super) fn note_uncommitted(files: usize) {
    match files {
        0 => {}
        1 => terminal::note("note: 1 file differs from the commit; it is no part of the site"),
        some => terminal::note(&format!("note: {some} files differ from the commit; they are no part of the site")),
    }
}

impl Place {
    /// The folder that was named, else `registry-data` here or in a folder above, else here.
    pub(super) fn find(named: Option<&Path>) -> anyhow::Result<Self> {
        let data = named.map_or_else(nearby, |dir| Ok(dir.to_owned()))?;
        // Two commits can be judged without a work tree, where the folder is in them alone.
        let there = data.ancestors().find(|dir| folder::is_folder(dir)).unwrap_or(Path::new("."));
        let repository = Repository::discover(there)?;
        let prefix = match &repository {
            Some(repository) => {
                let below = data.strip_prefix(there).unwrap_or(&data);
                let parts = below.components().map(|part| part.as_os_str().to_string_lossy().into_owned() + "/");
                repository.prefix(there)? + &parts.collect::<String>()
            }
            None => String::new(),
        };
        Ok(Self { data, repository, prefix })
    }

    /// The settings of the registry that we are in, as they lie, if we are in one.
    pub(super) fn nearby_config() -> anyhow::Result<Option<Config>> {
        let Ok(data) = nearby() else { return Ok(None) };
        let file = data.join("registry.toml");
        let path = file.display().to_string();
        let config = Config::parse(&path, &disk::read_text(&file)?);
        config.map(Some).map_err(|flaw| WayOut { error: located(&flaw.place, &flaw.message), help: flaw.help }.into())
    }

    pub(super) fn repository(&self) -> anyhow::Result<&Repository> {
        self.repository.as_ref().ok_or_else(|| WayOut::no_git(&self.data).into())
    }

    /// The last commit, read from git's objects.
    pub(super) fn committed(&self) -> anyhow::Result<Source> {
        let repository = self.repository()?;
        let head = repository.head()?;
        let (committed, lying) = rayon::join(|| self.committed_at(head), || self.work_tree(repository));
        let (checkout, history) = committed?;
        let uncommitted = lying?.map_or(0, |lying| checkout.difference(&lying));
        Ok(Source { checkout, history: history.into(), uncommitted })
    }

    /// How many files lie otherwise than in the last commit.
    pub(super) fn uncommitted(&self) -> anyhow::Result<usize> {
        let repository = self.repository()?;
        let head = repository.tree(repository.head()?)?;
        let (committed, lying) = rayon::join(|| repository.checkout(&head, &self.prefix), || self.work_tree(repository));
        let committed = committed?;
        Ok(lying?.map_or(0, |lying| committed.difference(&lying)))
    }

    /// The files as they lie, if there are any beside those in commits.
    fn work_tree(&self, repository: &Repository) -> anyhow::Result<Option<Checkout>> {
        repository.root().filter(|_| folder::is_folder(&self.data)).map(|_| self.files()).transpose()
    }

    /// The files as they lie, and the history of the last commit with whatever is uncommitted after it.
    pub(super) fn lying(&self) -> anyhow::Result<Source> {
        self.both().map(|(lying, _)| lying)
    }

    /// The same; if nothing is uncommitted, read from git's objects: one pack is sooner read than a hundred thousand files that no
    /// one has asked for lately.
    pub(super) fn lying_or_committed(&self) -> anyhow::Result<Source> {
        let (lying, committed) = self.both()?;
        Ok(if lying.uncommitted == 0 { Source { checkout: committed, ..lying } } else { lying })
    }

    /// The files as they lie, and those of the last commit.
    fn both(&self) -> anyhow::Result<(Source, Checkout)> {
        let repository = self.repository()?;
        let head = repository.head()?;
        let (lying, committed) = rayon::join(|| self.files(), || self.committed_at(head));
        let (checkout, (committed, history)) = (lying?, committed?);
        let uncommitted = committed.difference(&checkout);
        let history = match uncommitted {
            0 => history,
            _ => history.with_uncommitted(history::uncommitted(&committed, &checkout)?),
        };
        Ok((Source { checkout, history: history.into(), uncommitted }, committed))
    }

    /// A number that changes whenever the files as they lie do.
    pub(super) fn fingerprint(&self) -> anyhow::Result<u64> {
        disk::fingerprint(&self.data)
    }

    /// Any commit.
    pub(super) fn at(&self, commit: GitId) -> anyhow::Result<Source> {
        let (checkout, history) = self.committed_at(commit)?;
        Ok(Source { checkout, history: history.into(), uncommitted: 0 })
    }

    fn committed_at(&self, commit: GitId) -> anyhow::Result<(Checkout, History)> {
        let repository = self.repository()?;
        Ok((repository.checkout(&repository.tree(commit)?, &self.prefix)?, repository.history(commit, &self.prefix)?))
    }

    /// The files as they lie, all of them published at one time.
    pub(super) fn as_of(&self, at: Instant) -> anyhow::Result<Source> {
        let checkout = self.files()?;
        let history = History::as_of(&checkout, at)?;
        Ok(Source { checkout, history: history.into(), uncommitted: 0 })
    }

    /// The files as they lie.
    pub(super) fn files(&self) -> anyhow::Result<Checkout> {
        if !folder::is_folder(&self.data) {
            let error = format!("there is no folder `{}`", self.data.display());
            return Err(WayOut { error, help: "name the registry's folder with `--data DIR`".to_owned() }.into());
        }
        let mut files = match &self.repository {
            Some(repository) => repository.lying(&self.data, &self.prefix)?,
            None => disk::list(&self.data, &self.prefix, &disk::NoIndex)?,
        };
        disk::identify(&mut files)?;
        Ok(files)
    }
}

fn nearby() -> anyhow::Result<PathBuf> {
    let here = folder::current()?;
    let above = here.ancestors().map(|dir| dir.join(FOLDER)).find(|dir| folder::is_file(&dir.join("registry.toml")));
    above.or_else(|| folder::is_file(&here.join("registry.toml")).then(|| here.clone())).ok_or_else(|| {
        let error = format!("found no `{FOLDER}/registry.toml` in `{}` or a folder above it", here.display());
        WayOut { error, help: "name the registry's folder with `--data DIR`, or begin one with `gazette new DIR`".to_owned() }
            .into()
    })
}

/// The settings of a tree; without them nothing can be judged, so a mistake in them is the operator's error.
pub(super) fn settings(checkout: &Checkout) -> anyhow::Result<(Config, Settings)> {
    let path = format!("{}registry.toml", checkout.prefix);
    let text = checkout.text(&path)?.ok_or_else(|| {
        let error = format!("there is no `{path}`");
        WayOut { error, help: "write one with at least `title` and `base_url`; `gazette new DIR` shows every setting".to_owned() }
    })?;
    let read = || {
        let config = Config::parse(&path, &text)?;
        let settings = Settings::of(&config, &path, &text)?;
        Ok((config, settings))
    };
    read().map_err(|flaw: ConfigFlaw| WayOut { error: located(&flaw.place, &flaw.message), help: flaw.help }.into())
}

pub(super) fn located(place: &At, message: &str) -> String {
    format!("{}:{}:{}: {message}", place.path, place.line, place.column)
}
