//! `gazette publish` into a folder: a bucket with one file a key.
#![expect(clippy::disallowed_methods, reason = "this is where sites are published into folders")]

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use anyhow::Context;

use super::{Directory, OWN, PUBLISHER, files, is_published, record};
use crate::{
    adapters::{WayOut, disk, folder},
    digest::Sha256,
    finding,
    manifest::Manifest,
    ports::{Body, Bucket, Headers, Tag, Trouble, When},
    site::path,
};

/// What begins so is publishers' own.
const PRIVATE: &str = "publisher/";
/// Where in what is publishers' own stands whether folders have a second file.
const LAYOUT: &str = "layout";
const PLAIN: &str = "plain\n";
const SINGLE: &str = "single\n";
const BETWEEN: &str = "changing\n";

#[derive(Debug)]
pub struct Files {
    directory: Directory,
    plain: bool,
    /// Whether what lies there has second files, where that is known.
    lies_plain: Option<bool>,
    /// What `gazette build` has put there.
    built: Option<Manifest>,
}

impl Files {
    /// Takes hold of a folder for one publication.
    pub fn open(place: &Path, plain: bool) -> anyhow::Result<Self> {
        let of_others = || {
            let error = format!("`{}` holds what gazette did not put there", place.display());
            anyhow::Error::from(WayOut::new(error, "name a folder that is empty or does not exist yet"))
        };
        if !folder::is_empty(place)? && !disk::exists(&place.join(OWN)) && !is_published(place) {
            return Err(of_others());
        }
        let directory = Directory::hold(place)?;
        let built = record::built(&directory.root)?;
        let laid_out = read(&directory.own(PUBLISHER).join(LAYOUT), BETWEEN.len()).ok().flatten();
        if !directory.is_fresh && built.is_none() && !is_published(place) {
            if record::is_begun(&directory.root) {
                let error = format!("a build into `{}` did not come to its end", place.display());
                let help = format!("run `gazette build --out {}` first, which makes good what it left", place.display());
                return Err(WayOut::new(error, help).into());
            }
            return Err(of_others());
        }
        let lies_plain = match laid_out.as_deref() {
            _ if directory.is_fresh => Some(plain),
            Some(said) => {
                [(PLAIN, true), (SINGLE, false)].into_iter().find(|(text, _)| said == text.as_bytes()).map(|(_, is)| is)
            }
            None => built.as_ref().map(|record| record.stamp.plain),
        };
        Ok(Self { directory, plain, lies_plain, built: built.map(|record| record.manifest) })
    }

    /// What is published stands, and is this: a new folder takes its place, and what a build has said of it is over.
    pub fn finish(&self, manifest: &Manifest) -> anyhow::Result<()> {
        let is_laid_out = self.lies_plain == Some(self.plain);
        let layout = self.directory.own(PUBLISHER).join(LAYOUT);
        if !is_laid_out {
            // Whoever dies here leaves some of the second files: the next must not believe that they are all there, or all gone.
            disk::write(&layout, BETWEEN.as_bytes())?;
            manifest.keys().try_for_each(|key| self.lay_out(key))?;
        }
        if !is_laid_out || self.directory.is_fresh || self.built.is_some() {
            let said = if self.plain { PLAIN } else { SINGLE };
            disk::write(&layout, said.as_bytes())?;
        }
        record::forget(&self.directory.root)?;
        self.directory.finish()
    }

    /// Gives a key its second file, or takes it away.
    fn lay_out(&self, key: &str) -> anyhow::Result<()> {
        let there = disk::exists(&self.directory.at(&path::file(key)));
        let Some(plain) = path::plain_file(key).filter(|_| there) else { return Ok(()) };
        let laid = if self.plain { self.replace_again(&path::file(key), &plain) } else { self.directory.remove(&plain) };
        laid.with_context(|| format!("could not write `{}`", self.directory.at(&plain).display()))
    }

    /// The files of a key, if they can be files.
    fn files(&self, key: &str) -> Result<Vec<Box<str>>, Trouble> {
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
        if !key.split('/').all(is_plain) {
            return Err(Trouble::Other(format!("{} is no name of a file", finding::quoted(key))));
        }
        if key.starts_with(PRIVATE) {
            return Ok(vec![format!("{OWN}/{key}").into()]);
        }
        Ok(files(key, self.plain).collect())
    }

    /// Writes once where nobody looks yet and nothing lies; elsewhere, a file takes its place as a whole.
    fn write(&self, body: &Body, file: &str) -> io::Result<()> {
        let put_bytes = |new: &mut File| match body {
            Body::Bytes(bytes) => new.write_all(bytes),
            Body::File { path, .. } => copy(path, new),
        };
        if self.directory.is_fresh {
            match self.directory.create(file) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return put_bytes(&mut created?),
            }
        }
        self.replace(file, put_bytes)
    }

    fn replace(&self, file: &str, put_bytes: impl Fn(&mut File) -> io::Result<()>) -> io::Result<()> {
        let (staged, mut new) = self.directory.stage()?;
        put_bytes(&mut new)?;
        self.directory.settle(&staged, file)
    }

    /// As [`Self::write`], of bytes that lie at another place.
    fn write_again(&self, first: &str, second: &str) -> io::Result<()> {
        if self.directory.is_fresh {
            match self.directory.create_again(first, second) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return created,
            }
        }
        self.replace_again(first, second)
    }

    fn replace_again(&self, first: &str, second: &str) -> io::Result<()> {
        // Where the second has been the first's other name, the rename does nothing, and what was staged is swept away in the end.
        let staged = self.directory.stage_again(&self.directory.at(first))?;
        self.directory.settle(&staged, second)
    }

    fn trouble(&self, file: &str, error: &io::Error) -> Trouble {
        let path = self.directory.at(file);
        let said = format!("`{}`: {error}", path.display());
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Trouble::Denied(said),
            io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => {
                let in_the_way = self.directory.in_the_way(file).unwrap_or(path);
                Trouble::Other(format!("`{}` is in the way, and gazette did not write it", in_the_way.display()))
            }
            _ => Trouble::Other(said),
        }
    }
}

fn copy(from: &Path, to: &mut File) -> io::Result<()> {
    io::copy(&mut File::open(from)?, to).map(drop)
}

/// The bytes of a file, if it is there; more than `most` are an error.
pub(super) fn read(file: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    opened.take((most as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(io::Error::other(format!("it has more than {most} bytes"))) } else { Ok(Some(bytes)) }
}

fn tag_of(bytes: &[u8]) -> Tag {
    Tag(Sha256::of(bytes).to_string().into())
}

impl Bucket for Files {
    fn built(&self) -> Option<&Manifest> {
        self.built.as_ref()
    }

    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        let file = &self.files(key)?[0];
        let bytes = read(&self.directory.at(file), most).map_err(|error| self.trouble(file, &error))?;
        Ok(bytes.map(|bytes| {
            let tag = tag_of(&bytes);
            (bytes, tag)
        }))
    }

    fn put(&self, key: &str, body: &Body, _: Headers, when: When) -> Result<Tag, Trouble> {
        let files = self.files(key)?;
        // Nobody else writes while the lock is held.
        let holds = match when {
            When::Always => true,
            When::Absent => !disk::exists(&self.directory.at(&files[0])),
            When::Still(tag) => self.get(key, usize::MAX)?.is_some_and(|(_, lying)| lying == *tag),
        };
        if !holds {
            return Err(Trouble::Conflict(format!("`{key}`")));
        }
        self.write(body, &files[0]).map_err(|error| self.trouble(&files[0], &error))?;
        for file in &files[1..] {
            self.write_again(&files[0], file).map_err(|error| self.trouble(file, &error))?;
        }
        match body {
            Body::Bytes(bytes) => Ok(tag_of(bytes)),
            // Only what is small is swapped.
            Body::File { .. } => Ok(Tag(Box::default())),
        }
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        let plain = path::plain_file(key).map(Box::from);
        for file in self.files(key)?.into_iter().chain(plain) {
            self.directory.remove(&file).map_err(|error| self.trouble(&file, &error))?;
        }
        Ok(())
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        let entries = match fs::read_dir(self.directory.at(prefix)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| self.trouble(prefix, &error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| self.trouble(prefix, &error))?;
            if let Some(name) = entry.file_name().to_str() {
                each(&format!("{prefix}{name}"));
            }
        }
        Ok(())
    }
}
