//! Tokens and keys by the forms that services gave them so that they can be found; it knows nothing of where a text is from.

/// One secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// What it is, with its article.
    pub kind: &'static str,
    /// So much of its beginning as gives nothing away.
    pub shown: &'static str,
    /// In bytes.
    pub start: usize,
    pub end: usize,
}

/// How the secrets of one kind begin, and what follows.
struct Form {
    kind: &'static str,
    /// All of them begin so.
    prefix: &'static str,
    /// Where in the prefix the rarest three bytes begin.
    anchor: usize,
    body: Body,
}

enum Body {
    /// At least so many of these bytes.
    Run(fn(u8) -> bool, usize),
    /// Exactly so many, and no more.
    Exactly(fn(u8) -> bool, usize),
    /// Runs of at least so many, joined by dots.
    Dotted(&'static [usize]),
    /// Such a run of which a part is this.
    With(&'static str, usize),
    /// The rest of a PEM header, and base64 after it.
    Pem,
}

use Body::{Dotted, Exactly, Pem, Run, With};

const fn form(kind: &'static str, prefix: &'static str, anchor: usize, body: Body) -> Form {
    Form { kind, prefix, anchor, body }
}

fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

/// base64url
fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')
}

fn hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

fn base32(b: u8) -> bool {
    matches!(b, b'A'..=b'Z' | b'2'..=b'7')
}

fn slack(b: u8) -> bool {
    alnum(b) || b == b'-'
}

fn path(b: u8) -> bool {
    alnum(b) || b == b'/'
}

/// As the services document them, or as GitHub's and GitLab's secret scanning look for them.
const FORMS: [Form; 40] = [
    form("a GitHub token", "ghp_", 0, Run(alnum, 36)),
    form("a GitHub token", "gho_", 0, Run(alnum, 36)),
    form("a GitHub token", "ghu_", 0, Run(alnum, 36)),
    form("a GitHub token", "ghs_", 0, Run(alnum, 36)),
    form("a GitHub token", "ghr_", 0, Run(alnum, 36)),
    form("a GitHub token", "github_pat_", 5, Run(word, 60)),
    form("a GitLab token", "glpat-", 0, Run(word, 20)),
    form("a GitLab token", "glrt-", 0, Run(word, 20)),
    form("a GitLab token", "gldt-", 0, Run(word, 20)),
    form("an AWS access key", "AKIA", 0, Exactly(base32, 16)),
    form("an AWS access key", "ASIA", 0, Exactly(base32, 16)),
    form("a Google API key", "AIza", 0, Exactly(word, 35)),
    form("a Google client secret", "GOCSPX-", 0, Run(word, 28)),
    form("a Slack token", "xoxb-", 0, Run(slack, 24)),
    form("a Slack token", "xoxp-", 0, Run(slack, 24)),
    form("a Slack token", "xoxe-", 0, Run(slack, 24)),
    form("a Slack token", "xoxa-", 0, Run(slack, 24)),
    form("a Slack token", "xoxs-", 0, Run(slack, 24)),
    form("a Slack token", "xapp-", 0, Run(slack, 40)),
    form("a Slack webhook", "hooks.slack.com/services/T", 3, Run(path, 36)),
    form("a Stripe key", "sk_live_", 1, Run(alnum, 24)),
    form("a Stripe key", "rk_live_", 1, Run(alnum, 24)),
    form("an OpenAI key", "sk-", 0, With("T3BlbkFJ", 40)),
    form("an Anthropic key", "sk-ant-", 3, Run(word, 80)),
    form("an npm token", "npm_", 1, Exactly(alnum, 36)),
    form("a PyPI token", "pypi-AgEIcHlwaS5vcmc", 5, Run(word, 50)),
    form("a PyPI token", "pypi-AgENdGVzdC5weXBpLm9yZ", 5, Run(word, 50)),
    form("a Hugging Face token", "hf_", 0, Exactly(alnum, 34)),
    form("a Groq key", "gsk_", 0, Exactly(alnum, 52)),
    form("an xAI key", "xai-", 0, Run(alnum, 70)),
    form("a DigitalOcean token", "dop_v1_", 2, Exactly(hex, 64)),
    form("a Docker token", "dckr_pat_", 0, Run(word, 27)),
    form("a SendGrid key", "SG.", 0, Dotted(&[22, 43])),
    form("a Linear key", "lin_api_", 2, Run(alnum, 40)),
    form("a Notion token", "ntn_", 0, Run(alnum, 40)),
    form("a Databricks token", "dapi", 0, Exactly(hex, 32)),
    form("a Shopify token", "shpat_", 0, Exactly(hex, 32)),
    form("a Postman key", "PMAK-", 0, Run(slack, 59)),
    form("a private key", PEM, 2, Pem),
    form("a JSON Web Token", "eyJ", 0, Dotted(&[10, 10, 20])),
];

/// For each byte the forms, as bits of eight groups, whose anchor has it first (bits 0–7), second (8–15) or third.
static ANCHORS: [u32; 256] = {
    let mut table = [0_u32; 256];
    let mut at = 0;
    while at < FORMS.len() {
        let (form, group) = (&FORMS[at], at % 8);
        let bytes = form.prefix.as_bytes();
        let mut place = 0;
        while place < 3 {
            table[bytes[form.anchor + place] as usize] |= 1 << (8 * place + group);
            place += 1;
        }
        at += 1;
    }
    table
};

/// Every secret in a text, in order.
pub fn find(text: &str) -> Vec<Secret> {
    let bytes = text.as_bytes();
    let mut found: Vec<Secret> = Vec::new();
    if text.contains(PEM) {
        scan(bytes, 0, bytes.len(), &mut found);
        return found;
    }
    // Every other secret has a run of so many word bytes, and most texts have few: the scan looks at every so manieth byte.
    let mut at = RUN - 1;
    while at < bytes.len() {
        if !WORDS[bytes[at] as usize] {
            at += RUN;
            continue;
        }
        let start = bytes[..at].iter().rposition(|&b| !WORDS[b as usize]).map_or(0, |before| before + 1);
        let end = bytes[at..].iter().position(|&b| !WORDS[b as usize]).map_or(bytes.len(), |after| at + after);
        if end - start >= RUN {
            let joined = |&b: &u8| WORDS[b as usize] || matches!(b, b'.' | b'/' | b':');
            let from = bytes[start.saturating_sub(BEFORE)..start].iter().rev().take_while(|b| joined(b)).count();
            scan(bytes, start - from, end, &mut found);
        }
        at = end + RUN;
    }
    found
}

/// How a private key begins.
const PEM: &str = "-----BEGIN ";

/// No secret but a private key is without a run of so many word bytes.
const RUN: usize = 20;

/// So far before a run its secret may begin: the first parts of a token that is joined by dots or slashes.
const BEFORE: usize = 4096;

static WORDS: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0_u8;
    while b < 128 {
        table[b as usize] = b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        b += 1;
    }
    table
};

/// The secrets that have their anchor between two places.
fn scan(bytes: &[u8], from: usize, to: usize, found: &mut Vec<Secret>) {
    for (at, three) in bytes[from..to].windows(3).enumerate().map(|(at, three)| (at + from, three)) {
        let groups = ANCHORS[three[0] as usize] & (ANCHORS[three[1] as usize] >> 8) & (ANCHORS[three[2] as usize] >> 16) & 0xFF;
        if groups == 0 {
            continue;
        }
        for (_, form) in FORMS.iter().enumerate().filter(|(index, _)| groups & (1 << (index % 8)) != 0) {
            let Some(start) = at.checked_sub(form.anchor) else { continue };
            if let Some(end) = form.stands(bytes, start)
                && found.last().is_none_or(|last| last.end <= start)
            {
                found.push(Secret { kind: form.kind, shown: form.prefix, start, end });
            }
        }
    }
}

impl Form {
    /// Where a secret of this form that begins here ends.
    fn stands(&self, text: &[u8], start: usize) -> Option<usize> {
        let rest = text[start..].strip_prefix(self.prefix.as_bytes())?;
        if start > 0 && alnum(text[start - 1]) && !is_escape(text, start) {
            return None;
        }
        let run = |of: fn(u8) -> bool, text: &[u8]| text.iter().take_while(|b| of(**b)).count();
        let length = match self.body {
            Run(of, least) => Some(run(of, rest)).filter(|&length| length >= least && !is_made_up(&rest[..length])),
            Exactly(of, length) => {
                (run(of, rest) == length && !rest.get(length).is_some_and(|&b| word(b)) && !is_made_up(&rest[..length]))
                    .then_some(length)
            }
            With(part, least) => {
                let length = run(word, rest);
                let has = rest[..length].windows(part.len()).any(|window| window == part.as_bytes());
                (has && length >= least && !is_made_up(&rest[..length])).then_some(length)
            }
            Dotted(parts) => dotted(rest, parts).filter(|&length| is_varied(&rest[..length])),
            Pem => pem(rest),
        };
        Some(start + self.prefix.len() + length?)
    }
}

/// Whether the letter before is the end of an escape, as the `n` of `\n` is.
fn is_escape(text: &[u8], at: usize) -> bool {
    at >= 2 && text[at - 2] == b'\\'
}

fn dotted(text: &[u8], parts: &[usize]) -> Option<usize> {
    let mut at = 0;
    for (index, &least) in parts.iter().enumerate() {
        if index > 0 {
            at += usize::from(*text.get(at)? == b'.');
        }
        let length = text.get(at..)?.iter().take_while(|b| word(**b)).count();
        if length < least {
            return None;
        }
        at += length;
    }
    Some(at)
}

/// `RSA PRIVATE KEY-----` and enough base64 that it is more than the name of the thing.
fn pem(text: &[u8]) -> Option<usize> {
    const END: &[u8] = b"-----";
    let header = text.iter().take(40).take_while(|b| b.is_ascii_uppercase() || **b == b' ').count();
    if !text[..header].windows(11).any(|window| window == b"PRIVATE KEY") || !text[header..].starts_with(END) {
        return None;
    }
    let body = &text[header + END.len()..];
    // Line breaks are escapes here: a backslash and a letter.
    let is_body = |b: u8| alnum(b) || matches!(b, b'+' | b'/' | b'=' | b'\\' | b' ');
    let length = body.iter().take_while(|b| is_body(**b)).count();
    (length >= 64 && is_varied(&body[..length])).then_some(header + END.len() + length)
}

/// What people write where a secret would stand.
const MADE_UP: [&[u8]; 7] = [b"xxxx", b"example", b"your", b"0000000", b"12345678", b"abcdefgh", b"placeholder"];

/// Whether nobody drew these letters by lot; of a million true tokens of 40 letters, fewer than a hundred look so.
fn is_made_up(body: &[u8]) -> bool {
    let says = |word: &[u8]| body.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word));
    !is_varied(body) || MADE_UP.into_iter().any(says)
}

/// Whether there are at least eight different letters.
fn is_varied(body: &[u8]) -> bool {
    let mut seen = [false; 256];
    body.iter().filter(|b| !std::mem::replace(&mut seen[usize::from(**b)], true)).count() >= 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Letters as if drawn by lot. No token stands here whole: robots look for them in sources, too.
    fn lot(alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|i| letters[(i * i * 7 + i * 5 + 3) % letters.len()]).collect()
    }

    const BASE62: &str = "q7Zr2Kd9Wm4Xc1Vb8Nt5Ls3Hj6GfPaYoEuRiTeQwDzSxFvCgBhMnJkLy";
    const BASE32: &str = "Q7ZR2KWM4XCVBNT5LSHJ6GFPAYOEUIDQ";
    const HEX: &str = "7f2c9e0b4d8a1635";

    fn one_of(form: &Form) -> String {
        let prefix = form.prefix;
        match form.body {
            Run(of, least) | Exactly(of, least) => {
                let alphabet = if of(b'q') {
                    if of(b'z') { BASE62 } else { HEX }
                } else if of(b'7') && of(b'G') {
                    BASE32
                } else {
                    HEX
                };
                format!("{prefix}{}", lot(alphabet, least))
            }
            Dotted(parts) => format!("{prefix}{}", parts.iter().map(|n| lot(BASE62, *n)).collect::<Vec<_>>().join(".")),
            With(part, least) => format!("{prefix}{}{part}{}", lot(BASE62, least / 2), lot(BASE62, least / 2)),
            Pem => format!("{prefix}RSA PRIVATE KEY-----\\n{}", lot(BASE62, 64)),
        }
    }

    #[test]
    fn every_form_is_found_where_it_stands() {
        for form in &FORMS {
            let secret = one_of(form);
            for text in [secret.clone(), format!("{{\"a\": \"Bearer {secret}\"}}"), format!("\"\\n{secret}\"")] {
                let found = find(&text);
                assert_eq!(found.len(), 1, "{} in {text}", form.kind);
                assert_eq!(found[0].kind, form.kind, "{text}");
                assert_eq!(&text[found[0].start..found[0].end], secret, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_passes() {
        for text in [
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "ghp_YOURTOKENHEREyourtokenhere1234567890abcd",
            "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
            "sk-ant-api03-...",
            "sk-your-openai-key-goes-here-and-is-long-enough-T3BlbkFJ",
            "AKIAIOSFODNN7EXAMPLE",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----",
            "a desk-antenna, task-list, npm_config_registry, xoxb-, AIza",
            "8220de07a08ebea3d3a1e9d4a43e5cb0cb2c8f0d9f2f4e2d2b9a5f2ef4d0a9c1",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
        // A form inside a longer word is another word.
        assert_eq!(find(&format!("x{}", one_of(&FORMS[0]))), []);
    }

    proptest! {
        #[test]
        fn any_text_is_searched_without_a_panic(text in "(ghp_|eyJ|AKIA|sk-|-----BEGIN |[a-zA-Z0-9.é\\\\\"]{0,3}){0,20}") {
            for secret in find(&text) {
                prop_assert!(text.get(secret.start..secret.end).is_some());
            }
        }
    }
}
