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
fn a_saved_plan_decides_alone_what_is_done() {
    let (_, command) = read("apply --yes hub.plan").unwrap();
    let Command::Apply { plan_file, .. } = command else { panic!("{command:?}") };
    assert_eq!(plan_file.unwrap().to_str(), Some("hub.plan"));
    assert!(read("apply hub.plan --replace ec2.vpc/main").is_err());
    assert!(read("apply hub.plan --approved sha256:00").is_err());
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

#[test]
fn an_import_names_a_resource_and_an_object_or_neither() {
    let (_, command) = read("import ec2.vpc/main vpc-0a1b --plan").unwrap();
    let Command::Import(arguments) = command else { panic!("{command:?}") };
    assert_eq!((arguments.id.as_deref(), arguments.plan), (Some("vpc-0a1b"), true));
    assert!(matches!(read("import").unwrap().1, Command::Import(all) if all.address.is_none()));
    assert!(read("import ec2.vpc/main").unwrap_err().contains("<ID>"));
    assert!(read("import --plan --yes").is_err(), "a plan asks nothing");
    assert!(read("refresh --plan --yes").is_err());
}

#[test]
fn an_import_of_a_whole_stack_is_generated_taken_up_or_let_go_of() {
    let import = |line: &str| match read(line).map(|(_, command)| command) {
        Ok(Command::Import(arguments)) => arguments,
        other => panic!("{line}: {other:?}"),
    };
    let generated =
        import("import --cloudformation legacy --generate=legacy.rs --region eu-west-1");
    assert_eq!(generated.generate.as_deref(), Some("legacy.rs"));
    assert_eq!(import("import ec2.vpc/main vpc-0a1b --generate").generate.as_deref(), Some("-"));
    assert!(import("import --cloudformation legacy --release --plan").release);
    assert!(read("import --release").unwrap_err().contains("--cloudformation"));
    assert!(read("import ec2.vpc/main vpc-0a1b --cloudformation legacy").is_err());
    assert!(read("import --cloudformation legacy --release --generate").is_err());
}

#[test]
fn a_resource_goes_to_another_stack_under_its_name_or_another() {
    let (_, command) = read("state mv ec2.vpc/main --to hub --as ec2.vpc/net").unwrap();
    let Command::State { command: StateCommand::Mv { to, named, .. }, .. } = command else {
        panic!("{command:?}")
    };
    assert_eq!((to.as_str(), named.unwrap().name()), ("hub", "net"));
    assert!(read("state mv ec2.vpc/main").unwrap_err().contains("--to"));
}
