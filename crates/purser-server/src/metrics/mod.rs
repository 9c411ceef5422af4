//! `/metrics`: kube-apiserver's names where the meaning is the same.

mod authorization;
mod families;
mod flow_control;
mod format;
mod labels;
mod observed;
mod process;

pub use families::{MetricFamily, MetricKind, Sample, SampleValue};
pub(crate) use format::Format;
pub(crate) use labels::RequestLabels;
pub use observed::Observation;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use purser_authz::Authorizer;

use self::authorization::Authorization;
use self::families::Families;
use self::flow_control::FlowControl;
use self::labels::{CodeLabels, GroupKind, Resource};
use self::observed::{Observed, gauge};
use self::process::Process;
use crate::fair::Tallies;

/// Upstream's buckets of request durations, seconds.
const DURATIONS: [f64; 23] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0,
    20.0, 30.0, 45.0, 60.0,
];

type Histograms = Family<RequestLabels, Histogram, fn() -> Histogram>;

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<CodeLabels, Counter>,
    durations: Histograms,
    flow_control: FlowControl,
    long_running: Family<RequestLabels, Gauge>,
    watch_events: Family<GroupKind, Counter>,
    objects: Family<Resource, Gauge>,
    watchers: Family<Resource, Gauge>,
    observed: Observed,
    families: Families,
    terminations: Family<RequestLabels, Counter>,
    panics: Counter,
    connections: Gauge,
}

/// Numbers that are read when they are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// Requests of `system:masters` that sit and wait.
    pub(crate) masters: Tallies,
    /// Those of everybody else.
    pub(crate) others: Tallies,
    /// Connections.
    pub(crate) connections: usize,
    /// Of each resource, how many objects there are and how many watches wait.
    pub(crate) stored: Vec<(String, usize, usize)>,
}

impl Metrics {
    /// Nothing counted yet; `authorizer` counts for itself.
    pub(crate) fn new(authorizer: &Arc<Authorizer>) -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            flow_control: FlowControl::default(),
            long_running: Family::default(),
            watch_events: Family::default(),
            objects: Family::default(),
            watchers: Family::default(),
            observed: Observed::default(),
            families: Families::default(),
            terminations: Family::default(),
            panics: Counter::default(),
            connections: Gauge::default(),
        };
        metrics.register();
        let decisions = Authorization(Arc::clone(authorizer));
        metrics.registry.register_collector(Box::new(decisions));
        Arc::new(metrics)
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register(
            "apiserver_request",
            "Requests by verb, resource, scope and HTTP code",
            self.requests.clone(),
        );
        r.register(
            "apiserver_request_duration_seconds",
            "Time to answer, watches apart",
            self.durations.clone(),
        );
        self.flow_control.register(r);
        r.register(
            "apiserver_longrunning_requests",
            "Watches under way",
            self.long_running.clone(),
        );
        r.register(
            "apiserver_watch_events",
            "Events sent to watches",
            self.watch_events.clone(),
        );
        r.register(
            "apiserver_storage_objects",
            "Stored objects at the last count",
            self.objects.clone(),
        );
        r.register(
            "apiserver_request_terminations",
            "Requests turned away to protect the server",
            self.terminations.clone(),
        );
        r.register(
            "purser_panics",
            "Requests that ended in a panic",
            self.panics.clone(),
        );
        r.register(
            "purser_connections",
            "Client connections",
            self.connections.clone(),
        );
        r.register(
            "purser_watchers",
            "Watches that wait for events",
            self.watchers.clone(),
        );
        r.register_collector(Box::new(Process));
        r.register_collector(Box::new(self.observed.clone()));
        r.register_collector(Box::new(self.families.clone()));
    }

    /// A request was answered.
    pub(crate) fn answered(&self, labels: RequestLabels, code: u16, took: Duration, long_running: bool) {
        self.requests.get_or_create(&CodeLabels::new(labels, code)).inc();
        if !long_running {
            self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        }
    }

    /// A request was turned away by a limit.
    pub(crate) fn turned_away(&self, labels: RequestLabels) {
        self.terminations.get_or_create(&labels).inc();
    }

    /// A handler panicked.
    pub(crate) fn panicked(&self) {
        self.panics.inc();
    }

    /// A watch begins; the guard is dropped when it ends.
    pub(crate) fn watching(self: &Arc<Self>, labels: RequestLabels) -> Watching {
        self.long_running.get_or_create(&labels).inc();
        Watching {
            metrics: Arc::clone(self),
            labels,
        }
    }

    /// The counter of the events of a kind.
    pub(crate) fn watch_events(&self, group: &'static str, kind: &'static str) -> Counter {
        self.watch_events.get_or_create_owned(&GroupKind { group, kind })
    }

    /// Tells one more number whenever metrics are asked for.
    pub(crate) fn observe(&self, observation: Observation) {
        self.observed.add(observation);
    }

    /// Tells more metrics whenever they are asked for.
    pub(crate) fn observe_families(&self, tell: Box<dyn Fn() -> Vec<MetricFamily> + Send + Sync>) {
        self.families.add(tell);
    }

    /// Everything in the text format of OpenMetrics.
    pub(crate) fn text(&self, now: &Snapshot) -> String {
        for (resource, objects, watches) in &now.stored {
            let label = Resource {
                resource: resource.clone(),
            };
            self.objects.get_or_create(&label).set(gauge(*objects));
            self.watchers.get_or_create(&label).set(gauge(*watches));
        }
        self.flow_control.set(&now.masters, &now.others);
        self.connections.set(gauge(now.connections));
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

/// A watch under way.
pub(crate) struct Watching {
    metrics: Arc<Metrics>,
    labels: RequestLabels,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.metrics.long_running.get_or_create(&self.labels).dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;
    use crate::request_info::RequestInfo;

    #[test]
    fn names_and_labels_are_kube_apiservers() {
        let metrics = Metrics::new(&Arc::default());
        let info = RequestInfo::read(
            &http::Method::GET,
            "/api/v1/namespaces/a/secrets/b",
            &Query::default(),
        );
        let labels = RequestLabels::of(&info, Some(&purser_types::resource::SECRETS));
        metrics.answered(labels, 200, Duration::from_millis(3), false);
        let watching = metrics.watching(labels);
        let mut now = Snapshot::default();
        now.masters.reads.load.seated = 2;
        now.others.writes.load.waiting = 3;
        now.others.watches.time_out = 4;
        let text = metrics.text(&now);
        for line in [
            "apiserver_request_total{verb=\"GET\",group=\"\",version=\"v1\",resource=\"secrets\",subresource=\"\",scope=\"resource\",component=\"apiserver\",code=\"200\"} 1",
            "apiserver_request_duration_seconds_bucket{le=\"0.005\",verb=\"GET\"",
            "apiserver_current_inflight_requests{request_kind=\"readOnly\"} 2",
            "apiserver_current_inqueue_requests{request_kind=\"mutating\"} 3",
            "apiserver_flowcontrol_current_executing_requests{priority_level=\"exempt\",flow_schema=\"exempt\"} 2",
            "apiserver_flowcontrol_current_inqueue_requests{priority_level=\"global-default\",flow_schema=\"global-default\"} 3",
            "apiserver_flowcontrol_rejected_requests_total{priority_level=\"global-default\",flow_schema=\"global-default\",reason=\"time-out\"} 4",
            "apiserver_longrunning_requests{verb=\"GET\"",
            "process_resident_memory_bytes ",
        ] {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        drop(watching);
    }

    #[test]
    fn what_clients_make_up_is_one_label() {
        let info = RequestInfo::read(
            &http::Method::GET,
            "/api/v1/namespaces/a/inventions/b",
            &Query::default(),
        );
        let unknown = RequestLabels::of(&info, None);
        let other = RequestInfo::read(&"BREW".parse().unwrap(), "/coffee/now", &Query::default());
        assert_eq!(unknown.resource(), "other");
        assert_eq!(RequestLabels::of(&other, None).verb(), "OTHER");
        let patch = RequestInfo::read(&http::Method::PATCH, "/api/v1/namespaces/a", &Query::default());
        let patch = RequestLabels::of(&patch, None);
        assert_eq!(patch.patching(b"application/json-patch+json").verb(), "PATCH");
        assert_eq!(patch.patching(b"application/apply-patch+yaml").verb(), "APPLY");
    }
}
