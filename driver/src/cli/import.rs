//! The arguments of `import`.

use super::{Deny, RunArgs};
use clap::Args;
use groundplan::Address;

/// What `import` takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ImportArgs {
    /// The resource of the program, e.g. `ec2.vpc/main`; without one, all that the program says to import
    #[arg(value_name = "ADDRESS", requires = "id")]
    pub(crate) address: Option<Address>,
    /// The object, as its kind's users know it: `vpc-…`, a role's name, `rtb-…/10.0.0.0/8`
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
    /// All that a stack of CloudFormation or the CDK made
    #[arg(long, value_name = "STACK", conflicts_with = "address")]
    pub(crate) cloudformation: Option<String>,
    /// Write the Rust that declares it, to a file if one is named; nothing is taken up
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "-",
        conflicts_with_all = ["plan", "yes", "release"]
    )]
    pub(crate) generate: Option<String>,
    /// Let CloudFormation go of what was taken up: keep every object, then delete the stack alone
    #[arg(long, requires = "cloudformation")]
    pub(crate) release: bool,
    /// The region to look in, with --cloudformation or --generate; that of the run if not given
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Show what would be done, and change nothing; exit code 2 if there is something
    #[arg(long, conflicts_with = "yes")]
    pub(crate) plan: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Refuse findings of this weight that nobody answers for
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    pub(crate) deny: Deny,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
