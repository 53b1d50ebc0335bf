//! A text of an entry that is to be passed to a program or a host, with a question for each part that only the user knows.

use std::collections::BTreeSet;

use serde_json::Value;

/// Fixed text and questions, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Ask(Ask),
}

/// What only the user knows. The value or default of a secret is never in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The name of an environment variable that could hold the answer; no other question of the same offer has it.
    pub id: String,
    /// What its author calls it.
    pub name: String,
    /// Whether that is the very variable that its author named: a package runs in its environment.
    pub is_variable: bool,
    pub description: Option<String>,
    pub default: Option<String>,
    pub placeholder: Option<String>,
    pub choices: Vec<String>,
    pub is_secret: bool,
    pub is_required: bool,
}

impl Ask {
    /// What is passed if nobody is asked.
    pub fn answer(&self) -> Option<&str> {
        self.default.as_deref()
    }
}

impl Template {
    pub fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// The whole text, with each question put in the caller's words.
    pub fn with(&self, mut word: impl FnMut(&Ask) -> String) -> String {
        let words = self.0.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Ask(ask) => word(ask),
        });
        words.collect()
    }

    pub fn asks(&self) -> impl Iterator<Item = &Ask> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Ask(ask) => Some(ask),
            Piece::Text(_) => None,
        })
    }

    /// The text with every question answered by its default, if each has one.
    pub fn answered(&self) -> Option<String> {
        self.asks().all(|ask| ask.answer().is_some()).then(|| self.with(|ask| ask.answer().unwrap_or_default().to_owned()))
    }

    /// The text with every question answered by its default, or left as `${ID}`.
    pub fn expandable(&self) -> String {
        self.expandable_as(|ask| ask.id.clone())
    }

    /// The same with other names for what is left.
    pub fn expandable_as(&self, name: impl Fn(&Ask) -> String) -> String {
        self.with(|ask| ask.answer().map_or_else(|| format!("${{{}}}", name(ask)), str::to_owned))
    }

    /// Each piece, as fixed text or as a question.
    pub fn pieces(&self) -> impl Iterator<Item = Result<&str, &Ask>> {
        self.0.iter().map(|piece| match piece {
            Piece::Text(text) => Ok(&**text),
            Piece::Ask(ask) => Err(ask),
        })
    }

    /// The value of an environment variable of this name.
    #[must_use]
    pub fn of_variable(mut self, name: &str) -> Self {
        if let [Piece::Ask(ask)] = &mut self.0[..] {
            ask.is_variable = ask.id == name;
        }
        self
    }

    /// Whether a program that fills in variables would find one in the fixed text, and put there what is nobody's to ask for:
    /// `${AWS_SECRET_ACCESS_KEY}` as an argument would hand a stranger's server the user's own key.
    pub fn is_bait(&self) -> bool {
        let text = self.with(|ask| ask.answer().unwrap_or("x").to_owned());
        let after = text.split('$').skip(1);
        after.into_iter().any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '{' | '(' | '_')))
    }

    /// Whether it can be an argument or the value of a variable or header at all.
    pub fn is_passable(&self) -> bool {
        let text = self.with(|ask| ask.answer().unwrap_or("x").to_owned());
        !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'))
    }
}

/// The questions of one offer: no two have one id.
#[derive(Debug)]
pub struct Form {
    taken: BTreeSet<String>,
}

/// What every environment holds anyway: a question of that name would be answered without being asked.
const ANSWERED: [&str; 18] = [
    "APPDATA",
    "COMPUTERNAME",
    "DISPLAY",
    "EDITOR",
    "HOME",
    "HOSTNAME",
    "LANG",
    "LOGNAME",
    "PATH",
    "PWD",
    "SHELL",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "USER",
    "USERNAME",
    "USERPROFILE",
];

impl Default for Form {
    fn default() -> Self {
        Self { taken: ANSWERED.map(str::to_owned).into() }
    }
}

/// Ids are cut here: they become names of variables.
const ID_MAX: usize = 64;

impl Form {
    /// What an input of an entry comes to: its value, or a question; nothing where it may be left out. `name` is that of the
    /// variable, header, flag or hint.
    pub fn fill(&mut self, name: &str, input: &Value) -> Option<Template> {
        let (is_secret, is_required) = (flag(input, "isSecret"), flag(input, "isRequired"));
        if let Some(value) = text(input, "value") {
            let filled = self.substitute(value, input.get("variables"), is_secret);
            if !is_secret || filled.asks().next().is_some() {
                return Some(filled);
            }
        }
        let has_default = text(input, "default").is_some();
        (is_secret || is_required || has_default).then(|| Template(vec![Piece::Ask(self.ask(name, input, is_secret))]))
    }

    /// A text in which `{name}` stands for the variable of that name, and anything else in braces for itself.
    pub fn substitute(&mut self, value: &str, variables: Option<&Value>, is_secret: bool) -> Template {
        let mut asked: Vec<(&str, Piece)> = Vec::new();
        Template::substituted(value, |name| {
            if let Some((_, piece)) = asked.iter().find(|(known, _)| *known == name) {
                return Some(Template(vec![piece.clone()]));
            }
            let variable = variables?.get(name).filter(|variable| variable.is_object())?;
            let is_secret = is_secret || flag(variable, "isSecret");
            let piece = match text(variable, "value") {
                Some(fixed) if !is_secret => Piece::Text(fixed.to_owned()),
                _ => Piece::Ask(self.ask(name, variable, is_secret)),
            };
            asked.push((name, piece.clone()));
            Some(Template(vec![piece]))
        })
    }

    fn ask(&mut self, name: &str, input: &Value, is_secret: bool) -> Ask {
        let own = |member| text(input, member).map(str::to_owned);
        let choices = input.get("choices").and_then(Value::as_array).into_iter().flatten();
        let id = self.id(name);
        Ask {
            id,
            name: name.to_owned(),
            is_variable: false,
            description: own("description"),
            default: own("default").filter(|_| !is_secret),
            placeholder: own("placeholder"),
            choices: choices.filter_map(Value::as_str).map(str::to_owned).collect(),
            is_secret,
            is_required: flag(input, "isRequired"),
        }
    }

    fn id(&mut self, name: &str) -> String {
        let plain = plain_id(name);
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|id| !self.taken.contains(id)).expect("one is free");
        self.taken.insert(free.clone());
        free
    }
}

impl Template {
    /// A text with what stands for each `{name}` that means something.
    pub fn substituted<'a>(text: &'a str, mut meaning: impl FnMut(&'a str) -> Option<Self>) -> Self {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            let named = after.split_once('}').filter(|(name, _)| !name.contains('{'));
            if let Some((Self(mut meant), behind)) = named.and_then(|(name, behind)| Some((meaning(name)?, behind))) {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.append(&mut meant);
                rest = behind;
            } else {
                plain.push('{');
                rest = after;
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Self(pieces)
    }
}

/// The name of an environment variable: as it is where it is one, else in its likeness.
fn plain_id(name: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let fits = name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit());
    if fits && name.len() <= ID_MAX && name.contains(|c: char| c.is_ascii_uppercase()) {
        return name.to_owned();
    }
    let upper = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    let id: String = upper.skip_while(|c| *c == '_').take(ID_MAX).collect();
    let id = id.trim_end_matches('_');
    if id.is_empty() {
        "INPUT".to_owned()
    } else if id.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{id}")
    } else {
        id.to_owned()
    }
}

/// A member that is a text.
pub fn text<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    object.get(member)?.as_str()
}

/// A member that is true.
pub fn flag(object: &Value, member: &str) -> bool {
    object.get(member).and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn filled(input: &Value) -> Option<String> {
        Form::default().fill("api-key", input).map(|template| template.expandable())
    }

    #[test]
    fn inputs_are_values_questions_or_nothing() {
        for (input, expected) in [
            (json!({ "value": "x" }), Some("x")),
            (json!({ "value": "{a} {b}", "variables": { "a": {} } }), Some("${A} {b}")),
            (json!({ "value": "{a}-{a}", "variables": { "a": { "default": "1" } } }), Some("1-1")),
            (json!({ "value": "{a}", "variables": { "a": { "value": "{b}" }, "b": {} } }), Some("{b}")),
            (json!({ "value": "{{a}}", "variables": { "a": {} } }), Some("{${A}}")),
            (json!({ "default": "d" }), Some("d")),
            (json!({ "isRequired": true }), Some("${API_KEY}")),
            (json!({ "value": "{home}", "variables": { "home": {} } }), Some("${HOME_2}")),
            (json!({ "isSecret": true, "default": "hush" }), Some("${API_KEY}")),
            (json!({ "isSecret": true, "value": "hush" }), Some("${API_KEY}")),
            (json!({ "isSecret": true, "value": "Bearer {t}", "variables": { "t": { "value": "hush" } } }), Some("Bearer ${T}")),
            (json!({ "isSecret": true, "value": "{t}", "variables": { "t": { "default": "hush" } } }), Some("${T}")),
            (json!({ "value": "{t}", "variables": { "t": { "isSecret": true, "value": "hush" } } }), Some("${T}")),
            (json!({ "description": "optional" }), None),
            (json!({ "value": 1, "variables": [] }), None),
            (json!(null), None),
        ] {
            assert_eq!(filled(&input).as_deref(), expected, "{input}");
        }
    }

    #[test]
    fn ids_are_names_of_variables_and_differ() {
        for (name, id) in [
            ("API_KEY", "API_KEY"),
            ("apiKey", "apiKey"),
            ("api_key", "API_KEY"),
            ("X-Api-Key", "X_API_KEY"),
            ("--port", "PORT"),
            ("2fa", "_2FA"),
            ("é", "INPUT"),
            ("", "INPUT"),
            ("$(rm)", "RM"),
        ] {
            assert_eq!(plain_id(name), id, "{name}");
        }
        let mut form = Form::default();
        let ids: Vec<String> = ["a", "A", "a_2", "-a"].iter().map(|name| form.id(name)).collect();
        assert_eq!(ids, ["A", "A_2", "A_2_2", "A_3"]);
    }

    #[test]
    fn bait_is_seen_however_it_is_put_together() {
        for bait in ["${HOME}", "$HOME", "a$_x", "$(id)", "x ${env:TOKEN}"] {
            assert!(Template::text(bait).is_bait(), "{bait}");
        }
        let pieced = json!({ "value": "${a}", "variables": { "a": { "value": "{env:TOKEN}" } } });
        assert!(Form::default().fill("x", &pieced).expect("a value").is_bait());
        let defaulted = json!({ "default": "${TOKEN}" });
        assert!(Form::default().fill("x", &defaulted).expect("a value").is_bait());
        for plain in ["$", "^a$", "costs 5$", "$5", "a{b}"] {
            assert!(!Template::text(plain).is_bait(), "{plain}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_and_put_together(value in "[{}a$ ]{0,12}") {
            let variables = json!({ "a": {}, "aa": { "value": "{" } });
            let template = Form::default().substitute(&value, Some(&variables), false);
            prop_assert_eq!(template.with(|_| "{a}".to_owned()), value.replace("{aa}", "{"));
        }
    }
}
