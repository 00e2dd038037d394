//! A program with its types erased, so that commands are compiled once and not for each program.

use crate::{
    config::{self, Files, Sound, Wanted},
    render::error::Failure,
};
use groundplan::{Graph, Json, Program, Registry, Rules, Stack, Waiver};
use std::path::PathBuf;

/// A program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    /// What it is called.
    pub(crate) name: &'static str,
    schema: fn(&Rules) -> Json,
    registry: fn() -> Registry,
    rules: fn() -> Rules,
    stack: fn(&Files, &Rules) -> Result<(Stack, Vec<Waiver>), Failure>,
}

/// What a program asks for with these settings.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The stack's name.
    pub(crate) stack: String,
    /// The resources.
    pub(crate) graph: Graph,
    /// What is left as it is, whatever rules find.
    pub(crate) waivers: Vec<Waiver>,
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
            rules: P::rules,
            stack: |files, rules| {
                let Sound { settings, waivers } = config::check::<P>(files, rules)?;
                let mut stack = Stack::new(&P::stack(&settings));
                P::build(&settings, &mut stack);
                Ok((stack, waivers))
            },
        }
    }

    /// The JSON Schema of its settings.
    pub(crate) fn schema(&self) -> Json {
        (self.schema)(&self.rules())
    }

    /// Every kind that it knows.
    pub(crate) fn registry(&self) -> Registry {
        groundplan::registry().and((self.registry)())
    }

    /// Every rule that its programs are held against.
    pub(crate) fn rules(&self) -> Rules {
        groundplan::rules().and((self.rules)())
    }

    /// Reads its settings and asks what it wants, or says every mistake that stands in the way.
    pub(crate) fn ask(&self, wanted: &Wanted) -> Result<Asked, Failure> {
        let files = config::load(wanted)?;
        let (stack, waivers) = (self.stack)(&files, &self.rules())?;
        let name = stack.name().to_owned();
        let graph =
            stack.freeze(&self.registry()).map_err(|problems| Failure::from(&problems[..]))?;
        Ok(Asked { stack: name, graph, waivers, folder: files.folder })
    }
}
