//! A template's version in the form of the API, and back.

use super::{LaunchTemplate, Volume};
use crate::{Tags, ec2::tags::pairs};
use aws_sdk_ec2::types::{
    self, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDeviceRequest,
    LaunchTemplateHttpTokensState, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateInstanceMetadataTagsState, LaunchTemplateTagSpecificationRequest,
    RequestLaunchTemplateData, ResourceType, ResponseLaunchTemplateData, Tag,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use groundplan_core::{Json, json};

/// What EC2 is asked for.
pub(super) fn request(template: &LaunchTemplate) -> RequestLaunchTemplateData {
    let profile = template.instance_profile.as_ref().map(|arn| {
        types::LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
            .arn(arn.get().as_str())
            .build()
    });
    let groups: Vec<_> = template.security_groups.iter().map(|id| id.get().to_string()).collect();
    let monitoring = types::LaunchTemplatesMonitoringRequest::builder()
        .enabled(template.detailed_monitoring)
        .build();
    let user_data = template.user_data.as_ref().map(|text| BASE64_STANDARD.encode(text.get()));
    RequestLaunchTemplateData::builder()
        .set_image_id(template.image.as_ref().map(|image| image.get().clone()))
        .set_instance_type(template.instance_type.as_deref().map(Into::into))
        .set_block_device_mappings(Some(template.volumes.iter().map(volume).collect()))
        .metadata_options(metadata(template))
        .set_user_data(user_data)
        .set_security_group_ids((!groups.is_empty()).then_some(groups))
        .set_iam_instance_profile(profile)
        .set_key_name(template.key_pair.clone())
        .monitoring(monitoring)
        .set_tag_specifications(Some(specifications(template)))
        .build()
}

fn volume(volume: &Volume) -> LaunchTemplateBlockDeviceMappingRequest {
    let count = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let ebs = LaunchTemplateEbsBlockDeviceRequest::builder()
        .volume_size(count(volume.gib))
        .volume_type(volume.volume_type.as_str().into())
        .set_iops(volume.iops.map(count))
        .set_throughput(volume.throughput.map(count))
        .encrypted(volume.encrypted)
        .set_kms_key_id(volume.kms_key.as_ref().map(|key| key.get().to_string()))
        .delete_on_termination(volume.delete_on_termination);
    LaunchTemplateBlockDeviceMappingRequest::builder()
        .device_name(&volume.device)
        .ebs(ebs.build())
        .build()
}

fn metadata(template: &LaunchTemplate) -> LaunchTemplateInstanceMetadataOptionsRequest {
    let options = template.metadata;
    let tokens = if options.tokens_required {
        LaunchTemplateHttpTokensState::Required
    } else {
        LaunchTemplateHttpTokensState::Optional
    };
    let tags = if options.tags {
        LaunchTemplateInstanceMetadataTagsState::Enabled
    } else {
        LaunchTemplateInstanceMetadataTagsState::Disabled
    };
    LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_tokens(tokens)
        .http_put_response_hop_limit(i32::try_from(options.hop_limit).unwrap_or(1))
        .instance_metadata_tags(tags)
        .build()
}

fn specifications(template: &LaunchTemplate) -> Vec<LaunchTemplateTagSpecificationRequest> {
    let of = |kind: ResourceType, tags: &Tags| {
        let all = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        LaunchTemplateTagSpecificationRequest::builder()
            .resource_type(kind)
            .set_tags(Some(all.collect()))
            .build()
    };
    let both = [
        (ResourceType::Instance, &template.instance_tags),
        (ResourceType::Volume, &template.volume_tags),
    ];
    let some = both.into_iter().filter(|(_, tags)| !tags.is_empty());
    some.map(|(kind, tags)| of(kind, tags)).collect()
}

/// What a version says, in the form of the inputs.
pub(super) fn fields(version: &types::LaunchTemplateVersion) -> Json {
    let usual = ResponseLaunchTemplateData::builder().build();
    let data = version.launch_template_data().unwrap_or(&usual);
    let volumes: Vec<_> = data.block_device_mappings().iter().map(live_volume).collect();
    let options = data.metadata_options();
    let tokens = options.and_then(|options| options.http_tokens());
    let tags = options.and_then(|options| options.instance_metadata_tags());
    json!({
        "description": version.version_description().unwrap_or_default(),
        "image": data.image_id(),
        "instance_type": data.instance_type().map(aws_sdk_ec2::types::InstanceType::as_str),
        "volumes": volumes,
        "metadata": {
            "tokens_required": tokens == Some(&LaunchTemplateHttpTokensState::Required),
            "hop_limit": options.and_then(aws_sdk_ec2::types::LaunchTemplateInstanceMetadataOptions::http_put_response_hop_limit).unwrap_or(1),
            "tags": tags == Some(&LaunchTemplateInstanceMetadataTagsState::Enabled),
        },
        "user_data": data.user_data().map(plain),
        "security_groups": data.security_group_ids(),
        "instance_profile": data.iam_instance_profile().and_then(|profile| profile.arn()),
        "key_pair": data.key_name(),
        "detailed_monitoring": data.monitoring().and_then(aws_sdk_ec2::types::LaunchTemplatesMonitoring::enabled).unwrap_or_default(),
        "instance_tags": tags_of(data, &ResourceType::Instance),
        "volume_tags": tags_of(data, &ResourceType::Volume),
    })
}

fn live_volume(mapping: &types::LaunchTemplateBlockDeviceMapping) -> Json {
    let ebs = mapping.ebs();
    let mut volume = json!({
        "device": mapping.device_name(),
        "gib": ebs.and_then(aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice::volume_size).unwrap_or_default(),
        "volume_type": ebs.and_then(|ebs| ebs.volume_type()).map_or("gp2", |kind| kind.as_str()),
        "encrypted": ebs.and_then(aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice::encrypted).unwrap_or_default(),
        "delete_on_termination": ebs.and_then(aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice::delete_on_termination).unwrap_or_default(),
    });
    let more = [
        (
            "iops",
            ebs.and_then(aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice::iops).map(Json::from),
        ),
        (
            "throughput",
            ebs.and_then(aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice::throughput)
                .map(Json::from),
        ),
        ("kms_key", ebs.and_then(|ebs| ebs.kms_key_id()).map(Json::from)),
    ];
    for (field, value) in more.into_iter().filter_map(|(field, value)| Some((field, value?))) {
        volume[field] = value;
    }
    volume
}

/// User data as it was written; as it is if it is no text.
fn plain(encoded: &str) -> String {
    let bytes = BASE64_STANDARD.decode(encoded).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| encoded.to_owned())
}

fn tags_of(data: &ResponseLaunchTemplateData, kind: &ResourceType) -> Json {
    let of = data.tag_specifications().iter().find(|spec| spec.resource_type() == Some(kind));
    let tags =
        pairs(of.map(aws_sdk_ec2::types::LaunchTemplateTagSpecification::tags).unwrap_or_default());
    let tags = tags.into_iter().map(|(key, value)| (key.to_owned(), Json::from(value)));
    Json::Object(tags.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arn, Scope};
    use groundplan_core::{Val, to_json};

    #[test]
    fn a_version_reads_as_it_was_written() {
        let scope: Val<Scope> = Val::output(&"aws.account/main".parse().unwrap(), "scope");
        let mut template = LaunchTemplate::new(scope);
        template.user_data = Some("#!/bin/sh\necho ü".into());
        template.volumes[0].kms_key = Some(Arn::from("arn:aws:kms:eu-west-1:1:key/2").into());
        let sent = request(&template);
        assert_eq!(plain(sent.user_data().unwrap()), "#!/bin/sh\necho ü");
        assert_eq!(plain("no base64"), "no base64");

        let ebs = types::LaunchTemplateEbsBlockDevice::builder()
            .volume_size(50)
            .volume_type(types::VolumeType::Gp3)
            .encrypted(true)
            .kms_key_id("arn:aws:kms:eu-west-1:1:key/2")
            .delete_on_termination(true)
            .build();
        let mapping = types::LaunchTemplateBlockDeviceMapping::builder();
        let mapping = mapping.device_name("/dev/xvda").ebs(ebs).build();
        assert_eq!(live_volume(&mapping), to_json(&template.volumes[0]));
    }
}
