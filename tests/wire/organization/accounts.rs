//! What becomes of accounts beyond what every kind keeps to.

use crate::harness::Wire;
use groundplan::aws::organizations::{Account, Organization};
use groundplan::{Address, Class, Fault, Options, Stack};

/// An account of an e-mail address, in the root.
fn program(wire: &Wire, email: &str, choose: impl FnOnce(&mut Account)) -> Stack {
    let (mut stack, mut account) = declared(wire, email);
    choose(&mut account);
    stack.add("data", account);
    stack
}

/// The account, and the program that it is still to be added to.
fn declared(wire: &Wire, email: &str) -> (Stack, Account) {
    let (mut stack, scope) = wire.stack();
    let root = stack.derive("the", Organization::new(scope.clone())).root();
    (stack, Account::new(scope, root, wire.name(), email))
}

/// Why the account could not be brought about.
async fn refusal(wire: &Wire, stack: Stack) -> Fault {
    let (report, _) = wire.try_apply(stack).await;
    let [(address, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert_eq!(address.kind(), "organizations.account");
    fault.clone()
}

/// An account that nobody's program made.
async fn somebodys(wire: &Wire, email: &str) -> String {
    let aws = wire.clients().await;
    let asked = crate::harness::eventually(async || {
        let call = aws.organizations.create_account().account_name("theirs").email(email);
        let asked = call.send().await.unwrap().create_account_status.unwrap().id.unwrap();
        crate::harness::eventually(async || {
            let call = aws.organizations.describe_create_account_status();
            let status = call.create_account_request_id(&asked).send().await.unwrap();
            let status = status.create_account_status.unwrap();
            match status.state().unwrap().as_str() {
                "IN_PROGRESS" => Err("it is not made yet"),
                _ => Ok(status.account_id),
            }
        })
        .await
        .ok_or("another account was being made")
    });
    asked.await
}

#[tokio::test]
async fn an_account_of_somebody_is_taken_only_if_the_program_says_so_and_names_it_right() {
    let wire = Wire::new("adopting");
    let email = "adopting@example.com";
    let id = somebodys(&wire, email).await;

    let fault = refusal(&wire, program(&wire, email, |_| {})).await;
    assert_eq!(fault.class, Class::NotOurs);
    let command = format!("`apply import organizations.account/data {id}`");
    assert!(fault.hint.as_ref().unwrap().contains(&command), "{fault:?}");

    let adopting = |name: &str| {
        let (mut stack, account) = declared(&wire, email);
        let adopt = Options { adopt: true, ..Options::default() };
        stack.add_with("data", Account { name: name.to_owned(), ..account }, adopt);
        stack
    };
    let fault = refusal(&wire, adopting("ours")).await;
    assert!(fault.what.contains("is called `theirs`"), "{fault}");
    assert!(fault.hint.as_ref().unwrap().contains("the name it has"), "{fault:?}");

    let calls = wire.apply(adopting("theirs")).await;
    assert_eq!(calls, ["TagResource"], "nothing is made");
    assert_eq!(wire.outputs("organizations.account/data").await["id"], *id);
    assert_eq!(wire.plan(adopting("theirs")).await, [""; 0]);
    wire.destroy().await;
}

#[tokio::test]
async fn an_address_that_some_account_has_makes_none() {
    let wire = Wire::new("taken");
    let other = Wire::new("taker");
    let email = "taken@example.com";
    other.apply(program(&other, email, |_| {})).await;
    let fault = refusal(&wire, program(&wire, email, |_| {})).await;
    assert_eq!(fault.class, Class::NotOurs);
    assert!(fault.why.as_ref().unwrap().contains("of the stack `taker`"), "{fault:?}");
    other.destroy().await;
}

#[tokio::test]
async fn an_account_is_not_renamed_and_the_plan_is_refused_before_anything_else_changes() {
    let wire = Wire::new("renaming");
    let email = "renaming@example.com";
    wire.apply(program(&wire, email, |_| {})).await;
    let fault = refusal(&wire, program(&wire, email, |a| a.name = "another".into())).await;
    assert_eq!(fault.class, Class::Refused);
    assert!(fault.hint.as_ref().unwrap().contains("put-account-name"), "{fault:?}");
    wire.destroy().await;
}

#[tokio::test]
async fn an_account_is_closed_if_the_program_says_so_and_its_address_stays_taken() {
    let wire = Wire::new("closing");
    let email = "closing@example.com";
    let closing = |account: &mut Account| account.close_on_delete = true;
    wire.apply(program(&wire, email, closing)).await;
    assert_eq!(wire.destroy().await, ["CloseAccount"]);
    let fault = refusal(&wire, program(&wire, email, closing)).await;
    assert!(fault.what.ends_with("and is closed"), "{fault}");
    assert!(fault.hint.as_ref().unwrap().contains("another `email`"), "{fault:?}");
}

#[tokio::test]
async fn an_account_that_somebody_closed_shows_and_is_not_made_again() {
    let wire = Wire::new("closed");
    let email = "closed@example.com";
    wire.apply(program(&wire, email, |_| {})).await;
    let id = wire.outputs("organizations.account/data").await["id"].as_str().unwrap().to_owned();
    let aws = wire.clients().await;
    aws.organizations.close_account().account_id(&id).send().await.unwrap();
    let lines = wire.plan(program(&wire, email, |_| {})).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("update organizations.account/data state: "), "{lines:?}");
    let fault = refusal(&wire, program(&wire, email, |_| {})).await;
    assert!(fault.hint.as_ref().unwrap().contains("reopen"), "{fault:?}");
    let address: Address = "organizations.account/data".parse().unwrap();
    assert!(wire.snapshot().await.entries.contains_key(&address), "it is still on record");
}

#[tokio::test]
async fn accounts_of_one_run_are_made_one_after_the_other() {
    let wire = Wire::new("several");
    let (mut stack, scope) = wire.stack();
    let root = stack.derive("the", Organization::new(scope.clone())).root();
    for number in 0..3 {
        let email = format!("several-{number}@example.com");
        let account = Account::new(scope.clone(), root.clone(), format!("several-{number}"), email);
        stack.add(&format!("n{number}"), account);
    }
    let calls = wire.apply(stack).await;
    assert_eq!(calls, ["CreateAccount"; 3], "none was refused and asked for again");
    wire.destroy().await;
}
