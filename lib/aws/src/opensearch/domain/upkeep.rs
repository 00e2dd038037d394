//! What the service does to a domain by itself, and when.

use super::Domain;
use crate::time_of_day::time_of_day;
use aws_sdk_opensearch::types::{
    AutoTuneDesiredState as Wanted, AutoTuneOptions, AutoTuneOptionsInput, AutoTuneOptionsOutput,
    AutoTuneState as State, DomainStatus, OffPeakWindow, OffPeakWindowOptions,
    SoftwareUpdateOptions, WindowStartTime,
};
use groundplan_core::{Json, Problems, json};

impl Domain {
    pub(super) fn check_upkeep(&self, problems: &mut Problems) {
        if let Some(start) = &self.off_peak_start {
            let what = format!("`{start}` is no time of day such as `02:30`, which is UTC");
            problems.require(time_of_day(start).is_some(), "off_peak_start", what);
        }
        let burstable = ["t2.", "t3."].iter().any(|family| self.instance_type.starts_with(family));
        let what = format!("nodes of the type {} cannot be tuned", self.instance_type);
        problems.require(self.auto_tune != Some(true) || !burstable, "auto_tune", what);
    }

    pub(super) fn off_peak(&self) -> Option<OffPeakWindowOptions> {
        let (hours, minutes) = self.off_peak_start.as_deref().and_then(time_of_day)?;
        let start = WindowStartTime::builder().hours(hours.into()).minutes(minutes.into()).build();
        let window = OffPeakWindow::builder().window_start_time(start).build();
        Some(OffPeakWindowOptions::builder().enabled(true).off_peak_window(window).build())
    }

    pub(super) fn updates(&self) -> SoftwareUpdateOptions {
        let updates = SoftwareUpdateOptions::builder();
        updates.auto_software_update_enabled(self.auto_software_update).build()
    }

    fn tuning(&self) -> Option<Wanted> {
        self.auto_tune.map(|on| if on { Wanted::Enabled } else { Wanted::Disabled })
    }

    /// For a new domain. What takes new nodes waits for the off-peak window.
    pub(super) fn first_tuning(&self) -> Option<AutoTuneOptionsInput> {
        let tune = AutoTuneOptionsInput::builder().set_use_off_peak_window(self.auto_tune);
        Some(tune.desired_state(self.tuning()?).build())
    }

    /// For one that is there.
    pub(super) fn next_tuning(&self) -> Option<AutoTuneOptions> {
        let tune = AutoTuneOptions::builder().set_use_off_peak_window(self.auto_tune);
        Some(tune.desired_state(self.tuning()?).build())
    }
}

/// Adds what is there to live fields. What the program leaves to AWS is AWS' affair.
pub(super) fn live(domain: &DomainStatus, like: Option<&Domain>, fields: &mut Json) {
    let updates = domain.software_update_options();
    let updates =
        updates.and_then(SoftwareUpdateOptions::auto_software_update_enabled) == Some(true);
    // What a program leaves out shows only where it is not so.
    if updates || like.is_some_and(|like| like.auto_software_update) {
        fields["auto_software_update"] = json!(updates);
    }
    if like.is_some_and(|like| like.auto_tune.is_some()) {
        let state = domain.auto_tune_options().and_then(AutoTuneOptionsOutput::state);
        let on = [State::Enabled, State::EnableInProgress];
        fields["auto_tune"] = json!(state.map(|state| on.contains(state)));
    }
    if like.is_some_and(|like| like.off_peak_start.is_some()) {
        let options = domain.off_peak_window_options();
        let options = options.filter(|options| options.enabled() == Some(true));
        let start = options.and_then(|options| options.off_peak_window()?.window_start_time());
        let text = start.map(|start| format!("{:02}:{:02}", start.hours(), start.minutes()));
        fields["off_peak_start"] = json!(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opensearch::domain::request::tests::domain;

    #[test]
    fn what_cannot_be_is_refused() {
        let wrong = Domain {
            instance_type: "t3.small.search".into(),
            auto_tune: Some(true),
            off_peak_start: Some("2 am".into()),
            ..domain(1)
        };
        let mut problems = Problems::default();
        wrong.check_upkeep(&mut problems);
        let paths: Vec<_> = problems.into_vec().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["off_peak_start", "auto_tune"]);
        let mut problems = Problems::default();
        Domain { auto_tune: Some(false), off_peak_start: None, ..wrong }
            .check_upkeep(&mut problems);
        assert!(problems.into_vec().is_empty());
    }

    #[test]
    fn what_is_left_to_aws_is_not_looked_at() {
        let start = WindowStartTime::builder().hours(22).minutes(0).build();
        let window = OffPeakWindow::builder().window_start_time(start).build();
        let window = OffPeakWindowOptions::builder().enabled(true).off_peak_window(window).build();
        let tune = AutoTuneOptionsOutput::builder().state(State::Enabled).build();
        let there = DomainStatus::builder().domain_id("1/x").domain_name("x").arn("arn");
        let there = there.off_peak_window_options(window).auto_tune_options(tune).build().unwrap();
        let seen = |like: &Domain| {
            let mut fields = json!({});
            live(&there, Some(like), &mut fields);
            fields
        };
        assert_eq!(seen(&domain(1)), json!({}));
        let named =
            Domain { off_peak_start: Some("01:00".into()), auto_tune: Some(false), ..domain(1) };
        assert_eq!(seen(&named), json!({ "off_peak_start": "22:00", "auto_tune": true }));
    }
}
