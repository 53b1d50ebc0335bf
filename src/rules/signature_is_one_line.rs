use crate::{
    change::{Change, Touched},
    checkout::Territory,
    evidence::Evidence,
    finding::{Finding, Place},
    key::{SIGNATURE_TEXT_MAX, Signature},
};

use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "signature-is-one-line",
    family: Family::Shape,
    about: "A signature is one line of base64: 64 bytes of Ed25519, or 96 of ECDSA P-384.

Consumers of signed versions read the file as it is. What is no signature in form can never be one in fact, and stays beside
its version for ever.

Write the signature's bytes in base64, for ECDSA `r` and `s` of 48 bytes each, without a heading or a second line.",
    change: Some(judge),
    ..Rule::BLANK
};

fn judge(change: &Change, _: &Evidence) -> Vec<Finding> {
    let is_signature =
        |touched: &&Touched| matches!(touched.territory, Territory::Signature(..) | Territory::NamespaceSignature(_));
    let is_file = |touched: &&Touched| touched.after.is_some_and(|side| side.kind.is_regular());
    let wrong = change.touched.iter().filter(is_signature).filter(is_file).filter(|touched| !is_one_line(change, &touched.path));
    let find = |touched: &Touched| {
        let help = "write what your key signed as one line of base64, or leave the file out";
        RULE.finding(Place::file(&touched.path), "this is no signature of Ed25519 or ECDSA P-384 in base64", help)
    };
    wrong.map(find).collect()
}

fn is_one_line(change: &Change, path: &str) -> bool {
    let bytes = change.checkout.bytes(path).ok().flatten().unwrap_or_default();
    bytes.len() <= SIGNATURE_TEXT_MAX && std::str::from_utf8(&bytes).is_ok_and(|text| Signature::parse(text).is_some())
}
