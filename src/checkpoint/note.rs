//! C2SP signed notes (<https://c2sp.org/signed-note>) with Ed25519 keys: how they are written, signed, read and verified.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::digest::Sha256;

/// A key that notes are verified with, as `<name>+<id>+<key>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: Box<str>,
    id: [u8; 4],
    key: VerifyingKey,
}

/// A key that notes are signed with; it is shown only by [`Signer::secret`].
#[derive(Clone)]
pub struct Signer {
    name: Box<str>,
    id: [u8; 4],
    key: SigningKey,
}

/// Why a note is not what one of the keys signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// Not the form of a signed note.
    Form,
    /// Nobody who is known has signed it.
    Unsigned,
    /// Somebody who is known has not signed this.
    Signature,
}

/// The byte that says Ed25519, before a key and in what its id is made of.
const ED25519: u8 = 1;
/// What stands before a name in a private key.
const PRIVATE: &str = "PRIVATE+KEY+";
/// What begins a signature line: an em dash.
const DASH: &str = "\u{2014} ";
/// More signatures than these are not looked at.
const SIGNATURES_MAX: usize = 100;

/// Whether a key may be called so.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn id_of(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let text = [name.as_bytes(), b"\n", &[ED25519], key.as_bytes()].concat();
    let [a, b, c, d, ..] = *Sha256::of(&text).as_bytes();
    [a, b, c, d]
}

/// Name, id and 32 bytes of a key's text.
fn key_of(text: &str) -> Option<(&str, [u8; 4], [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let digits = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = u32::from_str_radix(id, 16).ok().filter(|_| digits)?.to_be_bytes();
    let key = BASE64.decode(key).ok()?;
    let key = key.strip_prefix(&[ED25519])?.try_into().ok()?;
    is_name(name).then_some((name, id, key))
}

impl Verifier {
    pub fn parse(text: &str) -> Option<Self> {
        let (name, id, key) = key_of(text)?;
        let key = VerifyingKey::from_bytes(&key).ok().filter(|key| !key.is_weak())?;
        (id == id_of(name, &key)).then(|| Self { name: name.into(), id, key })
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), BASE64.encode(key))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Signer {
    /// The key of this name that 32 secret bytes make.
    pub fn of(name: &str, secret: [u8; 32]) -> Option<Self> {
        let key = SigningKey::from_bytes(&secret);
        is_name(name).then(|| Self { name: name.into(), id: id_of(name, &key.verifying_key()), key })
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (name, id, secret) = key_of(text.strip_prefix(PRIVATE)?)?;
        Self::of(name, secret).filter(|signer| signer.id == id)
    }

    pub fn verifier(&self) -> Verifier {
        Verifier { name: self.name.clone(), id: self.id, key: self.key.verifying_key() }
    }

    /// The secret, for the one who made it.
    pub fn secret(&self) -> String {
        let key = [&[ED25519], self.key.as_bytes().as_slice()].concat();
        format!("{PRIVATE}{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), BASE64.encode(key))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A text that ends in a line, with a signature by each of the keys.
pub fn sign(text: &str, signers: &[Signer]) -> String {
    let mut note = text.to_owned();
    if !signers.is_empty() {
        note.push('\n');
    }
    for Signer { name, id, key } in signers {
        let signature = [id.as_slice(), &key.sign(text.as_bytes()).to_bytes()].concat();
        note.push_str(&format!("{DASH}{name} {}\n", BASE64.encode(signature)));
    }
    note
}

/// The text of a note, with its newline, and who of these has signed it.
pub fn open<'a>(note: &'a [u8], verifiers: &[Verifier]) -> Result<(&'a str, Vec<String>), Unverified> {
    let (text, block) = cut(note).ok_or(Unverified::Form)?;
    let lines: Vec<&str> = block.ok_or(Unverified::Form)?.split_terminator('\n').collect();
    if lines.len() > SIGNATURES_MAX {
        return Err(Unverified::Form);
    }
    let mut signed: Vec<&Verifier> = Vec::new();
    for line in lines {
        let (name, id, signature) = signature_of(line).ok_or(Unverified::Form)?;
        let Some(verifier) = verifiers.iter().find(|known| *known.name == *name && known.id == id) else { continue };
        if signed.contains(&verifier) {
            continue;
        }
        let signature = Signature::from_slice(&signature).map_err(|_| Unverified::Signature)?;
        verifier.key.verify_strict(text.as_bytes(), &signature).map_err(|_| Unverified::Signature)?;
        signed.push(verifier);
    }
    if signed.is_empty() {
        return Err(Unverified::Unsigned);
    }
    Ok((text, signed.into_iter().map(|verifier| verifier.name.to_string()).collect()))
}

/// The text of a note, whoever has signed it, if anybody has.
pub fn text(note: &[u8]) -> Result<&str, Unverified> {
    cut(note).map(|(text, _)| text).ok_or(Unverified::Form)
}

/// The text, and the signature lines behind the last empty line, if there is one.
fn cut(note: &[u8]) -> Option<(&str, Option<&str>)> {
    let note = std::str::from_utf8(note).ok()?;
    if note.chars().any(|c| c < ' ' && c != '\n') || !note.ends_with('\n') {
        return None;
    }
    match note.rfind("\n\n") {
        Some(at) => Some((&note[..=at], Some(&note[at + 2..]))).filter(|(_, block)| block.is_some_and(|block| !block.is_empty())),
        None => Some((note, None)),
    }
}

fn signature_of(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let signature = BASE64.decode(signature).ok()?;
    let (id, signature) = signature.split_first_chunk::<4>()?;
    (is_name(name) && !signature.is_empty()).then(|| (name, *id, signature.to_vec()))
}

#[cfg(test)]
mod tests;
