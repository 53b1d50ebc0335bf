//! The pointer of a published site: which manifest is current, as a few lines of text that are signed as a C2SP signed note.
//! It is the only public object that depends on a clock, and the clock is its caller's.

pub mod note;

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use crate::{
    digest::{GitId, Sha256},
    instant::Instant,
};

use note::{Signer, Unverified, Verifier};

/// What the pointer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Without a slash at the end.
    pub base_url: String,
    /// Counts publications; a reader that has seen a larger one refuses this.
    pub publication: u64,
    /// Of the manifest's root.
    pub root: Sha256,
    pub epoch: String,
    pub serial: u32,
    /// Absent where the files were taken as they lie.
    pub commit: Option<GitId>,
    pub generator: String,
    pub time: Instant,
    pub expires: Instant,
}

/// Whom a reader believes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Whoever writes to the place: the pointer is read without regard to signatures.
    Anyone,
    /// One good signature by any of these is enough, and none by any of them may be bad.
    Keys(Vec<Verifier>),
}

/// Why a pointer is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// No signed note, or not of this form.
    Form,
    /// No key that is trusted has signed it.
    Unsigned,
    /// A signature by a key that is trusted is bad.
    Signature,
    /// Of another registry.
    Address,
    Expired,
    /// A newer one was seen before.
    Older,
    /// Another one of the same number was seen before.
    Forked,
}

/// The first line, which no other kind of note has.
const ORIGIN: &str = "gazette checkpoint v1";
/// Nothing that is longer is read.
pub const BYTES_MAX: usize = 64 << 10;

impl Checkpoint {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        let Self { base_url, publication, root, epoch, serial, commit, generator, time, expires } = self;
        let root = BASE64.encode(root.as_bytes());
        let commit = commit.map_or_else(|| "none".to_owned(), |commit| commit.to_string());
        format!(
            "{ORIGIN}\n{base_url}\n{publication}\n{root}\nepoch {epoch}\nserial {serial}\ncommit {commit}\n\
             generator {generator}\ntime {time}\nexpires {expires}\n"
        )
    }

    /// Nothing, unless it is exactly what [`Checkpoint::text`] writes; lines of the same kind may follow.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != ORIGIN {
            return None;
        }
        let base_url = lines.next()?.to_owned();
        let publication = number(lines.next()?)?;
        let root = BASE64.decode(lines.next()?).ok()?;
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ');
        let checkpoint = Self {
            base_url,
            publication,
            root: Sha256::from_bytes(root.try_into().ok()?),
            epoch: value("epoch")?.to_owned(),
            serial: u32::try_from(number(value("serial")?)?).ok()?,
            commit: match value("commit")? {
                "none" => None,
                id => Some(GitId::parse(id)?),
            },
            generator: value("generator")?.to_owned(),
            time: moment(value("time")?)?,
            expires: moment(value("expires")?)?,
        };
        let clean = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let follows = |line: &str| line.split_once(' ').is_some_and(|(key, value)| clean(key) && clean(value));
        let sound = clean(&checkpoint.base_url) && clean(&checkpoint.epoch) && clean(&checkpoint.generator);
        (sound && lines.all(follows)).then_some(checkpoint)
    }

    /// The note with a signature by each of these; without any, the lines alone. Nothing, if a value cannot stand on a line.
    pub fn sign(&self, signers: &[Signer]) -> Option<String> {
        let text = self.text();
        (Self::parse(&text).as_ref() == Some(self)).then(|| note::sign(&text, signers))
    }

    /// Reads a pointer as it lies.
    pub fn read(bytes: &[u8], trust: &Trust) -> Result<Self, Distrust> {
        let bytes = bytes.get(..=BYTES_MAX).map_or(Ok(bytes), |_| Err(Distrust::Form))?;
        let text = match trust {
            Trust::Anyone => note::text(bytes),
            Trust::Keys(verifiers) => note::open(bytes, verifiers).map(|(text, _)| text),
        };
        let text = text.map_err(|unverified| match unverified {
            Unverified::Form => Distrust::Form,
            Unverified::Unsigned => Distrust::Unsigned,
            Unverified::Signature => Distrust::Signature,
        })?;
        Self::parse(text).ok_or(Distrust::Form)
    }

    /// Whether a reader of this registry who last saw `seen` may follow it now.
    pub fn accept(&self, base_url: &str, seen: Option<&Self>, now: Instant) -> Result<(), Distrust> {
        if self.base_url != base_url {
            return Err(Distrust::Address);
        }
        if let Some(seen) = seen {
            if self.publication < seen.publication {
                return Err(Distrust::Older);
            }
            if self.publication == seen.publication && self.root != seen.root {
                return Err(Distrust::Forked);
            }
        }
        if now > self.expires { Err(Distrust::Expired) } else { Ok(()) }
    }
}

/// A number as it is written, without signs and zeros in front.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn moment(text: &str) -> Option<Instant> {
    Instant::parse(text).filter(|instant| instant.to_string() == text)
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "it is no checkpoint",
            Self::Unsigned => "no trusted key has signed it",
            Self::Signature => "a signature on it is bad",
            Self::Address => "it is another registry's",
            Self::Expired => "it has expired",
            Self::Older => "a newer one was seen before",
            Self::Forked => "another one of the same number was seen before",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            base_url: "https://registry.example.com".to_owned(),
            publication: 42,
            root: Sha256::of(b"root"),
            epoch: "0a1b2c3d4e5f".to_owned(),
            serial: 7,
            commit: GitId::parse("0123456789abcdef0123456789abcdef01234567"),
            generator: "gazette 0.1.0".to_owned(),
            time: Instant::parse("2026-11-21T06:30:00Z").expect("a time"),
            expires: Instant::parse("2026-11-28T06:30:00Z").expect("a time"),
        }
    }

    #[test]
    fn the_lines_are_these() {
        let text = "gazette checkpoint v1\nhttps://registry.example.com\n42\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n\
                    epoch 0a1b2c3d4e5f\nserial 7\ncommit 0123456789abcdef0123456789abcdef01234567\ngenerator gazette 0.1.0\n\
                    time 2026-11-21T06:30:00Z\nexpires 2026-11-28T06:30:00Z\n";
        let written = checkpoint().text();
        assert_eq!(written, text);
        assert_eq!(Checkpoint::parse(&written), Some(checkpoint()));
        let without = Checkpoint { commit: None, ..checkpoint() };
        assert_eq!(Checkpoint::parse(&without.text()), Some(without));
        assert_eq!(Checkpoint::parse(&format!("{written}size 12\n")), Some(checkpoint()), "a later version says more");
    }

    #[test]
    fn anything_else_is_none() {
        let text = checkpoint().text();
        let swapped = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        };
        for wrong in [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("{text}size\n"),
            format!("\n{text}"),
            swapped("v1", "v2"),
            swapped("\n42\n", "\n042\n"),
            swapped("\n42\n", "\n+42\n"),
            swapped("\n42\n", "\n-1\n"),
            swapped("\n42\n", "\n99999999999999999999\n"),
            swapped("https://registry.example.com", ""),
            swapped("epoch 0a1b2c3d4e5f", "epoch "),
            swapped("epoch ", "epoch\t"),
            swapped("epoch ", "Epoch "),
            swapped("serial 7", "serial 4294967296"),
            swapped("0123456789abcdef0", "0123456789ABCDEF0"),
            swapped("06:30:00Z", "06:30:00+00:00"),
            swapped("time", "expires"),
            swapped("=\n", "\n"),
            swapped("\n", "\r\n"),
        ] {
            assert_eq!(Checkpoint::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_cannot_stand_on_a_line_is_not_signed() {
        for epoch in ["", "a\nserial 9", "a\rb"] {
            assert_eq!(Checkpoint { epoch: epoch.to_owned(), ..checkpoint() }.sign(&[]), None, "{epoch:?}");
        }
        assert_eq!(checkpoint().sign(&[]), Some(checkpoint().text()));
    }

    #[test]
    fn readers_go_forward_only() {
        let now = Instant::parse("2026-11-22T00:00:00Z").expect("a time");
        let ours = "https://registry.example.com";
        let at = |publication: u64, root: &[u8]| Checkpoint { publication, root: Sha256::of(root), ..checkpoint() };
        let seen = at(42, b"root");
        let accept = |next: Checkpoint| next.accept(ours, Some(&seen), now);
        assert_eq!(accept(at(43, b"other")), Ok(()));
        assert_eq!(accept(at(42, b"root")), Ok(()));
        assert_eq!(accept(at(42, b"other")), Err(Distrust::Forked));
        assert_eq!(accept(at(41, b"root")), Err(Distrust::Older));
        assert_eq!(checkpoint().accept("https://other.example.com", None, now), Err(Distrust::Address));
        assert_eq!(checkpoint().accept(ours, None, Instant(checkpoint().expires.0 + 1)), Err(Distrust::Expired));
        assert_eq!(checkpoint().accept(ours, None, checkpoint().expires), Ok(()));
    }

    #[test]
    fn anyone_is_trusted_only_if_told_so() {
        let unsigned = checkpoint().sign(&[]).expect("a note");
        assert_eq!(Checkpoint::read(unsigned.as_bytes(), &Trust::Anyone), Ok(checkpoint()));
        assert_eq!(Checkpoint::read(unsigned.as_bytes(), &Trust::Keys(Vec::new())), Err(Distrust::Form));
        let signer = Signer::of("registry.example.com", [7; 32]).expect("a key");
        let note = checkpoint().sign(std::slice::from_ref(&signer)).expect("a note");
        assert_eq!(Checkpoint::read(note.as_bytes(), &Trust::Anyone), Ok(checkpoint()));
        assert_eq!(Checkpoint::read(note.as_bytes(), &Trust::Keys(vec![signer.verifier()])), Ok(checkpoint()));
        assert_eq!(Checkpoint::read(note.as_bytes(), &Trust::Keys(Vec::new())), Err(Distrust::Unsigned));
        let huge = vec![b'a'; BYTES_MAX + 1];
        assert_eq!(Checkpoint::read(&huge, &Trust::Anyone), Err(Distrust::Form));
    }
}
