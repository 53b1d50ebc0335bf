//! Notes against vectors that Python's `cryptography` made from the words of the specification.

use super::*;

const TEXT: &str = "gazette checkpoint v1\nhttps://registry.example.com\n42\nSBNJTRN+FjG7owHVrKtue7eqdM4RhdRWVl71HXN2d7I=\n\
                    epoch 0a1b2c3d4e5f\nserial 7\ncommit 0123456789abcdef0123456789abcdef01234567\ngenerator gazette 0.1.0\n\
                    time 2026-11-21T06:30:00Z\nexpires 2026-11-28T06:30:00Z\n";
/// Of the secret bytes 0, 1, 2 … 31.
const FIRST: [&str; 3] = [
    "registry.example.com+b9c66412+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
    "PRIVATE+KEY+registry.example.com+b9c66412+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
    "— registry.example.com ucZkEsRib5+Etga4yoUSUn3BDCIqlIGIHLbLpmc7ola4NLJ44UJU98HYoLsbNNiTjK3D5S1bD9Fv5GnhI676KhesKwY=",
];
/// Of the digest of `next`.
const NEXT: [&str; 3] = [
    "registry.example.com/next+a4923a8a+AR5fe0gr2kw9uMzEXCpfcHvzt4mrSXj7yBuhbs4IDIWc",
    "PRIVATE+KEY+registry.example.com/next+a4923a8a+AcbByanIVD8eTNmABkzxYl7rYakHA7JGT/8DnyFoJQiz",
    "— registry.example.com/next pJI6isTG/E/kQLpLb/NXfxe/etauQ68EQJUsAqQb/h7WBotIcrxJYax/BUe6U12X6TfqUaM1nTojv2ZgW/gLpioZsAg=",
];

fn verifier(key: [&str; 3]) -> Verifier {
    Verifier::parse(key[0]).expect("a verifier")
}

fn signer(key: [&str; 3]) -> Signer {
    Signer::parse(key[1]).expect("a signer")
}

fn note(lines: &[&str]) -> String {
    format!("{TEXT}\n{}\n", lines.join("\n"))
}

#[test]
fn keys_are_written_as_others_write_them() {
    let first = Signer::of("registry.example.com", std::array::from_fn(|at| u8::try_from(at).expect("small"))).expect("a key");
    let next = Signer::of("registry.example.com/next", *Sha256::of(b"next").as_bytes()).expect("a key");
    for (key, signer) in [(FIRST, first), (NEXT, next)] {
        assert_eq!(signer.verifier().to_string(), key[0]);
        assert_eq!(signer.secret(), key[1]);
        assert_eq!(verifier(key).to_string(), key[0]);
        assert_eq!(Signer::parse(key[1]).map(|signer| signer.secret()).as_deref(), Some(key[1]));
        assert!(!format!("{signer:?}").contains("AQ"), "a secret is not shown by accident");
    }
}

#[test]
fn signatures_are_those_that_others_make() {
    assert_eq!(sign(TEXT, &[signer(FIRST)]), note(&[FIRST[2]]));
    assert_eq!(sign(TEXT, &[signer(FIRST), signer(NEXT)]), note(&[FIRST[2], NEXT[2]]));
    assert_eq!(sign(TEXT, &[]), TEXT);
}

#[test]
fn one_key_is_enough_while_keys_rotate() {
    let both = note(&[FIRST[2], NEXT[2]]);
    for (known, by) in [
        (vec![FIRST], vec!["registry.example.com"]),
        (vec![NEXT], vec!["registry.example.com/next"]),
        (vec![NEXT, FIRST], vec!["registry.example.com", "registry.example.com/next"]),
    ] {
        let known: Vec<Verifier> = known.into_iter().map(verifier).collect();
        let by = by.into_iter().map(str::to_owned).collect();
        assert_eq!(open(both.as_bytes(), &known), Ok((TEXT, by)));
    }
    assert_eq!(open(both.as_bytes(), &[]), Err(Unverified::Unsigned));
    assert_eq!(open(note(&[NEXT[2]]).as_bytes(), &[verifier(FIRST)]), Err(Unverified::Unsigned));
}

#[test]
fn what_is_not_signed_so_is_refused() {
    let known = [verifier(FIRST)];
    let refused = |note: &str| open(note.as_bytes(), &known).expect_err("a flaw");
    let good = note(&[FIRST[2]]);
    assert_eq!(refused(&good.replacen("serial 7", "serial 8", 1)), Unverified::Signature);
    assert_eq!(refused(&good.replacen("ucZkEsRib5", "ucZkEsRib6", 1)), Unverified::Signature);
    // The id of the one key before the signature of the other.
    assert_eq!(refused(&note(&["— registry.example.com ucZkEg=="])), Unverified::Form);
    assert_eq!(refused(&note(&["— registry.example.com ucZkEgA="])), Unverified::Signature);
    assert_eq!(refused(&note(&[NEXT[2], &FIRST[2].replace("rib5", "rib6").replace("Rib5", "Rib6")])), Unverified::Signature);
    // A name alone, or an id alone, is nobody who is known.
    assert_eq!(refused(&note(&[&NEXT[2].replace("/next", "")])), Unverified::Unsigned);
    assert_eq!(refused(&note(&[&FIRST[2].replace("example.com", "example.org")])), Unverified::Unsigned);
    for form in [
        TEXT.to_owned(),
        format!("{TEXT}\n"),
        good.trim_end().to_owned(),
        good.replacen('—', "-", 1),
        good.replacen("— ", "—", 1),
        good.replacen("epoch", "\tepoch", 1),
        good.replacen('\n', "\r\n", 1),
        format!("{good}\n"),
        format!("{good}nonsense\n"),
        good.replacen("KwY=", "KwY", 1),
        note(&[FIRST[2]; 101]),
    ] {
        assert_eq!(refused(&form), Unverified::Form, "{form:?}");
    }
    assert_eq!(open(b"\xff\n\n", &known), Err(Unverified::Form));
    let again = note(&[FIRST[2], FIRST[2], "— somebody.example.net AAAAAAA="]);
    assert_eq!(open(again.as_bytes(), &known).map(|(_, by)| by.len()), Ok(1), "one key counts once, strangers not at all");
}

#[test]
fn keys_that_are_not_whole_are_none() {
    for wrong in [
        "registry.example.com+b9c66413+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "registry.example.com+B9C66412+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "registry.example.com+b9c66412+AgOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "registry.example.com+b9c66412+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVQ==",
        "registry example.com+b9c66412+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "+b9c66412+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
        "registry.example.com",
        "",
    ] {
        assert_eq!(Verifier::parse(wrong), None, "{wrong}");
    }
    assert!(Signer::parse(FIRST[0]).is_none());
    assert!(Signer::parse(&FIRST[1].replace("b9c66412", "b9c66413")).is_none());
    assert!(Signer::of("two words", [0; 32]).is_none());
}
