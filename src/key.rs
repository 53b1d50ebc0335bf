//! Publishers' keys: what they sign, and whether they did.

use base64::{Engine, engine::general_purpose::STANDARD};
use p384::ecdsa::signature::Verifier;

use crate::{
    digest::Sha256,
    name::{Namespace, ServerName},
    version::Version,
};

/// A key as a domain publishes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Ed25519(ed25519_dalek::VerifyingKey),
    EcdsaP384(p384::ecdsa::VerifyingKey),
}

/// One line of base64, as `.sig` files hold it. Whose it is shows when it is held against a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature(Vec<u8>);

/// The longest text that may be a signature: 96 bytes in base64, and the end of the line.
pub const SIGNATURE_TEXT_MAX: usize = 130;

impl PublicKey {
    /// A key by what its record calls its kind, and its bytes in base64: 32 of them for Ed25519, for ECDSA P-384 a compressed
    /// point of 49.
    pub fn parse(kind: &str, base64: &str) -> Option<Self> {
        let bytes = STANDARD.decode(base64).ok()?;
        match kind {
            "ed25519" => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
                // Under a point of low order anybody's signature fits some text.
                (!key.is_weak()).then_some(Self(Kind::Ed25519(key)))
            }
            "ecdsap384" if bytes.len() == 49 => {
                Some(Self(Kind::EcdsaP384(p384::ecdsa::VerifyingKey::from_sec1_bytes(&bytes).ok()?)))
            }
            _ => None,
        }
    }

    /// What its record calls its kind.
    pub fn kind(&self) -> &'static str {
        match &self.0 {
            Kind::Ed25519(_) => "ed25519",
            Kind::EcdsaP384(_) => "ecdsap384",
        }
    }

    /// Whether this key signed the text. Ed25519 is verified strictly: no point of low order, no second spelling. ECDSA is over
    /// SHA-384, as `r` and `s` of 48 bytes each; whoever has one signature can spell it in a second way there, which signs
    /// the same text by the same key.
    pub fn signed(&self, text: &str, Signature(bytes): &Signature) -> bool {
        match &self.0 {
            Kind::Ed25519(key) => ed25519_dalek::Signature::from_slice(bytes)
                .is_ok_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok()),
            Kind::EcdsaP384(key) => {
                p384::ecdsa::Signature::from_slice(bytes).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
            }
        }
    }
}

impl Signature {
    pub fn parse(text: &str) -> Option<Self> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let bytes = STANDARD.decode(line).ok()?;
        matches!(bytes.len(), 64 | 96).then_some(Self(bytes))
    }
}

/// What a key signs of a version: for one registry, and for these bytes.
pub fn entry_text(base_url: &str, name: &ServerName, version: &Version, file: Sha256) -> String {
    format!("gazette-entry-v1\n{base_url}\n{name}\n{version}\n{file}\n")
}

/// What a key signs of a namespace's file.
pub fn namespace_text(base_url: &str, namespace: &Namespace, file: Sha256) -> String {
    format!("gazette-namespace-v1\n{base_url}\n{namespace}\n{file}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Signer;

    fn ed25519() -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&[7; 32])
    }

    fn p384() -> p384::ecdsa::SigningKey {
        p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a scalar")
    }

    fn keys() -> [PublicKey; 2] {
        let point = p384().verifying_key().to_sec1_point(true);
        [
            PublicKey::parse("ed25519", &STANDARD.encode(ed25519().verifying_key().as_bytes())).expect("a key"),
            PublicKey::parse("ecdsap384", &STANDARD.encode(point.as_bytes())).expect("a key"),
        ]
    }

    fn sign(text: &str) -> [Signature; 2] {
        let p384: p384::ecdsa::Signature = p384().sign(text.as_bytes());
        [Signature(ed25519().sign(text.as_bytes()).to_bytes().to_vec()), Signature(p384.to_bytes().to_vec())]
    }

    #[test]
    fn a_signature_is_of_one_text_by_one_key() {
        let name = ServerName::parse("com.example/echo").expect("a name");
        let version = Version::parse("1.0.0").expect("a version");
        let text = |base_url: &str, file: &[u8]| entry_text(base_url, &name, &version, Sha256::of(file));
        let signed = text("https://r.example.com", b"{}");
        for (at, signature) in sign(&signed).iter().enumerate() {
            let keys = keys();
            assert!(keys[at].signed(&signed, signature));
            assert!(!keys[1 - at].signed(&signed, signature), "another kind of key");
            assert!(!keys[at].signed(&text("https://other.example.com", b"{}"), signature), "another registry");
            assert!(!keys[at].signed(&text("https://r.example.com", b"{ }"), signature), "other bytes");
            let namespace = Namespace::parse("com.example").expect("a namespace");
            let of_namespace = namespace_text("https://r.example.com", &namespace, Sha256::of(b"{}"));
            assert!(!keys[at].signed(&of_namespace, signature), "another purpose");
            let mut bent = signature.clone();
            bent.0[10] ^= 1;
            assert!(!keys[at].signed(&signed, &bent));
        }
    }

    #[test]
    fn an_ed25519_signature_has_one_spelling() {
        // The order of the group; adding it to `s` gives the same point, and a second spelling.
        let order = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let [Signature(mut bytes), _] = sign("text");
        let mut carry = 0;
        for (byte, add) in bytes[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + add + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert!(!keys()[0].signed("text", &Signature(bytes)));
    }

    #[test]
    fn weak_and_crooked_keys_are_none() {
        let mut identity = [0; 32];
        identity[0] = 1;
        // A point of order 8, and one of order 2.
        let eighth = [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53,
            0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ];
        let mut second = [0xff; 32];
        second[0] = 0xec;
        second[31] = 0x7f;
        for weak in [[0; 32], identity, eighth, second] {
            assert_eq!(PublicKey::parse("ed25519", &STANDARD.encode(weak)), None);
        }
        let point = p384().verifying_key().to_sec1_point(false);
        for (kind, bytes) in
            [("ed25519", &[7; 31][..]), ("ecdsap384", &[2; 48]), ("ecdsap384", &[0]), ("ecdsap384", point.as_bytes())]
        {
            assert_eq!(PublicKey::parse(kind, &STANDARD.encode(bytes)), None, "{kind}");
        }
        assert_eq!(PublicKey::parse("rsa", &STANDARD.encode([7; 32])), None);
        let zeros = [Signature(vec![0; 64]), Signature(vec![0; 96])];
        assert!(keys().iter().zip(&zeros).all(|(key, zero)| !key.signed("text", zero)));
    }

    #[test]
    fn a_signature_file_is_one_line() {
        let line = STANDARD.encode([7; 64]);
        for good in [line.clone(), format!("{line}\n"), format!("{line}\r\n"), STANDARD.encode([7; 96])] {
            assert!(good.len() <= SIGNATURE_TEXT_MAX);
            assert!(Signature::parse(&good).is_some(), "{good:?}");
        }
        for bad in [String::new(), format!("{line}\n\n"), format!(" {line}"), STANDARD.encode([7; 65]), line.replace('=', "")] {
            assert_eq!(Signature::parse(&bad), None, "{bad:?}");
        }
    }
}
