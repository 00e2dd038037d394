//! Objects that carry one mark twice, or half of one.

use crate::harness::Wire;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use groundplan::aws::ec2::Vpc;
use groundplan::{Mark, Near, Owner, Resource, Seen, Stack, Wanted};

fn program(wire: &Wire) -> Stack {
    let (mut stack, scope) = wire.stack();
    stack.add("main", Vpc::new(scope, "10.0.0.0/16".parse().expect("a block")));
    stack
}

/// Makes a VPC with these tags behind the stack's back.
async fn make(wire: &Wire, block: &str, tags: &[(&str, String)]) -> String {
    let tag = |(key, value): &(&str, String)| Tag::builder().key(*key).value(value).build();
    let tags = TagSpecification::builder()
        .resource_type(ResourceType::Vpc)
        .set_tags(Some(tags.iter().map(tag).collect()))
        .build();
    let call = wire.clients().await.ec2.create_vpc().cidr_block(block).tag_specifications(tags);
    let made = call.send().await.unwrap().vpc.unwrap();
    made.vpc_id.unwrap()
}

#[tokio::test]
async fn of_two_objects_with_one_mark_a_person_chooses_and_half_a_mark_is_none() {
    let wire = Wire::new("doubles");
    wire.apply(program(&wire)).await;
    let (address, entry) = wire.recorded("ec2.vpc").await.pop_first().unwrap();
    let snapshot = wire.snapshot().await;
    let lineage = snapshot.lineage.to_string();
    let owner = Owner { stack: wire.name().into(), lineage, address, generation: 0 };
    let double = make(&wire, "10.9.0.0/16", &owner.tags()).await;
    let half = make(&wire, "10.8.0.0/16", &owner.tags()[..2]).await;

    let (cx, inputs) = (wire.context().await, serde_json::from_value::<Vpc>(entry.inputs).unwrap());
    let wanted = Wanted {
        owner: owner.clone(),
        inputs: inputs.clone(),
        outputs: None,
        name: None,
        taking: false,
    };
    let seen = Vpc::observe(&cx, &[wanted]).await.unwrap().remove(0);
    let Seen::Ambiguous(mut found) = seen else { panic!("{seen:?}") };
    found.sort_by_key(|one| one.contains("10.9"));
    let id = entry.outputs.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(found, [format!("{id} (10.0.0.0/16)"), format!("{double} (10.9.0.0/16)")]);

    let mark = Mark { stack: owner.stack, lineage: Some(owner.lineage) };
    let marked = Vpc::marked(&cx, &Near::new(vec![inputs]), &mark).await.unwrap();
    let mut ids: Vec<_> = marked.into_iter().map(|marked| marked.id).collect();
    ids.sort_by_key(|one| *one == double);
    assert_eq!(ids, [id, double.clone()]);

    let ec2 = &wire.clients().await.ec2;
    for vpc in [double, half] {
        ec2.delete_vpc().vpc_id(vpc).send().await.unwrap();
    }
    wire.destroy().await;
}
