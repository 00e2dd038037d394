//! Keys, logs, machines, repositories of images, and alarms.

use super::{Case, scope};
use groundplan::{
    Stack,
    aws::{
        Arn,
        acm::{Certificate, Validation},
        cloudwatch::{Alarm, Comparison, Metric},
        ec2::LaunchTemplate,
        ecr::{Repository, TagMutability},
        kms::Key,
        logs::LogGroup,
        route53::{Record, RecordType},
    },
};

pub(super) const CASES: &[Case] = &[
    ("acm-validation", unvalidated, validated),
    ("route53-long-ttl", |s| record(s, 86400), |s| record(s, 300)),
    ("kms-rotation", |s| key(s, |k| k.rotation_days = None), |s| key(s, |_| {})),
    ("kms-deletion-window", |s| key(s, |k| k.deletion_days = 7), |s| key(s, |_| {})),
    ("logs-retention", |s| logs(s, |l| l.retention_days = None), |s| logs(s, |_| {})),
    (
        "ec2-imds-tokens",
        |s| template(s, |t| t.metadata.tokens_required = false),
        |s| template(s, |_| {}),
    ),
    ("ec2-imds-hops", |s| template(s, |t| t.metadata.hop_limit = 2), |s| template(s, |_| {})),
    (
        "ec2-volume-encrypted",
        |s| template(s, |t| t.volumes[0].encrypted = false),
        |s| template(s, |_| {}),
    ),
    (
        "ec2-volume-gp3",
        |s| template(s, |t| t.volumes[0].volume_type = "gp2".into()),
        |s| template(s, |_| {}),
    ),
    ("ecr-scan", |s| images(s, |r| r.scan_on_push = false), |s| images(s, |_| {})),
    (
        "ecr-mutable-tags",
        |s| images(s, |r| r.mutability = TagMutability::Mutable),
        |s| images(s, |_| {}),
    ),
    ("cloudwatch-silent-alarm", |s| alarm(s, |a| a.alarm_actions.clear()), |s| alarm(s, |_| {})),
];

fn unvalidated(stack: &mut Stack) {
    stack.add("main", Certificate::new(scope(), "data.example.com"));
}

fn validated(stack: &mut Stack) {
    let certificate = stack.add("main", Certificate::new(scope(), "data.example.com"));
    stack.add("main", Validation::new(scope(), certificate.arn(), Vec::new()));
}

fn record(stack: &mut Stack, ttl: u32) {
    let value = "192.0.2.1".to_owned().into();
    let zone = "Z1".to_owned().into();
    let record = Record::new(scope(), zone, "a.example.com".to_owned(), RecordType::A, vec![value]);
    stack.add("main", Record { ttl: Some(ttl), ..record });
}

fn key(stack: &mut Stack, change: impl FnOnce(&mut Key)) {
    let mut key = Key::new(scope(), "of the platform");
    change(&mut key);
    stack.add("main", key);
}

fn logs(stack: &mut Stack, change: impl FnOnce(&mut LogGroup)) {
    let mut group = LogGroup::new(scope(), 90);
    change(&mut group);
    stack.add("main", group);
}

fn template(stack: &mut Stack, change: impl FnOnce(&mut LaunchTemplate)) {
    let mut template = LaunchTemplate::new(scope());
    change(&mut template);
    stack.add("main", template);
}

fn images(stack: &mut Stack, change: impl FnOnce(&mut Repository)) {
    let mut repository = Repository::new(scope());
    change(&mut repository);
    stack.add("main", repository);
}

fn alarm(stack: &mut Stack, change: impl FnOnce(&mut Alarm)) {
    let metric = Metric {
        namespace: "AWS/RDS".into(),
        name: "CPUUtilization".into(),
        dimensions: [].into(),
        statistic: "Average".into(),
        period_seconds: 60,
        unit: None,
    };
    let mut alarm = Alarm::new(scope(), metric, Comparison::GreaterThanThreshold, 80.0, 3);
    alarm.alarm_actions = vec![Arn::from("arn:aws:sns:eu-west-1:111122223333:ops").into()];
    change(&mut alarm);
    stack.add("main", alarm);
}
