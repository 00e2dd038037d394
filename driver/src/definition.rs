//! A program with its types erased, so that commands are compiled once and not for each program.

use crate::{
    config::{self, Files, Wanted},
    render::error::Failure,
};
use groundplan::{Graph, Json, Program, Registry, Stack};
use std::path::PathBuf;

/// A program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    /// What it is called.
    pub(crate) name: &'static str,
    schema: fn() -> Json,
    registry: fn() -> Registry,
    stack: fn(&Files) -> Result<Stack, Failure>,
}

/// What a program asks for with these settings.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The stack's name.
    pub(crate) stack: String,
    /// The resources.
    pub(crate) graph: Graph,
    /// The folder of the settings.
    pub(crate) folder: PathBuf,
}

impl Definition {
    /// Of a program.
    pub(crate) fn of<P: Program>() -> Self {
        Self {
            name: P::NAME,
            schema: config::schema::<P::Settings>,
            registry: P::registry,
            stack: |files| {
                let settings = config::check::<P>(files)?;
                let mut stack = Stack::new(&P::stack(&settings));
                P::build(&settings, &mut stack);
                Ok(stack)
            },
        }
    }

    /// The JSON Schema of its settings.
    pub(crate) fn schema(&self) -> Json {
        (self.schema)()
    }

    /// Every kind that it knows.
    pub(crate) fn registry(&self) -> Registry {
        groundplan::registry().and((self.registry)())
    }

    /// Reads its settings and asks what it wants, or says every mistake that stands in the way.
    pub(crate) fn ask(&self, wanted: &Wanted) -> Result<Asked, Failure> {
        let files = config::load(wanted)?;
        let stack = (self.stack)(&files)?;
        let name = stack.name().to_owned();
        let graph =
            stack.freeze(&self.registry()).map_err(|problems| Failure::from(&problems[..]))?;
        Ok(Asked { stack: name, graph, folder: files.folder })
    }
}
