//! Repositories: images go only where the program says so.

use crate::harness::Wire;
use groundplan::{Stack, aws::ecr::Repository};

fn program(wire: &Wire, force_delete: bool) -> Stack {
    let (mut stack, scope) = wire.stack();
    stack.add("main", Repository { force_delete, ..Repository::new(scope) });
    stack
}

#[tokio::test]
async fn a_repository_with_images_goes_only_by_force() {
    let wire = Wire::new("images-kept");
    wire.apply(program(&wire, false)).await;
    let name = wire.outputs("ecr.repository/main").await["name"].as_str().unwrap().to_owned();
    let manifest = r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":1,"digest":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},"layers":[]}"#;
    let aws = wire.clients().await;
    let put = aws.ecr.put_image().repository_name(&name).image_tag("1").image_manifest(manifest);
    put.send().await.unwrap();

    let report = wire.try_destroy().await;
    let [(_, fault)] = &report.failed[..] else { panic!("{report:#?}") };
    assert!(fault.is("RepositoryNotEmptyException"), "{fault}");
    let hint = fault.hint.as_deref().unwrap_or_default();
    assert!(hint.starts_with("apply it with `force_delete` first"), "{hint}");

    assert_eq!(wire.apply(program(&wire, true)).await, [""; 0], "it is on record only");
    wire.destroy().await;
}
