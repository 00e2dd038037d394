//! Joins what one listing call found to the objects that were wanted, and finds what carries a mark.

use crate::{fault::fault, tags};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use futures::{StreamExt, TryStreamExt, stream};
use groundplan_core::{Live, Mark, Marked, Near, Owner, Resource, Result, Seen, StepCx, Wanted};
use std::collections::BTreeSet;

/// An object as a service lists it.
pub(crate) trait Listed {
    /// How its service names it.
    fn id(&self) -> &str;

    /// The names and values of its tags.
    fn tags(&self) -> Vec<(&str, &str)>;

    /// The name given to it, where its kind has names.
    fn name(&self) -> Option<&str> {
        None
    }

    /// What tells it from others of its kind, for people.
    fn says(&self) -> String {
        String::new()
    }
}

/// What a listing holds for one wanted object.
pub(crate) enum Match<'a, T> {
    /// Nothing.
    None,
    /// It.
    One(&'a T),
    /// Several that carry its ownership tags; their ids, and what tells them apart.
    Many(Vec<String>),
}

/// The listed object with the recorded id, or, where none is recorded, with the owner's tags.
pub(crate) fn find<'a, T: Listed, R: Resource>(
    list: &'a [T],
    wanted: &Wanted<R>,
    recorded: Option<&str>,
) -> Match<'a, T> {
    if let Some(recorded) = recorded {
        let it = list.iter().find(|item| item.id() == recorded);
        return it.map_or(Match::None, Match::One);
    }
    let owned: Vec<_> =
        list.iter().filter(|item| tags::owned(&wanted.owner, item.tags())).collect();
    match owned[..] {
        [] => Match::None,
        [it] => Match::One(it),
        _ => Match::Many(owned.into_iter().map(described).collect()),
    }
}

/// `vpc-1 (10.0.0.0/16, available)`
fn described(item: &impl Listed) -> String {
    match item.says() {
        says if says.is_empty() => item.id().to_owned(),
        says => format!("{} ({says})", item.id()),
    }
}

/// What a listing says of every wanted object. `recorded` reads the id from recorded outputs, `live`
/// the state from a listed object.
pub(crate) fn see<R: Resource, T: Listed>(
    list: &[T],
    wanted: &[Wanted<R>],
    recorded: fn(&R::Outputs) -> &str,
    live: impl Fn(&T) -> Live<R::Outputs>,
) -> Vec<Seen<R::Outputs>> {
    let look = |w: &Wanted<R>| match find(list, w, w.outputs.as_ref().map(recorded)) {
        Match::None => Seen::Absent,
        Match::Many(found) => Seen::Ambiguous(found),
        Match::One(item) => live(item).tagged(item.tags()).into(),
    };
    wanted.iter().map(look).collect()
}

/// Those of a listing that carry a mark, and whose they are by it.
pub(crate) fn carrying<'a, T: Listed>(list: &'a [T], mark: &Mark) -> Vec<(Owner, &'a T)> {
    list.iter().filter_map(|item| Some((tags::read(mark, item.tags())?, item))).collect()
}

/// A listed object that carries a mark.
pub(crate) fn marked<O>(owner: Owner, item: &impl Listed, live: Live<O>) -> Marked<O> {
    let live = live.tagged(item.tags());
    Marked { owner, id: item.id().to_owned(), name: item.name().map(str::to_owned), live }
}

/// What a listing says of all that carries a mark.
pub(crate) fn see_marked<T: Listed, O>(
    list: &[T],
    mark: &Mark,
    live: impl Fn(&T) -> Live<O>,
) -> Vec<Marked<O>> {
    let see = |(owner, item)| marked(owner, item, live(item));
    carrying(list, mark).into_iter().map(see).collect()
}

/// Takes up what has the name or key of an object that was to be made, if it is that very object: the
/// answer to its create was lost. Refuses another's. `what` it is, such as ``a role `app` ``.
pub(crate) fn take_or_refuse<T: Listed>(
    cx: &StepCx,
    there: T,
    what: &str,
    hint: &str,
) -> Result<T> {
    if tags::owned(cx.owner(), there.tags()) {
        return Ok(there);
    }
    Err(tags::not_ours(&format!("{what} exists already and"), there.tags()).hint(hint))
}

/// The names that objects of a stack can have: those that its program gives, and those that are derived
/// from its own. Where a listing shows no tags, only objects of such names are asked for theirs: what
/// belongs to others costs no call, and no right to read it. Those on record are not among them: they are
/// read anyway.
pub(crate) struct Names {
    prefix: Option<String>,
    given: BTreeSet<String>,
    recorded: BTreeSet<String>,
}

impl Names {
    /// `given` reads the name that a program gives, `name` the one that is on record.
    pub(crate) fn new<R: Resource>(
        mark: &Mark,
        near: &Near<R>,
        given: fn(&R) -> Option<&String>,
        name: fn(&R::Outputs) -> &String,
    ) -> Self {
        Self {
            prefix: R::META.naming.prefix(&mark.stack),
            given: near.iter().filter_map(given).cloned().collect(),
            recorded: near.recorded.iter().map(name).cloned().collect(),
        }
    }

    pub(crate) fn can_be(&self, name: &str) -> bool {
        if self.recorded.contains(name) {
            return false;
        }
        let derived = self.prefix.as_ref().is_some_and(|prefix| name.starts_with(prefix));
        derived || self.given.contains(name)
    }
}

/// Everything that a paged listing call answers with.
pub(crate) async fn pages<T, E>(
    action: &'static str,
    items: PaginationStream<std::result::Result<T, SdkError<E, HttpResponse>>>,
) -> Result<Vec<T>>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    SdkError<E, HttpResponse>: RequestId,
{
    items.collect::<std::result::Result<Vec<_>, _>>().await.map_err(fault(action))
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
