//! The rules, as data: what each claims, what it asks, and how it judges. Every rule has a file of its own, and its id is
//! the claim that should be true. A rule is pure: whatever it must know of the world, it asks for and finds in the evidence.

use std::{collections::BTreeSet, fmt};

use rayon::prelude::*;

use crate::{
    change::Change,
    checkout::{Checkout, Item, Territory},
    config::{Config, ConfigFlaw, Setting},
    distance,
    entry::{Entry, locate::Source, model::Model},
    evidence::{Evidence, Question, Unavailable},
    finding::{Finding, Place, Verdict, quoted},
    name::ServerName,
    policy::Policy,
    registry::Registry,
    toml_file,
    version::Version,
};

pub use author_may_touch_path::{Left, Recorded};

/// What a rule is about; the groups in which rules are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Shape,
    Schema,
    Meaning,
    History,
    Names,
    Secrets,
    Ownership,
}

impl Family {
    pub const ALL: [Self; 7] =
        [Self::Shape, Self::Schema, Self::Meaning, Self::History, Self::Names, Self::Secrets, Self::Ownership];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Schema => "schema",
            Self::Meaning => "meaning",
            Self::History => "history",
            Self::Names => "names",
            Self::Secrets => "secrets",
            Self::Ownership => "ownership",
        }
    }
}

/// One rule. Those that judge while a file is read (see [`crate::entry::parse`]) have no function here.
#[derive(Clone, Copy)]
pub struct Rule {
    pub id: &'static str,
    pub family: Family,
    /// What its findings weigh unless the registry says otherwise.
    pub verdict: Verdict,
    /// Whether a registry may only make it stricter.
    pub locked: bool,
    /// What `gazette explain` prints: the claim in one sentence, then why it is made and what to do.
    pub about: &'static str,
    /// Judges one path of a tree, or one that a change adds or alters.
    pub path: Option<fn(&Path) -> Vec<Finding>>,
    /// Judges one version, while it is in memory.
    pub entry: Option<fn(&Subject) -> Vec<Finding>>,
    /// Judges a registry as a whole. In a change, only what it says of touched paths counts: so it blames the later of two.
    pub tree: Option<fn(&Tree) -> Vec<Finding>>,
    /// What it must know before it can judge a change, as far as the evidence so far lets it tell.
    pub asks: Option<fn(&Change, &Evidence) -> Vec<Question>>,
    /// Judges a change. A question without an answer is never a yes.
    pub change: Option<fn(&Change, &Evidence) -> Vec<Finding>>,
}

/// One path, and what it is for.
#[derive(Debug)]
pub struct Path<'a> {
    pub item: &'a Item,
    pub territory: &'a Territory,
    /// The registry's folder, as [`Checkout::prefix`].
    pub prefix: &'a str,
}

/// One version and what its members mean.
#[derive(Debug)]
pub struct Subject<'a> {
    pub entry: &'a Entry,
    pub model: &'a Model<'a>,
    pub config: &'a Config,
}

/// A registry, the files it was made of, and the policy it is judged by.
#[derive(Debug)]
pub struct Tree<'a> {
    pub checkout: &'a Checkout,
    pub registry: &'a Registry,
    /// The registry's own; of a change, that of base.
    pub policy: &'a Policy,
}

impl Tree<'_> {
    /// Where a member of a version stands, read again from its file: no one holds all their texts.
    fn place(&self, name: &ServerName, version: &Version, pointer: &str) -> Place {
        let path = self.checkout.version_path(name, version);
        match self.checkout.text(&path) {
            Ok(Some(text)) => Source::new(&path, text).value(pointer),
            _ => Place::file(&path).with_pointer(pointer),
        }
    }
}

impl Rule {
    /// What the rules' files fill in.
    const BLANK: Self = Self {
        id: "",
        family: Family::Shape,
        verdict: Verdict::Reject,
        locked: false,
        about: "",
        path: None,
        entry: None,
        tree: None,
        asks: None,
        change: None,
    };

    /// A finding of this rule with its own weight.
    fn finding(&self, place: Place, message: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding::new(self.id, self.verdict, place, message, help)
    }

    /// The claim, which is the first line of what it says of itself.
    pub fn claim(&self) -> &'static str {
        self.about.lines().next().unwrap_or_default()
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

mod argument_name_is_clean;
mod argument_value_is_not_the_flag;
mod author_may_touch_path;
mod change_is_in_one_namespace;
mod change_is_small;
mod change_merges_cleanly;
mod config_is_valid;
mod file_is_regular;
mod file_is_small;
mod file_is_utf8;
mod group_file_is_valid;
mod group_members_exist;
mod icon_is_https;
mod identifier_has_no_spaces;
mod json_is_shallow;
mod json_is_well_formed;
mod json_keys_are_unique;
mod members_are_known;
mod name_is_distinct;
mod namespace_file_is_valid;
mod package_fits_its_type;
mod package_registry_is_accepted;
mod package_version_is_specific;
mod path_is_identity;
mod path_is_known;
mod path_is_portable;
mod paths_differ_beyond_case;
mod policy_is_valid;
mod publisher_data_is_small;
mod remote_belongs_to_one_server;
mod remote_is_public;
mod removal_is_recorded;
mod repository_is_browsable;
mod schema_is_met;
mod schema_is_named;
mod secrets_stay_out;
mod signature_is_immutable;
mod signature_is_one_line;
mod spelling_is_current;
mod status_is_valid;
mod strings_are_bounded;
mod text_is_visible;
mod transport_is_coherent;
mod url_variables_are_declared;
mod version_is_immutable;
mod version_is_new;
mod version_is_not_reserved;
mod version_is_specific;
mod versions_are_limited;
mod website_is_https;
mod word_is_not_reserved;
mod words_are_not_blank;

/// Every rule there is, family by family.
pub static RULES: &[Rule] = &[
    // shape
    path_is_known::RULE,
    file_is_regular::RULE,
    path_is_portable::RULE,
    paths_differ_beyond_case::RULE,
    path_is_identity::RULE,
    version_is_not_reserved::RULE,
    file_is_small::RULE,
    file_is_utf8::RULE,
    json_is_well_formed::RULE,
    json_is_shallow::RULE,
    json_keys_are_unique::RULE,
    strings_are_bounded::RULE,
    text_is_visible::RULE,
    status_is_valid::RULE,
    namespace_file_is_valid::RULE,
    group_file_is_valid::RULE,
    signature_is_one_line::RULE,
    policy_is_valid::RULE,
    config_is_valid::RULE,
    change_merges_cleanly::RULE,
    change_is_small::RULE,
    change_is_in_one_namespace::RULE,
    // schema
    schema_is_named::RULE,
    schema_is_met::RULE,
    members_are_known::RULE,
    spelling_is_current::RULE,
    // meaning
    package_version_is_specific::RULE,
    version_is_specific::RULE,
    words_are_not_blank::RULE,
    website_is_https::RULE,
    icon_is_https::RULE,
    repository_is_browsable::RULE,
    package_fits_its_type::RULE,
    package_registry_is_accepted::RULE,
    identifier_has_no_spaces::RULE,
    transport_is_coherent::RULE,
    url_variables_are_declared::RULE,
    argument_name_is_clean::RULE,
    argument_value_is_not_the_flag::RULE,
    remote_is_public::RULE,
    remote_belongs_to_one_server::RULE,
    publisher_data_is_small::RULE,
    versions_are_limited::RULE,
    group_members_exist::RULE,
    // history
    version_is_immutable::RULE,
    version_is_new::RULE,
    signature_is_immutable::RULE,
    removal_is_recorded::RULE,
    // names
    word_is_not_reserved::RULE,
    name_is_distinct::RULE,
    // secrets
    secrets_stay_out::RULE,
    // ownership
    author_may_touch_path::RULE,
];

/// The rule of this id.
pub fn named(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// The id that was most likely meant by one that no rule has.
pub fn nearest(id: &str) -> Option<&'static str> {
    distance::nearest(id, RULES.iter().map(|rule| rule.id))
}

/// Everything one version says of itself.
pub fn judge_entry(entry: &Entry, model: &Model, config: &Config) -> Vec<Finding> {
    let subject = Subject { entry, model, config };
    RULES.iter().filter_map(|rule| rule.entry).flat_map(|judge| judge(&subject)).collect()
}

/// Whether an entry is what its path says; without that it cannot be shown.
pub fn judge_identity(entry: &Entry, model: &Model, config: &Config) -> Vec<Finding> {
    path_is_identity::RULE.entry.map(|judge| judge(&Subject { entry, model, config })).unwrap_or_default()
}

/// A path takes about a microsecond: less than this many are not worth another thread.
const PATHS_PER_JOB: usize = 1024;

/// Everything a tree says of itself.
pub fn judge_tree(tree: &Tree) -> Vec<Finding> {
    let prefix = &tree.checkout.prefix;
    let paths = tree.checkout.items.par_iter().with_min_len(PATHS_PER_JOB).map(|item| {
        let mut findings = Vec::new();
        judge_path(&Path { item, territory: &Territory::of(prefix, &item.path), prefix }, &mut findings);
        findings
    });
    let mut findings: Vec<Finding> = paths.flatten_iter().collect();
    findings.extend(RULES.iter().filter_map(|rule| rule.tree).flat_map(|judge| judge(tree)));
    findings
}

/// How often [`questions`] is to be called: answers may raise questions, and their answers raise none.
pub const ROUNDS: usize = 2;

/// Everything that must be known to judge a change and is not in the evidence, as far as the evidence so far lets the rules
/// tell.
pub fn questions(change: &Change, evidence: &Evidence) -> BTreeSet<Question> {
    let asked = RULES.iter().filter_map(|rule| rule.asks).flat_map(|asks| asks(change, evidence));
    asked.filter(|question| !evidence.has(question)).collect()
}

/// Everything a change says of itself, beside what its entries say.
pub fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let mut findings = Vec::new();
    let prefix = &change.checkout.prefix;
    for touched in change.touched.iter().filter(|touched| touched.territory != Territory::Outside) {
        if let Some(side) = touched.after {
            let item = Item { path: touched.path.clone(), kind: side.kind, id: Some(side.id) };
            judge_path(&Path { item: &item, territory: &touched.territory, prefix }, &mut findings);
        }
    }
    let tree = Tree { checkout: &change.checkout, registry: &change.merged, policy: &change.law.policy };
    let whole = RULES.iter().filter_map(|rule| rule.tree).flat_map(|judge| judge(&tree));
    let (direct, elsewhere): (Vec<Finding>, Vec<Finding>) = whole.partition(|finding| change.touches(&finding.place.path));
    let told =
        |cause: &Finding| direct.iter().any(|finding| (finding.rule, &finding.place.path) == (cause.rule, &cause.place.path));
    let causes: Vec<Finding> =
        elsewhere.into_iter().filter_map(|finding| caused(change, finding)).filter(|cause| !told(cause)).collect();
    findings.extend(direct.into_iter().chain(causes));
    findings.extend(RULES.iter().filter_map(|rule| rule.change).flat_map(|judge| judge(change, evidence)));
    findings
}

/// Why those paths of a change may be touched that may be, whatever else is wrong with it.
pub fn allowed(change: &Change, evidence: &Evidence) -> Vec<String> {
    author_may_touch_path::allowed(change, evidence)
}

/// A finding at a path that the change does not touch, placed at what the change does touch of all that it is about: what was
/// there before is not to blame, whatever the rule made of it.
fn caused(change: &Change, mut finding: Finding) -> Option<Finding> {
    let cause = finding.others.iter().find_map(|other| change.touched_at(other))?;
    finding.message = format!("this puts {} in the wrong: {}", quoted(&finding.place.path), finding.message);
    let help = match Territory::of(&change.checkout.prefix, &finding.place.path) {
        Territory::Group(_) => "leave this out of the change, or have a maintainer take it out of the group",
        _ => "leave this out of the change, or settle it with whoever publishes there",
    };
    help.clone_into(&mut finding.help);
    finding.place = Place::file(&cause.path);
    Some(finding)
}

/// Whether a maintainer stands behind a change, as its author or by approving it. Who did not approve, did not; but as long
/// as nobody knows who sends it, it may be a maintainer.
fn maintained(change: &Change, evidence: &Evidence) -> Result<bool, Unavailable> {
    let config = &change.law.config;
    let approved = evidence.approvals().is_ok_and(|ids| ids.iter().any(|id| config.is_maintainer(*id)));
    if approved { Ok(true) } else { evidence.author().map(|author| config.is_maintainer(author.id)) }
}

/// What [`maintained`] goes by.
fn asks_whether_maintained(_: &Change, _: &Evidence) -> Vec<Question> {
    vec![Question::Author, Question::Approvals]
}

fn judge_path(path: &Path, findings: &mut Vec<Finding>) {
    for judge in RULES.iter().filter_map(|rule| rule.path) {
        findings.append(&mut judge(path));
    }
}

/// What an operator made of the rules.
#[derive(Debug, Default)]
pub struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    /// The `[rules]` of a configuration, if each names a rule and weakens none that is locked.
    pub fn of(config: &Config, path: &str, text: &str) -> Result<Self, ConfigFlaw> {
        let mut settings = Vec::new();
        for (id, &setting) in &config.rules {
            let flaw = |message: String, help: String| ConfigFlaw { place: toml_file::key(path, text, id), message, help };
            let Some(rule) = named(id) else {
                let help = match nearest(id) {
                    Some(near) => format!("write `{near}`"),
                    None => "run `gazette explain` for a list of the rules".to_owned(),
                };
                return Err(flaw(format!("there is no rule {}", quoted(id)), help));
            };
            if rule.locked && setting.verdict() < Some(rule.verdict) {
                let message = format!("the rule `{id}` is locked, and cannot be less than `{}`", rule.verdict.as_str());
                return Err(flaw(message, "remove the line; `gazette explain` says why the rule is needed".to_owned()));
            }
            settings.push((rule.id, setting));
        }
        Ok(Self(settings))
    }

    /// The findings as this registry weighs them.
    pub fn apply(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain_mut(|finding| {
            let setting = self.0.iter().find(|(id, _)| *id == finding.rule);
            let verdict = setting.map_or(Some(finding.verdict), |(_, setting)| setting.verdict());
            finding.verdict = verdict.unwrap_or(finding.verdict);
            verdict.is_some()
        });
        findings
    }
}
