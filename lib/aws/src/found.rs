//! Joins what one listing call found to the objects that were wanted.

use crate::tags;
use futures::{StreamExt, TryStreamExt, stream};
use groundplan_core::{Live, Resource, Result, Seen, Wanted};

/// What a listing holds for one wanted object.
pub(crate) enum Match<'a, T> {
    /// Nothing.
    None,
    /// It.
    One(&'a T),
    /// Several that carry its ownership tags; their ids.
    Many(Vec<String>),
}

/// How to read a listed object.
pub(crate) struct Listed<T> {
    pub(crate) id: fn(&T) -> &str,
    pub(crate) tags: fn(&T) -> Vec<(&str, &str)>,
}

impl<T> Listed<T> {
    /// The listed object with the recorded id, or, where none is recorded, with the owner's tags.
    pub(crate) fn find<'a, R: Resource>(
        &self,
        list: &'a [T],
        wanted: &Wanted<R>,
        recorded: Option<&str>,
    ) -> Match<'a, T> {
        if let Some(recorded) = recorded {
            let it = list.iter().find(|item| (self.id)(item) == recorded);
            return it.map_or(Match::None, Match::One);
        }
        let owned: Vec<_> =
            list.iter().filter(|item| tags::owned(&wanted.owner, (self.tags)(item))).collect();
        match owned[..] {
            [] => Match::None,
            [it] => Match::One(it),
            _ => Match::Many(owned.iter().map(|item| (self.id)(item).to_owned()).collect()),
        }
    }
}

/// What a listing says of every wanted object. `recorded` reads the id from recorded outputs, `live`
/// the state from a listed object.
pub(crate) fn see<R: Resource, T>(
    list: &[T],
    how: &Listed<T>,
    wanted: &[Wanted<R>],
    recorded: fn(&R::Outputs) -> &str,
    live: impl Fn(&T) -> Live<R::Outputs>,
) -> Vec<Seen<R::Outputs>> {
    let look = |w: &Wanted<R>| match how.find(list, w, w.outputs.as_ref().map(recorded)) {
        Match::None => Seen::Absent,
        Match::Many(ids) => Seen::Ambiguous(ids),
        Match::One(item) => live(item).into(),
    };
    wanted.iter().map(look).collect()
}

/// How many objects of one batch are read at once, where each takes a call of its own.
const READS_AT_ONCE: usize = 8;

/// Reads one by one what no listing call answers; a few at once, the answers in order.
pub(crate) async fn each<K, T, F>(
    keys: impl IntoIterator<Item = K>,
    read: impl Fn(K) -> F,
) -> Result<Vec<T>>
where
    F: Future<Output = Result<T>>,
{
    let reads: Vec<_> = keys.into_iter().map(read).collect();
    stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await
}
