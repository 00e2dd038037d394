//! Reads: many objects with few calls, and reads that lag behind a write.

pub(super) use crate::settle::{until_gone, until_visible};

use aws_sdk_ec2::types::Filter;
use groundplan_core::{
    Class, Cx, Mark, Patience, Resource, Result, StepCx, TAG_LINEAGE, TAG_STACK, Wanted,
};
use std::collections::BTreeSet;

/// The most values that EC2 takes in one filter.
const VALUES: usize = 200;

/// How long a create may not see a parent that an earlier step made and read already: EC2's
/// endpoints agree within seconds.
const AGREE: Patience = Patience::new(500, 5, 60);

/// A filter by one name.
pub(super) fn filter(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Filters that together name all values, each once, as many to a filter as EC2 takes.
pub(super) fn each<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> Vec<Filter> {
    let values: BTreeSet<_> = values.into_iter().collect();
    let values: Vec<_> = values.into_iter().collect();
    values.chunks(VALUES).map(|chunk| filter(name, chunk.iter().copied())).collect()
}

/// The filters of the listing calls that together find all wanted objects: by recorded id
/// (`id_filter`), which finds them also if somebody removed our tags, and by lineage for the rest.
pub(super) fn filters<R: Resource>(
    cx: &Cx,
    wanted: &[Wanted<R>],
    id_filter: &str,
    id: fn(&R::Outputs) -> &str,
) -> Vec<Filter> {
    let recorded: Vec<_> = wanted.iter().filter_map(|w| w.outputs.as_ref().map(id)).collect();
    let mut filters = each(id_filter, recorded.iter().copied());
    if recorded.len() < wanted.len() {
        filters.push(filter(&format!("tag:{TAG_LINEAGE}"), [cx.lineage()]));
    }
    filters
}

/// The filter that finds what carries a mark. EC2 takes `*` and `?` in it for more than they are, so what
/// is found is looked at again.
pub(super) fn by_mark(mark: &Mark) -> Vec<Filter> {
    let (tag, value) = match &mark.lineage {
        Some(lineage) => (TAG_LINEAGE, lineage),
        None => (TAG_STACK, &mark.stack),
    };
    vec![filter(&format!("tag:{tag}"), [value])]
}

/// Everything that one of the filters finds; `list` takes one.
pub(super) async fn all<T, F>(filters: Vec<Filter>, list: impl Fn(Filter) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<Vec<T>>>,
{
    let mut found = Vec::new();
    for filter in filters {
        found.extend(list(filter).await?);
    }
    Ok(found)
}

/// Repeats a create for a while when it says that an object it refers to does not exist: that one was
/// there when its own step ended, and not every endpoint knows it yet.
pub(super) async fn once_parents_show<T, F>(
    cx: &StepCx,
    create: impl FnMut() -> F + Send,
) -> Result<T>
where
    F: Future<Output = Result<T>> + Send,
    T: Send,
{
    cx.retry(AGREE, |fault| fault.class == Class::NotFound, create).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_takes_no_more_values_than_ec2_allows() {
        let ids: Vec<_> = (0..401).map(|n| format!("vpc-{n}")).collect();
        let twice = ids.iter().chain(&ids).map(String::as_str);
        let filters = each("vpc-id", twice);
        let sizes: Vec<_> = filters.iter().map(|f| f.values().len()).collect();
        assert_eq!(sizes, [200, 200, 1]);
    }
}
