//! `kms.key_policy`: who may use a key, and who may say so.

use crate::{
    Arn, Clients, CxAws, Scope,
    fault::{absent, fault},
    found::each,
    iam::{check_document, policy, unknown_principal},
    kms::{SETTLING, unsettled},
    scope,
    settle::until_visible,
    taking::keyed,
};
use groundplan_core::{
    Class, Cx, Fault, Fields, Hole, Iam, Identity, Json, Live, LostCreate, Meta, Naming, Ownership,
    Problems, ReadCost, Resource, Result, Risk, Seen, StepCx, Transition, Val, Wanted, When, json,
    same_policy, to_json,
};
use serde::{Deserialize, Serialize};

/// The policy of a key, in place of the one that KMS gives to each new key, which leaves everything to
/// the account's IAM policies. That one comes back when this resource goes.
///
/// A policy that neither the account nor the caller may change again locks everybody out of the key for
/// ever, AWS support apart, so it is refused: keep a statement that allows `kms:*` to
/// `arn:aws:iam::ACCOUNT:root`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyPolicy {
    /// The account and region.
    pub scope: Val<Scope>,
    /// The key.
    pub key: Val<Arn>,
    /// The policy; up to 32768 characters.
    pub document: Val<String>,
}

impl KeyPolicy {
    /// The policy of a key.
    pub fn new(scope: Val<Scope>, key: Val<Arn>, document: Val<String>) -> Self {
        Self { scope, key, document }
    }
}

groundplan_core::outputs! {
    /// The identity of a [`KeyPolicy`].
    pub struct KeyPolicyOutputs -> KeyPolicyHandle {
        /// The key whose policy it is.
        key: Arn,
    }
}

/// The one policy that a key has.
const NAME: &str = "default";
/// The longest policy that KMS takes.
const LONGEST: usize = 32_768;

impl Resource for KeyPolicy {
    const KIND: &'static str = "kms.key_policy";
    const META: Meta = Meta {
        immutable: &["scope.account", "scope.region", "key"],
        documents: &["document"],
        place: scope::PLACE,
        reach: scope::REACH,
        ownership: Ownership::ParentAndKey,
        lost_create: LostCreate::NaturalKey,
        naming: Naming::FromInputs,
        read_cost: ReadCost::Object("GetKeyPolicy takes one key"),
        iam: Iam {
            holes: &[("key", Hole::Input("key"))],
            observe: &["kms:GetKeyPolicy"],
            create: &["kms:GetKeyPolicy", "kms:PutKeyPolicy"],
            converge: &["kms:GetKeyPolicy", "kms:PutKeyPolicy"],
            delete: &["kms:GetKeyPolicy", "kms:PutKeyPolicy"],
            only: &[("kms:PutKeyPolicy", When::Changes(&["document"]))],
            ..Iam::NONE
        },
        ..Meta::DEFAULT
    };
    type Outputs = KeyPolicyOutputs;

    fn validate(&self, problems: &mut Problems) {
        check_document(problems, "document", &self.document);
        if let Some(text) = self.document.known() {
            let what = format!("is longer than {LONGEST} characters");
            problems.require(text.chars().count() <= LONGEST, "document", what);
        }
        let role = self.scope.known().and_then(|scope| scope.role.as_deref());
        problems.require(
            !locks_out(&to_json(&self.document), role),
            "document",
            "locks everybody out of the key: nobody who applies this may change it again; add a statement that allows `kms:*` on `*` to `arn:aws:iam::ACCOUNT:root`",
        );
    }

    fn risks(change: Transition<'_>) -> Vec<Risk> {
        match (change.before, change.after) {
            (Some(before), Some(after)) if before["document"] != after["document"] => {
                policy::widened(&before["document"], &after["document"])
            }
            _ => Vec::new(),
        }
    }

    async fn observe(cx: &Cx, wanted: &[Wanted<Self>]) -> Result<Vec<Seen<KeyPolicyOutputs>>> {
        let Some(first) = wanted.first() else { return Ok(Vec::new()) };
        let aws = cx.aws(first.inputs.scope.get()).await?;
        each(wanted, |w| w.inputs.look(&aws, w.outputs.is_some())).await
    }

    async fn create(&self, cx: &StepCx) -> Result<KeyPolicyOutputs> {
        let aws = cx.aws(self.scope.get()).await?;
        // The call would overwrite, and a policy has no mark that says whose it is.
        if let Some(there) = self.get(&aws).await?
            && !self.is_default(&there)
            && !same_policy(&there, self.document.get())
        {
            let key = self.key.get();
            let what = format!("the key {key} has a policy that is not this resource's");
            return Err(Fault::new(Class::NotOurs, what)
                .why("another resource, tool or person put it")
                .hint(format!(
                    "see it with `aws kms get-key-policy --key-id {key}`, put the default one in its place, then run again"
                )));
        }
        self.put(cx, &aws, self.document.get()).await?;
        Ok(self.outputs())
    }

    async fn identify(&self, _: &Cx, id: &str) -> Result<Option<Identity<KeyPolicyOutputs>>> {
        keyed(id, self.key(None).as_deref(), self.outputs())
    }

    fn key(&self, _: Option<&str>) -> Option<String> {
        Some(self.key.get().to_string())
    }

    async fn converge(
        &self,
        cx: &StepCx,
        live: KeyPolicyOutputs,
        approved: &Fields,
    ) -> Result<KeyPolicyOutputs> {
        if !approved.has("document") {
            return Ok(live);
        }
        let aws = cx.aws(self.scope.get()).await?;
        let there = until_visible(cx, "the key's policy to be visible", || self.get(&aws)).await?;
        if !same_policy(&there, self.document.get()) {
            self.put(cx, &aws, self.document.get()).await?;
            let put = async || {
                let there = self.get(&aws).await?;
                Ok(there.filter(|there| same_policy(there, self.document.get())))
            };
            until_visible(cx, "the key's policy to be the new one", put).await?;
        }
        Ok(live)
    }

    /// Gives the key the policy back that it was made with.
    async fn delete(&self, cx: &StepCx, _live: &KeyPolicyOutputs) -> Result<()> {
        let aws = cx.aws(self.scope.get()).await?;
        match self.get(&aws).await? {
            Some(there) if !self.is_default(&there) => {
                absent(self.put(cx, &aws, &self.default_document()).await).map(drop)
            }
            _ => Ok(()),
        }
    }
}

impl KeyPolicy {
    fn outputs(&self) -> KeyPolicyOutputs {
        KeyPolicyOutputs { key: self.key.get().clone() }
    }

    /// A key always has a policy: none is there while it has the default one, unless that is wanted. Where
    /// only the intent is recorded, one that says something else is not the one we made.
    async fn look(&self, aws: &Clients, recorded: bool) -> Result<Seen<KeyPolicyOutputs>> {
        let Some(there) = self.get(aws).await? else { return Ok(Seen::Absent) };
        let wanted = same_policy(&there, self.document.get());
        if wanted || (recorded && !self.is_default(&there)) {
            return Ok(Live::new(self.outputs(), json!({ "document": there })).into());
        }
        Ok(Seen::Absent)
    }

    /// The live policy; none if the key is not there.
    async fn get(&self, aws: &Clients) -> Result<Option<String>> {
        let call = aws.kms.get_key_policy().key_id(self.key.get().as_str()).policy_name(NAME);
        let found = absent(call.send().await.map_err(fault("kms:GetKeyPolicy")))?;
        Ok(found.and_then(|found| found.policy))
    }

    async fn put(&self, cx: &StepCx, aws: &Clients, document: &str) -> Result<()> {
        let put = || async {
            let call = aws.kms.put_key_policy().key_id(self.key.get().as_str());
            let call = call.policy_name(NAME).policy(document).send().await;
            call.map_err(fault("kms:PutKeyPolicy"))
        };
        // Who is named may have been made a moment ago, and so may the key.
        let passes = |fault: &Fault| unsettled(fault) || is_unknown_principal(fault);
        cx.retry(SETTLING, passes, put).await.map(drop)
    }

    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
    fn default_document(&self) -> String {
        let Scope { account, partition, .. } = self.scope.get();
        json!({
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [{
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") },
                "Action": "kms:*",
                "Resource": "*",
            }],
        })
        .to_string()
    }

    /// Whether a policy is the default one, whatever it is called.
    fn is_default(&self, document: &str) -> bool {
        let statement = |text: &str| {
            let document: Json = serde_json::from_str(text).ok()?;
            let statements = document["Statement"].as_array()?;
            let [only] = &statements[..] else { return None };
            let mut only = only.clone();
            only.as_object_mut()?.remove("Sid");
            Some(only)
        };
        let live = statement(document);
        live.is_some() && live == statement(&self.default_document())
    }
}

/// `MalformedPolicyDocumentException: … invalid principals`
fn is_unknown_principal(fault: &Fault) -> bool {
    let why = fault.why.as_deref().unwrap_or_default().to_lowercase();
    unknown_principal(fault)
        || (fault.is("MalformedPolicyDocumentException") && why.contains("invalid principal"))
}

/// Whether nobody who could be the caller may change a policy again. `role` is the one that the caller
/// takes. Principals that are not known yet may be the caller, but for what other resources make.
fn locks_out(document: &Json, role: Option<&str>) -> bool {
    let Some(grants) = policy::grants(document) else { return false };
    let keeps = |principal: &String| {
        let digits = principal.len() == 12 && principal.bytes().all(|b| b.is_ascii_digit());
        let later = principal.contains("(aws.account/") || principal.ends_with("#caller)");
        principal == "*"
            || principal.ends_with(":root")
            || digits
            || later
            || Some(principal.as_str()) == role
    };
    let unconditional = grants.iter().filter(|grant| grant.conditions.is_empty());
    let mut free = unconditional.filter(|grant| grant.allows("kms:PutKeyPolicy"));
    !free.any(|grant| grant.principals.iter().any(keeps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use groundplan_core::{Address, json_text, text};

    fn policy_for(principal: &Json, action: &str) -> Json {
        let statement =
            json!({ "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*" });
        to_json(&json_text!({ "Statement": [statement] }))
    }

    #[test]
    fn a_policy_that_locks_everybody_out_is_refused() {
        let role = "arn:aws:iam::123456789012:role/deploy";
        let aws = |who: &str| json!({ "AWS": who });
        let root = aws("arn:aws:iam::123456789012:root");
        assert!(!locks_out(&policy_for(&root, "kms:*"), None));
        assert!(!locks_out(&policy_for(&aws("123456789012"), "kms:Put*"), None));
        assert!(!locks_out(&policy_for(&aws(role), "kms:*"), Some(role)), "the caller's own role");
        assert!(locks_out(&policy_for(&aws(role), "kms:*"), None));
        assert!(locks_out(&policy_for(&root, "kms:Decrypt"), None));
        let service = json!({ "Service": "logs.amazonaws.com" });
        assert!(locks_out(&policy_for(&service, "kms:*"), None));
        let only_by = json!({ "Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*", "Condition": { "StringEquals": { "kms:ViaService": "s3" } } });
        assert!(locks_out(&to_json(&json_text!({ "Statement": [only_by] })), None));
    }

    #[test]
    fn what_is_not_known_yet_can_be_the_account_or_its_caller() {
        let account: Address = "aws.account/main".parse().unwrap();
        let caller: Val<String> = Val::output(&account, "caller");
        assert!(!locks_out(&policy_for(&json!({ "AWS": caller }), "kms:*"), None));
        let scope: Val<String> = Val::output(&account, "scope");
        let root = text!("arn:aws:iam::{}:root", scope);
        assert!(!locks_out(&policy_for(&json!({ "AWS": root }), "kms:*"), None));
        let made: Val<String> = Val::output(&"iam.role/new".parse().unwrap(), "arn");
        assert!(
            locks_out(&policy_for(&json!({ "AWS": made }), "kms:*"), None),
            "it calls nothing yet"
        );
    }
}
