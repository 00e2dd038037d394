//! A template in which every resource stays when its stack goes. Pure: text in, text out.
//!
//! JSON is read and written anew. YAML keeps its text, comments and short tags and all, and gets lines put in;
//! that takes resources in the usual form, a key and a block of its own.

use groundplan_core::{Class, Fault, Json, Result, json};
use std::collections::BTreeSet;

/// The attributes that keep an object when its resource goes or is replaced.
const KEEP: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];
/// CloudFormation updates no resource of which only these attributes change, so something else changes too:
/// metadata, which is nothing to the object.
const MARK: &str = "Groundplan::Released";
/// The longest template that a call takes.
pub(super) const LONGEST: usize = 51_200;

/// The same template with everything kept.
pub(super) fn kept(template: &str) -> Result<String> {
    let kept = match serde_json::from_str::<Json>(template) {
        Ok(document) => kept_json(document)?.to_string(),
        Err(_) => kept_yaml(template)?,
    };
    if kept.len() > LONGEST {
        let what = format!("the template has {} bytes, and a call takes {LONGEST}", kept.len());
        let hint = "set DeletionPolicy: Retain on every resource in the program that made the stack and deploy it: \
                    `RemovalPolicies.of(scope).retain()` in the CDK; then run the same command again";
        return Err(Fault::new(Class::Invalid, what).hint(hint));
    }
    Ok(kept)
}

/// The resources of a template.
pub(super) fn names(template: &str) -> Result<BTreeSet<String>> {
    if let Ok(document) = serde_json::from_str::<Json>(template) {
        return Ok(resources(&document)?.keys().cloned().collect());
    }
    let lines: Vec<_> = template.lines().collect();
    Ok(blocks(&lines)?.into_iter().map(|block| block.name).collect())
}

/// The resources of a template that go with their stack.
pub(super) fn going(template: &str) -> Result<BTreeSet<String>> {
    let Ok(document) = serde_json::from_str::<Json>(template) else { return going_yaml(template) };
    let stays = |body: &Json| KEEP.iter().all(|policy| body[*policy] == "Retain");
    let going = resources(&document)?.iter().filter(|(_, body)| !stays(body));
    Ok(going.map(|(name, _)| name.clone()).collect())
}

fn unreadable(what: impl Into<String>) -> Fault {
    Fault::new(Class::Invalid, format!("the template cannot be changed: {}", what.into()))
        .hint("deploy the stack once with DeletionPolicy: Retain on every resource, then run the same command again")
}

fn resources(document: &Json) -> Result<&serde_json::Map<String, Json>> {
    document["Resources"].as_object().ok_or_else(|| unreadable("it has no resources"))
}

fn kept_json(mut document: Json) -> Result<Json> {
    resources(&document)?;
    let all = document["Resources"].as_object_mut().into_iter().flatten();
    for (name, body) in all {
        if !body.is_object() {
            return Err(unreadable(format!("`{name}` is made by a macro")));
        }
        for policy in KEEP {
            body[policy] = json!("Retain");
        }
        body["Metadata"][MARK] = json!(true);
    }
    Ok(document)
}

/// A resource of a YAML template: its name, and the lines of its block.
struct Block {
    name: String,
    lines: std::ops::Range<usize>,
    indent: usize,
}

/// The columns before a line's text; none for an empty line or a comment.
fn indent(line: &str) -> Option<usize> {
    let text = line.trim_start();
    (!text.is_empty() && !text.starts_with('#')).then(|| line.len() - text.len())
}

/// The blocks of resources.
fn blocks(lines: &[&str]) -> Result<Vec<Block>> {
    let head = lines.iter().position(|line| line.trim_end() == "Resources:");
    let head = head.ok_or_else(|| unreadable("it has no `Resources:` on a line of its own"))? + 1;
    let ends = lines[head..].iter().position(|line| indent(line) == Some(0));
    let end = ends.map_or(lines.len(), |n| head + n);
    let level = lines[head..end].iter().find_map(|line| indent(line));
    let level = level.ok_or_else(|| unreadable("it has no resources"))?;
    let starts: Vec<_> = (head..end).filter(|n| indent(lines[*n]) == Some(level)).collect();
    let mut found = Vec::new();
    for (at, start) in starts.iter().enumerate() {
        let key = lines[*start].trim().strip_suffix(':');
        let stop = starts.get(at + 1).copied().unwrap_or(end);
        let inside = lines[start + 1..stop].iter().find_map(|line| indent(line));
        let (Some(key), Some(indent)) = (key, inside.filter(|inside| *inside > level)) else {
            return Err(unreadable(format!("line {} is no resource in the usual form", start + 1)));
        };
        let name = key.trim_matches(['"', '\'']).to_owned();
        found.push(Block { name, lines: start + 1..stop, indent });
    }
    Ok(found)
}

/// What an attribute of a block says, however its name is written.
fn attribute<'a>(lines: &[&'a str], block: &Block, name: &str) -> Option<(usize, &'a str)> {
    attributes(lines, block, name).next()
}

fn attributes<'a>(
    lines: &[&'a str],
    block: &Block,
    name: &str,
) -> impl Iterator<Item = (usize, &'a str)> {
    let plain = |text: &'a str| text.trim().trim_matches(['"', '\'']);
    block.lines.clone().filter_map(move |n| {
        let own = indent(lines[n]) == Some(block.indent);
        let (key, rest) = lines[n].split_once(':')?;
        (own && plain(key) == name).then(|| (n, plain(rest)))
    })
}

/// Of an attribute that is there twice nobody can tell which one counts.
fn require_once(lines: &[&str], blocks: &[Block]) -> Result<()> {
    for block in blocks {
        for name in KEEP.into_iter().chain(["Metadata"]) {
            if let Some((at, _)) = attributes(lines, block, name).nth(1) {
                let what = format!("line {} says {name} of {} again", at + 1, block.name);
                return Err(unreadable(what));
            }
        }
    }
    Ok(())
}

fn going_yaml(template: &str) -> Result<BTreeSet<String>> {
    let lines: Vec<_> = template.lines().collect();
    let blocks = blocks(&lines)?;
    require_once(&lines, &blocks)?;
    let stays = |block: &Block| {
        KEEP.iter().all(|policy| {
            attribute(&lines, block, policy).is_some_and(|(_, said)| said == "Retain")
        })
    };
    Ok(blocks.into_iter().filter(|block| !stays(block)).map(|block| block.name).collect())
}

fn kept_yaml(template: &str) -> Result<String> {
    let lines: Vec<_> = template.lines().collect();
    let mut out: Vec<String> = lines.iter().map(ToString::to_string).collect();
    // From the end, so that what is put in moves nothing that is still to be looked at.
    let blocks = blocks(&lines)?;
    require_once(&lines, &blocks)?;
    for block in blocks.into_iter().rev() {
        let space = " ".repeat(block.indent);
        let said = |name| attribute(&lines, &block, name);
        let mut drop: Vec<_> = KEEP.iter().filter_map(|policy| said(policy)).collect();
        drop.sort_unstable();
        let marked = block.lines.clone().any(|n| lines[n].contains(MARK));
        let metadata = said("Metadata").filter(|_| !marked);
        if let Some((at, braces)) = metadata.filter(|(_, rest)| !rest.is_empty()) {
            let what = format!("line {} has metadata in one line: {braces}", at + 1);
            return Err(unreadable(what));
        }
        let mut put = KEEP.map(|policy| format!("{space}{policy}: Retain")).to_vec();
        if !marked && metadata.is_none() {
            put.extend([format!("{space}Metadata:"), format!("{space}  {MARK}: true")]);
        }
        if let Some((at, _)) = metadata {
            let below = lines[at + 1..block.lines.end].iter().find_map(|line| indent(line));
            let below = below.filter(|below| *below > block.indent).unwrap_or(block.indent + 2);
            out[at] = format!("{}\n{}{MARK}: true", lines[at], " ".repeat(below));
        }
        for (at, _) in drop.into_iter().rev() {
            out.remove(at);
        }
        out.splice(block.lines.start..block.lines.start, put);
    }
    Ok(out.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_a_json_template_is_kept_and_nothing_else_changes() {
        let template = json!({
            "Parameters": { "Size": { "Type": "Number" } },
            "Resources": {
                "Vpc": { "Type": "AWS::EC2::VPC", "Properties": { "CidrBlock": "10.0.0.0/16" } },
                "Db": {
                    "Type": "AWS::RDS::DBInstance",
                    "Metadata": { "aws:cdk:path": "S/Db" },
                    "DeletionPolicy": "Snapshot",
                    "UpdateReplacePolicy": "Retain",
                },
            },
        });
        let before = template.to_string();
        assert_eq!(going(&before).unwrap(), ["Db".to_owned(), "Vpc".to_owned()].into());
        let kept: Json = serde_json::from_str(&kept(&before).unwrap()).unwrap();
        assert!(going(&kept.to_string()).unwrap().is_empty());
        assert_eq!(kept["Parameters"], template["Parameters"]);
        assert_eq!(
            kept["Resources"]["Vpc"]["Properties"],
            template["Resources"]["Vpc"]["Properties"]
        );
        let metadata = json!({ "aws:cdk:path": "S/Db", MARK: true });
        assert_eq!(kept["Resources"]["Db"]["Metadata"], metadata);
    }

    const YAML: &str = "\
Parameters:
  Size: { Type: Number }
Resources:
  # The network.
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: !Ref Block
      DeletionPolicy: not this one

  'Db':
    DeletionPolicy: Snapshot
    Type: AWS::RDS::DBInstance
    Metadata:
      note: it
    UpdateReplacePolicy: Retain
    Properties: { Engine: !Sub \"${Engine}\" }
Outputs:
  Id: { Value: !Ref Vpc }
";

    #[test]
    fn a_yaml_template_keeps_its_text_and_gets_lines() {
        assert_eq!(going(YAML).unwrap(), ["Db".to_owned(), "Vpc".to_owned()].into());
        let kept = kept(YAML).unwrap();
        assert!(going(&kept).unwrap().is_empty(), "{kept}");
        let wanted = YAML
            .replace("    Type: AWS::EC2::VPC\n", "    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    Metadata:\n      Groundplan::Released: true\n    Type: AWS::EC2::VPC\n")
            .replace("    UpdateReplacePolicy: Retain\n    Properties", "    Properties")
            .replace("    DeletionPolicy: Snapshot\n", "    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n")
            .replace("      note: it\n", "      Groundplan::Released: true\n      note: it\n");
        assert_eq!(kept, wanted);
        assert_eq!(super::kept(&kept).unwrap(), kept, "it can be done again");
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        for (template, why) in [
            (
                "Resources:\n  Vpc: { Type: AWS::EC2::VPC }\n",
                "line 2 is no resource in the usual form",
            ),
            ("Outputs: {}\n", "has no `Resources:`"),
            ("{\"Resources\": {\"Fn::ForEach::X\": []}}", "is made by a macro"),
        ] {
            let fault = kept(template).unwrap_err();
            assert!(fault.what.contains(why), "{}", fault.what);
            assert!(fault.hint.as_deref().unwrap().contains("Retain on every resource"));
        }
        let large = json!({ "Resources": { "Vpc": { "Type": "x".repeat(60_000) } } });
        assert!(kept(&large.to_string()).unwrap_err().what.contains("a call takes 51200"));
    }
}
