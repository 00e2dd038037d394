//! Values that are not known yet, in a render.
//!
//! Numbers as text stand in for them: they pass where names, addresses and ports are asked for, and
//! survive `int`, `lower` and `quote`. Where one shows in the render, its source is named instead. What
//! a template makes of it beyond recognition, as `b64enc` and `sha256sum` do, differs between two
//! renders with different stand-ins.

use crate::tree;
use groundplan_core::{Json, describe, is_known, stand_in};

/// The values with numbers in place of what is not known.
#[derive(Debug)]
pub(super) struct StandIns {
    first: u64,
    /// The sources, in the order of their numbers.
    sources: Vec<String>,
}

/// Where the numbers of the first and the second render begin. Ten digits that no chart has by chance.
pub(super) const FIRST: u64 = 7_390_100_000;
pub(super) const SECOND: u64 = 8_460_200_000;

/// What is shown for a value that a template made of an unknown one.
pub(super) const LATER: &str = "(known after apply)";
/// What is shown for a value that the chart draws at random.
pub(super) const DRAWN: &str = "(drawn anew at every render)";

impl StandIns {
    pub(super) fn from(first: u64) -> Self {
        Self { first, sources: Vec::new() }
    }

    /// Puts numbers into a tree.
    pub(super) fn fill(&mut self, tree: &Json) -> Json {
        if is_known(tree) {
            return tree.clone();
        }
        stand_in(tree, &mut |form| self.number(describe(form)).to_string().into())
    }

    fn number(&mut self, source: String) -> u64 {
        let known = self.sources.iter().position(|s| *s == source);
        let index = known.unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        self.first + index as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// A text with the names of the sources in place of their numbers.
    pub(super) fn named(&self, text: &str) -> String {
        let mut named = text.to_owned();
        for (i, source) in self.sources.iter().enumerate() {
            named = named.replace(&(self.first + i as u64).to_string(), source);
        }
        named
    }

    /// A text of the other render with this one's numbers.
    pub(super) fn translated(&self, other: &Self, text: &str) -> String {
        let mut translated = text.to_owned();
        for i in 0..other.sources.len() as u64 {
            translated =
                translated.replace(&(other.first + i).to_string(), &(self.first + i).to_string());
        }
        translated
    }

    /// What a plan shows of a rendered value. `again` is the same place of another render of the same
    /// values, `other` that of a render with other stand-ins, in this one's numbers; none where there
    /// is no such render. `drawn` gets the paths of what is random.
    pub(super) fn shown(
        &self,
        one: &Json,
        again: Option<&Json>,
        other: Option<&Json>,
        path: &str,
        drawn: &mut Vec<String>,
    ) -> Json {
        match one {
            Json::Object(map) if !map.is_empty() => {
                let below = |tree: Option<&'_ Json>, key: &str| {
                    tree.map(|tree| tree.get(key).cloned().unwrap_or_default())
                };
                let shown = map.iter().map(|(key, value)| {
                    let (again, other) = (below(again, key), below(other, key));
                    let path = tree::join(path, key);
                    let value = self.shown(value, again.as_ref(), other.as_ref(), &path, drawn);
                    (self.named(key), value)
                });
                Json::Object(shown.collect())
            }
            Json::Array(items)
                if [again, other].into_iter().flatten().all(|t| is_list(t, items.len())) =>
            {
                let shown = items.iter().enumerate().map(|(i, item)| {
                    let (again, other) =
                        (again.and_then(|t| t.get(i)), other.and_then(|t| t.get(i)));
                    self.shown(item, again, other, &format!("{path}[{i}]"), drawn)
                });
                shown.collect()
            }
            _ if again.is_some_and(|again| again != one) => {
                drawn.push(path.to_owned());
                DRAWN.into()
            }
            _ if other.is_some_and(|other| other != one) => LATER.into(),
            Json::String(text) => self.named(text).into(),
            Json::Number(number) => {
                let (text, named) = (number.to_string(), self.named(&number.to_string()));
                if named == text { one.clone() } else { named.into() }
            }
            _ => one.clone(),
        }
    }
}

fn is_list(tree: &Json, length: usize) -> bool {
    tree.as_array().is_some_and(|items| items.len() == length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Val, json, text};

    #[test]
    fn what_is_unknown_is_named_or_known_later() {
        let host: Val<String> = Val::output(&"rds.instance/main".parse().unwrap(), "host");
        let port: Val<u16> = Val::output(&"rds.instance/main".parse().unwrap(), "port");
        let values = json!({ "url": text!("jdbc:{}", host), "host": host, "port": port });
        let (mut one, mut two) = (StandIns::from(FIRST), StandIns::from(SECOND));
        let (first, second) = (one.fill(&values), two.fill(&values));
        assert_ne!(first, second);
        let render = |values: &Json, sum: &str| {
            json!({ "host": values["host"], "port": values["port"].as_str().unwrap().parse::<u64>().unwrap(),
                "url": format!("{}/x", values["url"].as_str().unwrap()), "sum": sum, "same": [1, "a"] })
        };
        let second = render(&second, "22").to_string();
        let second = serde_json::from_str(&one.translated(&two, &second)).unwrap();
        let mut again = render(&first, "11");
        again["same"][1] = "b".into();
        let mut drawn = Vec::new();
        assert_eq!(
            one.shown(&render(&first, "11"), Some(&again), Some(&second), "", &mut drawn),
            json!({
                "host": "(rds.instance/main#host)", "port": "(rds.instance/main#port)",
                "url": "jdbc:(rds.instance/main#host)/x", "sum": LATER, "same": [1, DRAWN],
            })
        );
        assert_eq!(drawn, ["same[1]"]);
    }
}
