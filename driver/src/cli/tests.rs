//! What arguments are taken for.

use super::*;

fn read(line: &str) -> Result<(Global, Command), String> {
    let words = std::iter::once("apply").chain(line.split_whitespace());
    Cli::read(words).map(Cli::into_parts).map_err(|error| error.to_string())
}

#[test]
fn the_definition_is_sound() {
    Cli::definition().debug_assert();
}

#[test]
fn without_a_command_it_applies() {
    let (global, command) = read("--sandbox --yes --replace ec2.vpc/main -j 4").unwrap();
    assert_eq!(global.sandbox, Some(Parts::Full));
    let Command::Apply { arguments: apply, .. } = command else { panic!("{command:?}") };
    assert!(apply.yes);
    assert_eq!(apply.run.jobs.get(), 4);
    assert_eq!(apply.plan.replace[0].to_string(), "ec2.vpc/main");
    let (_, command) = read("apply --yes").unwrap();
    assert!(matches!(command, Command::Apply { arguments, .. } if arguments.yes));
}

#[test]
fn an_optional_value_needs_its_sign() {
    assert_eq!(read("--sandbox=aws").unwrap().0.sandbox, Some(Parts::Aws));
    let (global, command) = read("--sandbox plan").unwrap();
    assert_eq!(global.sandbox, Some(Parts::Full));
    assert!(matches!(command, Command::Plan { .. }));
    let (global, _) = read("destroy --sandbox --yes").unwrap();
    assert_eq!(global.sandbox, Some(Parts::Full));
}

#[test]
fn yes_is_for_the_command_it_follows() {
    let said = read("--yes destroy").unwrap_err();
    assert!(said.contains("`apply destroy --yes`"), "{said}");
    assert!(read("plan --yes").is_err(), "a plan asks nothing");
    assert!(read("--replace ec2.vpc/main state list").is_err());
}

#[test]
fn a_saved_plan_is_refused_in_words() {
    let said = read("apply plan.bin").unwrap_err();
    assert!(said.contains("cannot apply a saved plan such as `plan.bin`"), "{said}");
    assert!(read("plna").unwrap_err().contains("similar subcommand exists: 'plan'"));
}

#[test]
fn a_state_is_in_a_folder_or_a_bucket() {
    let (global, _) = read("plan --state s3://acme-states/live --wait-for-lock=10m").unwrap();
    assert_eq!(global.state.unwrap().to_string(), "s3://acme-states/live/");
    assert_eq!(global.wait_for_lock, Some(Wait::UpTo(Duration::from_mins(10))));
    assert_eq!(read("--wait-for-lock").unwrap().0.wait_for_lock, Some(Wait::ForEver));
    assert!(read("--wait-for-lock=long").unwrap_err().contains("as in `10m`"));
    assert!(read("plan --state gs://x").unwrap_err().contains("no place for them"));
}

#[test]
fn a_wrong_address_says_what_one_is() {
    let said = read("--unprotect database").unwrap_err();
    assert!(said.contains("it needs a kind and a name, as in `ec2.subnet/private-a`"), "{said}");
}
