//! What keeping a state costs.

use crate::{
    contract::{STACK, faulty::Faulty, open, run, store},
    memory::MemBlobs,
};
use groundplan_state::{Address, Change, Entry, Options, Slot, Status, Store, Why};
use serde_json::json;
use std::sync::atomic::Ordering::SeqCst;

const MEGABYTE: u64 = 1_000_000;

/// Three records of a resource whose inputs are 1.5 KB.
fn created(n: usize) -> [Change; 3] {
    let rule = |r| {
        let what = format!("to peer {r} of resource {n}, as its users need it");
        json!({ "protocol": "tcp", "from": r, "to": r + 100, "cidr": "10.20.0.0/16", "what": what })
    };
    let rules: Vec<_> = (0..12).map(rule).collect();
    let tags = json!({ "team": "data", "service": "hub" });
    let mut entry = Entry {
        version: 0,
        status: Status::Creating,
        inputs: json!({ "name": format!("resource-{n}"), "rules": rules, "tags": tags }),
        pending: None,
        outputs: None,
        needs: [Address::new("ec2.vpc", "main").expect("an address")].into(),
        options: Options::default(),
        generation: 0,
        token: "0198d7f4-6c1e-7b53-9a44-0d8a1b7c2e55".into(),
        physical_name: Some(format!("shop-resource-{n}")),
        marked_as: None,
        marked_by: None,
    };
    let address = Address::new("ec2.security-group", &format!("resource-{n}")).expect("an address");
    let put = |entry: &Entry, why| Change::Put {
        address: address.clone(),
        slot: Slot::Current,
        entry: Box::new(entry.clone()),
        why,
    };
    let intent = put(&entry, Why::CreateIntent);
    let id = format!("sg-{n:017}");
    let arn = format!("arn:aws:ec2:eu-west-1:123456789012:security-group/{id}");
    entry.outputs = Some(json!({ "id": id, "arn": arn }));
    let identity = put(&entry, Why::Identity);
    entry.status = Status::Ready;
    [intent, identity, put(&entry, Why::Ready)]
}

/// Without any luck: each record is a group of its own.
#[tokio::test]
async fn a_thousand_resources_cost_less_than_twenty_megabytes() {
    let place = Faulty::new(MemBlobs::default());
    let mut session = open(&place, "a").await.unwrap();
    for n in 0..1000 {
        for change in created(n) {
            session.append(vec![change]).await.unwrap();
        }
    }
    session.compact(run("a")).await.unwrap();
    session.close().await.unwrap();
    let written = place.faults.written.load(SeqCst);
    assert!(written < 20 * MEGABYTE, "{written} bytes");
    assert!(written > 5 * MEGABYTE, "the resources are of a realistic size");
}

/// A store far away is asked as little as possible: two lists and two reads after a clean end.
#[tokio::test]
async fn a_state_is_read_with_four_requests() {
    let place = Faulty::new(MemBlobs::default());
    let mut session = open(&place, "a").await.unwrap();
    for n in 0..10 {
        session.append(created(n).to_vec()).await.unwrap();
    }
    session.compact(run("a")).await.unwrap();
    session.close().await.unwrap();
    let before = place.faults.count.load(SeqCst);
    store(&place).load(STACK).await.unwrap().unwrap();
    assert_eq!(place.faults.count.load(SeqCst) - before, 4);
}
