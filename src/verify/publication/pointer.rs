//! The pointer as a reader of the site finds it: whose signature it bears, which registry it is of, how old it is, and whether
//! whoever saw the last one may follow it.

use crate::{
    checkpoint::{
        BYTES_MAX, Checkpoint, Distrust, Trust,
        note::{self, Verifier},
    },
    finding::{Verdict, quoted},
    instant::Instant,
};

use super::{Pinned, Reader, Trusted, Wants, reader::Got};
use crate::verify::{
    Check,
    fix::{self, Ill},
    port::{Trouble, Unreached},
};

/// What was found where the pointer lies.
#[derive(Clone, Debug, Default)]
pub struct Pointer {
    pub checkpoint: Option<Checkpoint>,
    pub trusted: Trusted,
    pub signed_by: Vec<String>,
    pub checks: Vec<Check>,
    /// Whether what it names is worth looking at.
    pub is_believed: bool,
}

const PATH: &str = "/checkpoint";
/// What every version of it begins with.
const BEGINNING: &[u8] = b"gazette checkpoint ";
const KEYS: &str = "/keys.txt";
/// More keys than these are not looked at.
const KEYS_MAX: usize = 100;
/// Clocks may differ by so many seconds.
const AHEAD: i64 = 3_600;

impl Reader<'_> {
    /// Reads the pointer. The error says that nobody answers at all.
    pub fn pointer(&self, wants: &Wants) -> Result<Pointer, Unreached> {
        let got = self.get(PATH, BYTES_MAX as u64);
        if let Err(Trouble::Unreachable(why)) = got.answer {
            return Err(why);
        }
        let Some(body) = got.body() else { return Ok(self.without(&got, wants)) };
        let is_page = body.trim_ascii_start().starts_with(b"<");
        // Hosts of other registries answer this address in many ways.
        if !body.starts_with(BEGINNING) && !self.is_demanded(wants) {
            return Ok(Pointer::default());
        }
        let Ok(said) = Checkpoint::read(body, &Trust::Anyone) else {
            let help = "publish again with `gazette publish`; see who else can write to the target";
            let help = if is_page { fix::of(Ill::FoundForMissing, self.host) } else { help };
            return Ok(Pointer {
                checks: vec![got.rejects("what is answered here is no checkpoint", help)],
                ..Pointer::default()
            });
        };
        Ok(self.judge(&got, body, &said, wants))
    }

    /// No pointer, or none that could be read.
    fn without(&self, got: &Got, wants: &Wants) -> Pointer {
        let check = match got.status() {
            Some(400..=428 | 430..500) if !self.is_demanded(wants) => return Pointer::default(),
            Some(401 | 403) => got.rejects("there is no checkpoint for everybody to read", fix::of(Ill::Closed, self.host)),
            Some(400..=428 | 430..500) => got.rejects(
                "there is no checkpoint, so nothing tells what was published, when, and by whom",
                "publish with `gazette publish`; what `gazette build` writes has none",
            ),
            _ => {
                let verdict = if self.is_demanded(wants) { Verdict::Reject } else { Verdict::Review };
                got.check(Some(verdict), "the checkpoint could not be read", fix::of(Ill::Failing, self.host))
            }
        };
        Pointer { checks: vec![check], ..Pointer::default() }
    }

    fn judge(&self, got: &Got, body: &[u8], said: &Checkpoint, wants: &Wants) -> Pointer {
        let mut pointer = Pointer { checkpoint: Some(said.clone()), is_believed: true, ..Pointer::default() };
        self.signature(got, body, said, wants, &mut pointer);
        let Expected { base_url, .. } = self.expected(said, wants);
        if let Some(base_url) = base_url.filter(|base_url| **base_url != said.base_url) {
            let message = format!("it is the checkpoint of {}, and {} was asked for", quoted(&said.base_url), quoted(base_url));
            let help = "set `base_url` in registry.toml to the address that readers use, and publish again; to look at a copy, \
                        pass `--base-url` with the address of the original";
            pointer.checks.push(got.rejects(message, help));
        }
        if said.publication == 0 {
            let help = "publish again with `gazette publish`; see who else can write to the target";
            pointer.checks.push(got.rejects("it calls itself publication 0, and the first is 1", help));
        }
        pointer.checks.extend(age(got, said, wants));
        if let Err(distrust @ (Distrust::Older | Distrust::Forked)) =
            said.accept(&said.base_url, wants.seen.as_ref(), said.expires)
        {
            let seen = wants.seen.as_ref().map_or(0, |seen| seen.publication);
            let message = format!("publication {seen} was seen before, this is publication {}: {distrust}", said.publication);
            pointer.checks.push(got.rejects(message, "follow neither; ask whoever publishes it what happened"));
            pointer.is_believed = false;
        }
        if pointer.checks.is_empty() {
            pointer.checks.push(got.check(None, "the checkpoint holds", ""));
        }
        pointer
    }

    /// The registry that is meant; where a site is only tried out, it may be any.
    fn asked<'w>(&'w self, wants: &'w Wants) -> Option<&'w str> {
        wants.base_url.as_deref().or_else(|| Some(self.base.as_str()).filter(|_| !self.base.is_rehearsal()))
    }

    /// Whether there must be a pointer: it was asked for, or this is the site of a registry that signs.
    fn is_demanded(&self, wants: &Wants) -> bool {
        let signs = |base_url: &str, keys: &[Verifier]| !keys.is_empty() && self.asked(wants) == Some(base_url);
        wants.is_demanded || matches!(&wants.pinned, Pinned::Registry { base_url, keys } if signs(base_url, keys))
    }

    /// Which keys and which registry are expected of this pointer.
    fn expected<'w>(&'w self, said: &Checkpoint, wants: &'w Wants) -> Expected<'w> {
        let asked = self.asked(wants);
        match &wants.pinned {
            Pinned::Keys(keys) => Expected { base_url: asked, keys: Some(keys), must_sign: true },
            Pinned::Registry { base_url, keys } if *base_url == said.base_url || Some(base_url.as_str()) == asked => {
                let keys = Some(&**keys).filter(|keys| !keys.is_empty());
                Expected { base_url: asked.or(Some(base_url)), keys, must_sign: !self.base.is_folder() }
            }
            _ => Expected { base_url: asked, keys: None, must_sign: false },
        }
    }

    fn signature(&self, got: &Got, body: &[u8], said: &Checkpoint, wants: &Wants, pointer: &mut Pointer) {
        if wants.pinned == Pinned::Anyone {
            return;
        }
        let Expected { keys, must_sign, .. } = self.expected(said, wants);
        if let Some(keys) = keys {
            let names: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name())).collect();
            match Checkpoint::read(body, &Trust::Keys(keys.to_vec())) {
                Ok(_) => (pointer.trusted, pointer.signed_by) = (Trusted::Pinned, signers(body, keys)),
                // A folder is often published without a signature, and signed on its way to readers.
                Err(_) if !must_sign && is_unsigned(body) => pointer.checks.push(unsigned(got)),
                Err(distrust) => {
                    let message =
                        format!("it cannot be believed: {distrust}; expected was a signature by {}", names.join(" or "));
                    let help = "if the keys were changed, name the new ones; if not, see who else can write to the target, and \
                                follow nothing that it says";
                    pointer.checks.push(got.rejects(message, help));
                    pointer.is_believed = false;
                }
            }
            return;
        }
        let own = self.own_keys();
        if own.is_empty() || self.base.is_folder() && is_unsigned(body) {
            pointer.checks.push(unsigned(got));
        } else if let Err(distrust) = Checkpoint::read(body, &Trust::Keys(own.clone())) {
            let message = format!("no reader who knows the keys of `{KEYS}` believes it: {distrust}");
            pointer.checks.push(got.rejects(message, "publish again with `gazette publish`, signed with one of these keys"));
            pointer.is_believed = false;
        } else {
            (pointer.trusted, pointer.signed_by) = (Trusted::Own, signers(body, &own));
            let message = format!("it is signed by a key of the site's own `{KEYS}`, which proves nothing about who that is");
            let key = own.iter().find(|key| pointer.signed_by.iter().any(|name| name == key.name())).unwrap_or(&own[0]);
            let help = if is_harmless(key.name()) {
                format!("ask whoever publishes it for the key, and pin it: `--key '{key}'` if it is this one")
            } else {
                "ask whoever publishes it for the key, and pin it with `--key`".to_owned()
            };
            pointer.checks.push(got.check(Some(Verdict::Note), message, help));
        }
    }

    fn own_keys(&self) -> Vec<Verifier> {
        let got = self.get(KEYS, BYTES_MAX as u64);
        let text = got.body().and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
        text.lines().take(KEYS_MAX).filter_map(Verifier::parse).collect()
    }
}

struct Expected<'w> {
    base_url: Option<&'w str>,
    keys: Option<&'w [Verifier]>,
    must_sign: bool,
}

/// Whether a stranger's name can stand in a command that people copy.
fn is_harmless(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte))
}

fn signers(body: &[u8], keys: &[Verifier]) -> Vec<String> {
    note::open(body, keys).map(|(_, names)| names).unwrap_or_default()
}

/// Whether nobody has even tried to sign it.
fn is_unsigned(body: &[u8]) -> bool {
    note::text(body).is_ok_and(|text| text.len() == body.len())
}

fn unsigned(got: &Got) -> Check {
    got.check(
        Some(Verdict::Note),
        "no known key has signed it, so nothing proves who has published this",
        "make a key with `gazette keygen`, name it in `[signing] keys`, and publish with it",
    )
}

/// What its times say.
fn age(got: &Got, said: &Checkpoint, Wants { now, max_age, .. }: &Wants) -> Vec<Check> {
    let Checkpoint { time, expires, .. } = said;
    let mut checks = Vec::new();
    if now > expires {
        let message = format!("it expired at {expires}, and it is {now}: readers do not follow it any more");
        checks.push(got.rejects(message, "publish again; let a schedule run `gazette nightly`"));
    }
    if *time > Instant(now.0.saturating_add(AHEAD)) || time > expires {
        let message = format!("it says that it was written at {time} and expires at {expires}, and it is {now}");
        checks.push(got.rejects(message, "set the clock of the publishing machine, and publish again"));
    }
    if let Some(most) = max_age.filter(|most| now.0.saturating_sub(time.0) > *most) {
        let message =
            format!("it was written at {time}, {} ago, and may be {} old", span(now.0.saturating_sub(time.0)), span(most));
        checks.push(got.rejects(message, "see why the last publications failed, and whether a cache keeps an old checkpoint"));
    }
    checks
}

/// Seconds as people say them.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
