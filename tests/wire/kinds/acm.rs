//! Certificates, and that they are issued.

use super::{ground::Ground, specimen::Specimen, specimens};
use groundplan::aws::{
    acm::{Certificate, CertificateHandle, KeyAlgorithm, Validation},
    route53::{Record, RecordType, Zone},
};

specimens![certificate, validation];

fn certificate() -> Specimen<Certificate> {
    Specimen::new("certificate", |ground| {
        Certificate::new(ground.scope(), format!("{}.example.com", ground.name()))
    })
    .tags(|certificate| &mut certificate.tags)
    .replace("domain", |certificate, _| certificate.domain = "other.example.com".into())
    .replace("alternatives", |certificate, _| {
        certificate.alternatives = vec![format!("*.{}", certificate.domain)];
    })
    .replace("key_algorithm", |certificate, _| {
        certificate.key_algorithm = KeyAlgorithm::EcPrime256v1;
    })
    .replace("exportable", |certificate, _| certificate.exportable = true)
    .copies(|certificate, _, number| {
        certificate.domain = format!("{number}.{}", certificate.domain);
    })
}

fn validation() -> Specimen<Validation> {
    Specimen::new("validation", |ground| {
        let certificate = issued(ground, "one");
        Validation::new(ground.scope(), certificate.arn(), Vec::new())
    })
    .replace("certificate", |validation, ground| {
        validation.certificate = issued(ground, "two").arn();
    })
    .copies(|validation, ground, number| {
        validation.certificate = issued(ground, &format!("n{number}")).arn();
    })
    .fixed("records", "says what comes first, and is no part of the certificate")
}

/// A certificate whose domain has its record.
fn issued(ground: &mut Ground, name: &str) -> CertificateHandle {
    let domain = format!("{}.example.com", ground.name());
    let zone = ground.add("main", Zone::public(ground.scope(), domain.as_str()));
    let domain = format!("{name}.{domain}");
    let certificate = ground.add(name, Certificate::new(ground.scope(), domain.as_str()));
    let named = certificate.record_names().key(&domain);
    let value = certificate.record_values().key(&domain);
    let record = Record::new(ground.scope(), zone.id(), named, RecordType::Cname, vec![value]);
    let record = ground.add(name, record);
    ground.before.insert(record.address().clone());
    certificate
}
