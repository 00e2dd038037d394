//! Where in the settings something is: `cluster.nodes[0].desired`.

use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// Into a table.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// A path from the top of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(pub(crate) Vec<Segment>);

impl Path {
    /// The path of what is called `key` here.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    /// The path of what this leads to from here.
    pub(crate) fn with(&self, segment: Segment) -> Self {
        let mut path = self.clone();
        path.0.push(segment);
        path
    }

    /// Reads a path as it prints. What is no path is one key.
    pub(crate) fn parse(text: &str) -> Self {
        let mut path = Self::default();
        for part in text.split('.') {
            let (key, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            path.0.push(Segment::Key(key.to_owned()));
            let indices = indices.split(['[', ']']).filter(|index| !index.is_empty());
            path.0.extend(indices.filter_map(|index| Some(Segment::Index(index.parse().ok()?))));
        }
        path
    }

    /// Whether this is the other path or lies below it.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |key: &str| {
            !key.is_empty()
                && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        for (i, segment) in self.0.iter().enumerate() {
            let dot = if i > 0 { "." } else { "" };
            match segment {
                Segment::Key(key) if bare(key) => write!(out, "{dot}{key}")?,
                Segment::Key(key) => write!(out, "{dot}{key:?}")?,
                Segment::Index(index) => write!(out, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_as_it_is_written_in_toml() {
        let path = Path::parse("cluster.pools[1].taints[0].key");
        assert_eq!(path.to_string(), "cluster.pools[1].taints[0].key");
        assert_eq!(path.0[2], Segment::Index(1));
        assert_eq!(Path::default().key("tags").key("a.b").to_string(), "tags.\"a.b\"");
        assert!(path.is_within(&Path::parse("cluster.pools")));
        assert!(!path.is_within(&Path::parse("cluster.pool")));
    }
}
