//! Whether two access policies mean the same. The service writes some principals in another way than
//! it was given them.

use groundplan_core::Json;

/// Whether two policy documents mean the same.
pub(in crate::opensearch) fn same(one: &str, other: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<Json>(text).map(|policy| plain(None, policy));
    one == other || matches!((parse(one), parse(other)), (Ok(a), Ok(b)) if a == b)
}

/// A document in one spelling: lists of one as that one, longer ones sorted, principals as the service
/// writes them. `key` is the key that the value stands under.
fn plain(key: Option<&str>, value: Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(|item| plain(key, item)).collect();
            if items.len() == 1 {
                return items.swap_remove(0);
            }
            items.sort_by_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| {
                let value = plain(Some(&key), value);
                (key, value)
            });
            let map: serde_json::Map<_, _> = entries.collect();
            match (key, map.len(), map.get("AWS")) {
                (Some("Principal"), 1, Some(Json::String(all))) if all == "*" => "*".into(),
                _ => Json::Object(map),
            }
        }
        Json::String(text) if key == Some("AWS") && is_account(&text) => {
            format!("arn:aws:iam::{text}:root").into()
        }
        other => other,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_the_same_in_the_spelling_of_the_service() {
        let given = r#"{"Statement":[{"Principal":"*","Action":"es:ESHttp*"}]}"#;
        let there = r#"{"Statement":{"Action":["es:ESHttp*"],"Principal":{"AWS":"*"}}}"#;
        assert!(same(given, there));
        let given = r#"{"Principal":{"AWS":["222222222222","111111111111"]}}"#;
        let there = r#"{"Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]}}"#;
        assert!(same(given, there));
    }

    #[test]
    fn another_principal_or_action_is_another_policy() {
        let everybody = r#"{"Principal":"*"}"#;
        assert!(!same(everybody, r#"{"Principal":{"AWS":"arn:aws:iam::1:role/a"}}"#));
        assert!(!same(everybody, r#"{"Principal":{"Service":"*"}}"#));
        assert!(!same(r#"{"Action":["a","b"]}"#, r#"{"Action":"a"}"#));
    }
}
