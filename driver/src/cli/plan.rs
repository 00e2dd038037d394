//! The arguments of `plan` and `apply`.

use clap::{Args, ValueEnum};
use groundplan::{Address, Severity};
use std::{num::NonZeroUsize, path::PathBuf};

/// What `apply` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Do it only if the plan is the one of this digest, which `plan` told
    #[arg(long, value_name = "DIGEST")]
    pub(crate) approved: Option<String>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

/// What decides about a plan.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlanArgs {
    /// Do not read live objects; what a crash left open is read all the same
    #[arg(long)]
    pub(crate) no_refresh: bool,
    /// Replace a resource though nothing about it asks for it
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) replace: Vec<Address>,
    /// Lift the protection of a resource for this run
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) unprotect: Vec<Address>,
    /// Allow to delete or replace up to so many resources where that is more than half of them
    #[arg(long, value_name = "N")]
    pub(crate) allow_deletes: Option<usize>,
    /// Refuse a plan with findings of this weight that nobody answers for
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) deny: Deny,
}

/// From which weight on findings keep a plan from being applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deny {
    /// Warnings too
    Warn,
    /// Errors alone
    #[default]
    Error,
}

impl From<Deny> for Severity {
    fn from(deny: Deny) -> Self {
        match deny {
            Deny::Warn => Self::Warn,
            Deny::Error => Self::Error,
        }
    }
}

/// What decides how a plan is carried out.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// How many steps may be under way at once
    #[arg(short, long, value_name = "N", default_value_t = AT_ONCE)]
    pub(crate) jobs: NonZeroUsize,
}

/// What is under way mostly waits; how often AWS is asked is paced elsewhere.
const AT_ONCE: NonZeroUsize = NonZeroUsize::new(32).expect("BUG: 32 is not 0");

/// How a plan is shown.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Faces {
    /// What to write the plan as
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Write the plan as a comment to the pull request that a GitHub runner is at work on
    #[arg(long)]
    pub(crate) comment: bool,
    /// Print the smallest IAM policy that applying this plan needs instead of the plan; exit code 0
    #[arg(long, conflicts_with_all = ["format", "comment", "html", "out"])]
    pub(crate) iam: bool,
    /// Write the plan as a page too, for a browser
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Save the plan, for `apply apply FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// The faces of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal
    #[default]
    Text,
    /// For a comment on a pull request: at most 60,000 bytes, what matters most first
    Markdown,
    /// A page of its own for a browser, with everything
    Html,
    /// For programs; `--json` for everything else that is said too
    Json,
}
