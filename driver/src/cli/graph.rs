//! The arguments of `graph`.

use clap::{Args, ValueEnum};

/// What `graph` takes.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct GraphArgs {
    /// As what; JSON with --json
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Drawing::Dot)]
    pub(crate) format: Drawing,
    /// Do not read live objects; what a crash left open is read all the same
    #[arg(long)]
    pub(crate) no_refresh: bool,
}

/// What a graph can be drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// For Graphviz: `apply graph | dot -Tsvg`
    Dot,
    /// For Markdown; GitHub draws up to 500 edges of it
    Mermaid,
    /// A page to pan, zoom and search
    Html,
}
