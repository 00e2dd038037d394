//! How a sandbox is.

use super::{
    page::Page,
    paint::{Paint, Tone},
    table::{Cell, Table},
};
use groundplan_sandbox::{Down, Kubernetes, Life, Mode, Status};
use std::path::Path;

/// What is known of the sandbox of a folder.
pub(crate) fn status(found: Option<&Status>, folder: &Path, paint: &Paint) -> String {
    let mut page = Page::new(paint);
    let Some(found) = found else {
        page.line("no sandbox runs for this folder");
        page.say(Tone::Green, "  hint:", "`apply sandbox up` starts one");
        return page.finish();
    };
    let life = match found.life {
        Life::Answers => paint.green("answers"),
        Life::Silent => paint.red("does not answer"),
        Life::Ended => paint.red("has ended"),
    };
    page.line(format!("sandbox {} {life}", paint.bold(&found.id)));
    let mut facts = Table::default();
    let mut fact = |name: &str, what: String| facts.row([Cell::from(name), what.into()]);
    if let Some(endpoint) = &found.endpoint {
        fact("endpoint", endpoint.clone());
    }
    fact("since", found.started.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
    fact("process", found.pid.to_string());
    fact("kubernetes", kubernetes(found));
    fact("folder", folder.display().to_string());
    for (cluster, kubeconfig) in &found.kubeconfigs {
        fact(&format!("cluster {cluster}"), format!("KUBECONFIG={}", kubeconfig.display()));
    }
    page.add(facts.render(2, paint));
    if let Kubernetes::Unavailable { mend, .. } = &found.kubernetes {
        page.say(Tone::Green, "  hint:", mend);
    } else if found.life != Life::Answers {
        page.say(Tone::Green, "  hint:", "`apply sandbox down` removes what is left of it");
    }
    page.finish()
}

fn kubernetes(found: &Status) -> String {
    match &found.kubernetes {
        Kubernetes::Off if found.mode == Mode::AwsOnly => "not asked for".into(),
        Kubernetes::Off => "off".into(),
        Kubernetes::Ready => "ready".into(),
        Kubernetes::Building => "being built; clusters wait for it".into(),
        Kubernetes::Unavailable { why, .. } => format!("could not be built: {why}"),
    }
}

/// How a sandbox ended.
pub(crate) fn ended(down: &Down) -> &'static str {
    match down {
        Down::Nothing => "no sandbox runs for this folder",
        Down::Removed => "the sandbox had ended before; what it left is removed",
        Down::Ended => "the sandbox has ended, with everything in it",
        Down::Killed => "the sandbox did not end by itself and was killed, with everything in it",
    }
}
