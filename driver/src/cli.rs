//! The arguments.

mod graph;
mod import;
mod plan;

use crate::place::Place;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
pub(crate) use graph::{Drawing, GraphArgs};
use groundplan::Address;
pub(crate) use import::ImportArgs;
use jiff::SignedDuration;
pub(crate) use plan::{ApplyArgs, Deny, Faces, Format, PlanArgs, RunArgs};
use std::{path::PathBuf, time::Duration};

/// Compares a program with what there is, shows the difference, asks, and brings it about.
///
/// Exit codes: 0 done or nothing to do; 2 `plan` found changes; 3 refused; 4 somebody else changes
/// the stack; 5 partly applied; 130 cancelled; 1 anything else.
#[derive(Clone, Debug, Parser)]
#[command(name = "apply", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(flatten)]
    apply: ApplyArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Global {
    /// The settings; found from the current folder upwards if not given
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,
    /// Put groundplan.NAME.toml on top of the settings
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub(crate) env: Option<String>,
    /// Where states are kept: a folder or `s3://BUCKET/PREFIX`; .groundplan beside the settings if not given
    #[arg(long, global = true, value_name = "PLACE", help_heading = "Global options")]
    pub(crate) state: Option<Place>,
    /// Wait while somebody else changes the stack; up to so long, e.g. `=10m`, if that is given
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "for ever",
        value_parser = wait,
        help_heading = "Global options"
    )]
    pub(crate) wait_for_lock: Option<Wait>,
    /// Use an AWS and a Kubernetes on this machine; `=aws` for AWS alone
    #[arg(
        long,
        global = true,
        value_name = "PARTS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "full",
        help_heading = "Global options"
    )]
    pub(crate) sandbox: Option<Parts>,
    /// Write results as JSON, one document a line
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Say more of what is done
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) verbose: bool,
    /// Write a log as JSON lines to a file
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub(crate) log_file: Option<PathBuf>,
}

/// How long to wait for a stack that somebody else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// As long as it takes.
    ForEver,
    /// Up to so long.
    UpTo(Duration),
}

fn wait(text: &str) -> Result<Wait, String> {
    if text == "for ever" {
        return Ok(Wait::ForEver);
    }
    let limit = text.parse::<SignedDuration>().map_err(|_| "as in `10m` or `1h 30m`".to_owned())?;
    Ok(Wait::UpTo(limit.unsigned_abs()))
}

/// How much of the cloud a sandbox has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Parts {
    /// AWS, and Kubernetes behind its clusters
    Full,
    /// AWS alone
    Aws,
}

/// What there is to do.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan, show, ask, apply; what is done when no command is named
    Apply {
        #[command(flatten)]
        arguments: ApplyArgs,
        /// A plan that `plan --out` saved: what was approved is done, or nothing
        #[arg(value_name = "PLAN_FILE", conflicts_with_all = ["replace", "unprotect", "no_refresh", "allow_deletes", "approved"])]
        plan_file: Option<PathBuf>,
    },
    /// Show what would change, and change nothing; exit code 2 if something would
    Plan {
        #[command(flatten)]
        arguments: PlanArgs,
        #[command(flatten)]
        faces: Faces,
    },
    /// Take up what exists already, and write the program that declares it; nothing is made
    Import(ImportArgs),
    /// Read every recorded object and show what others changed; nothing in the cloud is touched
    Refresh(RefreshArgs),
    /// Remove everything that is recorded
    Destroy(DestroyArgs),
    /// Draw what there is and what would change
    Graph(GraphArgs),
    /// Check settings, program and rules without asking any cloud
    Validate {
        /// Refuse findings of this weight that nobody answers for
        #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
        deny: Deny,
    },
    /// Look at what is recorded, and mend it
    State {
        /// The stack; that of the settings if not given
        #[arg(long, global = true, value_name = "NAME")]
        stack: Option<String>,
        #[command(subcommand)]
        command: StateCommand,
    },
    /// Show earlier versions of what is recorded
    History {
        /// The stack; that of the settings if not given
        #[arg(long, global = true, value_name = "NAME")]
        stack: Option<String>,
        #[command(subcommand)]
        command: Option<HistoryCommand>,
    },
    /// Make the bucket that `--state s3://BUCKET/PREFIX` names, in the account and region of this run
    Bootstrap(BootstrapArgs),
    /// Show what the stack gives to its users
    Output {
        /// The stack; that of the settings if not given
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
        /// One of them, as it is, for scripts
        name: Option<String>,
    },
    /// The AWS and Kubernetes on this machine
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Look at the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write a completion script
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// What `bootstrap` takes.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct BootstrapArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// What `refresh` takes.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct RefreshArgs {
    /// Show it, and record nothing; exit code 2 if something differs
    #[arg(long, conflicts_with = "yes")]
    pub(crate) plan: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// What `destroy` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct DestroyArgs {
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Lift the protection of a resource for this run
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) unprotect: Vec<Address>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Write what was removed and what AWS keeps to a file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
}

/// What `state` can do.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// List every record
    List,
    /// Show all that is recorded of a resource, or of every one
    Show {
        /// Which, e.g. `ec2.subnet/a`
        address: Option<Address>,
    },
    /// Take a resource off the record, and leave it in the cloud
    Forget {
        /// Which, e.g. `ec2.subnet/a`
        #[arg(required_unless_present = "account")]
        address: Option<Address>,
        /// All that is in this account instead, which is closed or cannot be reached any more
        #[arg(long, value_name = "ID", conflicts_with = "address")]
        account: Option<String>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Hand a resource over to another stack, whose program declares it; nothing happens in the cloud
    Mv {
        /// Which, e.g. `ec2.vpc/main`
        address: Address,
        /// The stack that is to have it, in the same place
        #[arg(long, value_name = "STACK")]
        to: String,
        /// Its name there, if that is another
        #[arg(long = "as", value_name = "ADDRESS")]
        named: Option<Address>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Rebuild a state that is lost from the program and from the marks on live objects
    Recover {
        /// Which of several, where objects of more than one carry the stack's name
        #[arg(long)]
        lineage: Option<String>,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Mend a damaged state without losing anything
    Repair {
        /// Take the newest snapshot as somebody edited it, although the journal says otherwise
        #[arg(long)]
        keep_edits: bool,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// End the lease of a run that is gone; refused while its heart beats
    Unlock {
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

/// What `history` can do, other than to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum HistoryCommand {
    /// Show all that was recorded in a version
    Show {
        /// Its serial
        serial: u64,
    },
    /// Show what differs between two versions
    Diff {
        /// The serial of the earlier one
        one: u64,
        /// The serial of the later one
        other: u64,
    },
}

/// What `sandbox` can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Start it, or use the one that runs; it goes on when this command ends
    Up,
    /// Say whether it runs
    Status,
    /// End it, with everything in it
    Down,
}

/// What `config` can do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Write the JSON Schema of groundplan.toml, for people and their editors; or that of a plan as JSON
    Schema {
        /// Of what
        #[arg(default_value = "settings")]
        of: Schema,
    },
}

/// What has a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schema {
    /// groundplan.toml
    Settings,
    /// What `plan --format json` writes
    Plan,
}

impl Cli {
    /// Reads arguments.
    pub(crate) fn read<I, T>(arguments: I) -> Result<Self, clap::Error>
    where
        I: IntoIterator<Item = T>,
        T: Into<std::ffi::OsString> + Clone,
    {
        let mut definition = Self::definition();
        let matches = definition.try_get_matches_from_mut(arguments)?;
        // `apply --yes destroy` would look as if it asked nothing, and ask.
        if let Some((command, _)) = matches.subcommand()
            && let Some(early) = early(&matches)
        {
            let what = format!(
                "`--{early}` comes after the command it is for: `apply {command} --{early}`"
            );
            return Err(definition.error(clap::error::ErrorKind::ArgumentConflict, what));
        }
        let cli = Self::from_arg_matches(&matches)?;
        Ok(cli)
    }

    /// What to do.
    pub(crate) fn into_parts(self) -> (Global, Command) {
        let apply = Command::Apply { arguments: self.apply, plan_file: None };
        let command = self.command.unwrap_or(apply);
        (self.global, command)
    }

    /// The definition, for completion scripts.
    pub(crate) fn definition() -> clap::Command {
        <Self as CommandFactory>::command()
    }
}

/// An argument of `apply` that stands before another command.
fn early(matches: &clap::ArgMatches) -> Option<String> {
    let own = ApplyArgs::augment_args(clap::Command::new("apply"));
    let given = |id: &str| matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
    let early = own.get_arguments().find(|argument| given(argument.get_id().as_str()))?;
    early.get_long().map(str::to_owned)
}

#[cfg(test)]
mod tests;
