//! A secret that is a JSON document, in memory for the time of one call.

use super::Generate;
use groundplan_core::{Fields, Json, Result, Secret, to_json};
use serde_json::Map;
use std::collections::BTreeMap;
use zeroize::{Zeroize, Zeroizing};

/// The most that a secret holds, in bytes. A buffer of this size never grows, so that no copy of a
/// value is left behind.
pub(super) const MOST: usize = 65_536;

/// The keys and values of a secret; wiped when dropped.
#[derive(Default)]
pub(super) struct Document(Map<String, Json>);

impl Document {
    /// Reads a document; none if the text is no JSON object.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match serde_json::from_str(text) {
            Ok(Json::Object(map)) => Some(Self(map)),
            Ok(mut other) => {
                wipe(&mut other);
                None
            }
            Err(_) => None,
        }
    }

    /// The document's text.
    pub(super) fn text(&self) -> Secret {
        let mut buffer = Zeroizing::new(Vec::with_capacity(MOST));
        serde_json::to_writer(&mut *buffer, &self.0).expect("BUG: a JSON object can be written");
        let text = String::from_utf8(std::mem::take(&mut *buffer)).expect("BUG: JSON is UTF-8");
        Secret::new(text)
    }

    /// The value of a key: a text as it is, anything else as JSON; none if absent or null.
    pub(super) fn get(&self, key: &str) -> Option<Secret> {
        match self.0.get(key)? {
            Json::Null => None,
            Json::String(text) => Some(Secret::new(text.clone())),
            other => Some(Secret::new(other.to_string())),
        }
    }

    /// Brings the approved keys to what is wanted: makes those that are missing or are of another
    /// shape, takes away those that are no longer wanted. True if that changed anything.
    pub(super) fn bring(
        &mut self,
        wanted: &BTreeMap<String, Generate>,
        approved: &Fields,
    ) -> Result<bool> {
        let may = |key: &str| approved.has(&format!("content.generated.{key}"));
        let mut changed = false;
        for (key, how) in wanted {
            let fits = matches!(self.0.get(key), Some(Json::String(text)) if how.fits(text));
            if !fits && may(key) {
                if let Some(mut old) = self.0.insert(key.clone(), to_json(&*how.make()?)) {
                    wipe(&mut old);
                }
                changed = true;
            }
        }
        // What other people added is theirs: only a key that the plan showed goes.
        let gone =
            |key: &&String| *approved != Fields::All && !wanted.contains_key(*key) && may(key);
        for key in self.0.keys().filter(gone).cloned().collect::<Vec<_>>() {
            if let Some(mut old) = self.0.remove(&key) {
                wipe(&mut old);
            }
            changed = true;
        }
        Ok(changed)
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Json) {
    match value {
        Json::String(text) => text.zeroize(),
        Json::Array(items) => items.iter_mut().for_each(wipe),
        Json::Object(map) => map.values_mut().for_each(wipe),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(keys: &[&str]) -> BTreeMap<String, Generate> {
        keys.iter().map(|key| ((*key).to_owned(), Generate::password())).collect()
    }

    fn only(paths: &[&str]) -> Fields {
        Fields::Only(paths.iter().map(|path| (*path).to_owned()).collect())
    }

    fn value(document: &Document, key: &str) -> Option<String> {
        document.get(key).map(|value| value.expose().to_owned())
    }

    #[test]
    fn a_new_key_is_added_and_what_is_there_stays() {
        let mut document = Document::default();
        document.bring(&wanted(&["a"]), &Fields::All).unwrap();
        let a = value(&document, "a").unwrap();
        let mut document = Document::parse(&format!(r#"{{"a":"{a}","by-hand":7}}"#)).unwrap();
        let approved = only(&["content.generated.b.length", "content.generated.b.alphabet"]);
        assert!(document.bring(&wanted(&["a", "b"]), &approved).unwrap());
        assert_eq!(value(&document, "a").unwrap(), a);
        assert_eq!(value(&document, "by-hand").unwrap(), "7");
        assert_eq!(value(&document, "b").unwrap().len(), 32);
        // Again, as after a crash: the value that was made stays.
        let b = value(&document, "b");
        assert!(!document.bring(&wanted(&["a", "b"]), &approved).unwrap());
        assert_eq!(value(&document, "b"), b);
    }

    #[test]
    fn only_a_key_that_the_plan_showed_is_removed_or_made_anew() {
        let mut document = Document::parse(r#"{"a":"x","b":"y","by-hand":"z"}"#).unwrap();
        let approved = only(&["content.generated.b.length"]);
        assert!(document.bring(&wanted(&["a"]), &approved).unwrap());
        assert_eq!(value(&document, "a").unwrap(), "x");
        assert_eq!(value(&document, "b"), None);
        assert_eq!(value(&document, "by-hand").unwrap(), "z");
        assert!(document.bring(&wanted(&["a"]), &only(&["content.generated.a.length"])).unwrap());
        assert_eq!(value(&document, "a").unwrap().len(), 32);
    }

    #[test]
    fn a_restored_secret_keeps_keys_that_are_not_in_the_program() {
        let mut document = Document::parse(r#"{"old":"x"}"#).unwrap();
        assert!(document.bring(&wanted(&["a"]), &Fields::All).unwrap());
        assert_eq!(value(&document, "old").unwrap(), "x");
    }

    #[test]
    fn a_text_that_is_no_object_is_no_document() {
        assert!(Document::parse("hunter2").is_none() && Document::parse("[1]").is_none());
        assert_eq!(Document::parse("{}").unwrap().text().expose(), "{}");
    }
}
