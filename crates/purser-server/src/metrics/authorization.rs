//! Who decided what, and how webhooks and reloads went, under kube-apiserver's names.
//!
//! Source: `k8s.io/apiserver/pkg/authorization/metrics`, `.../authorization/cel/metrics.go`,
//! `.../plugin/pkg/authorizer/webhook/metrics` and `.../server/options/authorizationconfig/metrics`.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use purser_authz::Authorizer;
use purser_authz::webhook::{Counted, Histogram};

/// Reads the authorizer when asked.
#[derive(Debug)]
pub(super) struct Authorization(pub(super) Arc<Authorizer>);

impl Collector for Authorization {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.decisions(&mut encoder)?;
        self.reloads(&mut encoder)?;
        let webhooks = self.0.webhooks();
        if webhooks.is_empty() {
            return Ok(());
        }
        calls(&mut encoder, &webhooks)?;
        conditions(&mut encoder, &webhooks)
    }
}

impl Authorization {
    fn decisions(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut metric = encoder.encode_descriptor(
            "apiserver_authorization_decisions",
            "Decisions that settled a question, by who made them",
            None,
            MetricType::Counter,
        )?;
        for (kind, name, decision, count) in self.0.tallies() {
            let labels = [("type", kind), ("name", name.as_str()), ("decision", decision)];
            counter(&mut metric, &labels, count)?;
        }
        Ok(())
    }

    fn reloads(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let happened = self.0.reloads().into_iter().filter(|(_, count, _)| *count > 0);
        let happened: Vec<_> = happened.collect();
        if happened.is_empty() {
            return Ok(());
        }
        let mut metric = encoder.encode_descriptor(
            "apiserver_authorization_config_controller_automatic_reloads",
            "Changes of the file that says who decides, by what became of them",
            None,
            MetricType::Counter,
        )?;
        for (status, count, _) in &happened {
            counter(&mut metric, &[("status", *status)], *count)?;
        }
        let mut metric = encoder.encode_descriptor(
            "apiserver_authorization_config_controller_automatic_reload_last_timestamp_seconds",
            "When it was taken anew last, by what became of it",
            None,
            MetricType::Gauge,
        )?;
        for (status, _, last) in &happened {
            let seconds = i64::try_from(*last).unwrap_or(i64::MAX);
            metric
                .encode_family(&[("status", *status)])?
                .encode_gauge(&seconds)?;
        }
        Ok(())
    }
}

fn calls(encoder: &mut DescriptorEncoder<'_>, webhooks: &[(String, Counted)]) -> Result<(), fmt::Error> {
    let mut metric = encoder.encode_descriptor(
        "apiserver_authorization_webhook_evaluations",
        "Round trips to authorization webhooks",
        None,
        MetricType::Counter,
    )?;
    for (name, counted) in webhooks {
        for (result, times) in &counted.calls {
            counter(
                &mut metric,
                &[("name", name.as_str()), ("result", *result)],
                times.count,
            )?;
        }
    }
    let mut metric = encoder.encode_descriptor(
        "apiserver_authorization_webhook_duration_seconds",
        "How long they took",
        None,
        MetricType::Histogram,
    )?;
    for (name, counted) in webhooks {
        for (result, times) in &counted.calls {
            histogram(
                &mut metric,
                &[("name", name.as_str()), ("result", *result)],
                times,
            )?;
        }
    }
    let mut metric = encoder.encode_descriptor(
        "apiserver_authorization_webhook_evaluations_fail_open",
        "Webhooks that did not answer as they should, and were passed over",
        None,
        MetricType::Counter,
    )?;
    for (name, counted) in webhooks {
        for (result, count) in &counted.fail_open {
            counter(
                &mut metric,
                &[("name", name.as_str()), ("result", *result)],
                *count,
            )?;
        }
    }
    Ok(())
}

fn conditions(encoder: &mut DescriptorEncoder<'_>, webhooks: &[(String, Counted)]) -> Result<(), fmt::Error> {
    let labels = |name: &'_ String| [("type", "Webhook".to_owned()), ("name", name.clone())];
    let mut metric = encoder.encode_descriptor(
        "apiserver_authorization_match_condition_evaluation_errors",
        "Match conditions that could not be evaluated",
        None,
        MetricType::Counter,
    )?;
    for (name, counted) in webhooks {
        counter(&mut metric, &labels(name), counted.condition_errors)?;
    }
    let mut metric = encoder.encode_descriptor(
        "apiserver_authorization_match_condition_exclusions",
        "Questions that match conditions kept from a webhook",
        None,
        MetricType::Counter,
    )?;
    for (name, counted) in webhooks {
        counter(&mut metric, &labels(name), counted.exclusions)?;
    }
    let mut metric = encoder.encode_descriptor(
        "apiserver_authorization_match_condition_evaluation_seconds",
        "How long match conditions took",
        None,
        MetricType::Histogram,
    )?;
    for (name, counted) in webhooks {
        histogram(&mut metric, &labels(name), &counted.conditions)?;
    }
    Ok(())
}

fn counter(
    metric: &mut MetricEncoder<'_>,
    labels: &impl EncodeLabelSet,
    value: u64,
) -> Result<(), fmt::Error> {
    metric
        .encode_family(labels)?
        .encode_counter::<NoLabelSet, _, u64>(&value, None)
}

fn histogram(
    metric: &mut MetricEncoder<'_>,
    labels: &impl EncodeLabelSet,
    times: &Histogram,
) -> Result<(), fmt::Error> {
    let inside: u64 = times.buckets.iter().map(|(_, count)| *count).sum();
    let mut buckets = times.buckets.clone();
    buckets.push((f64::INFINITY, times.count.saturating_sub(inside)));
    metric
        .encode_family(labels)?
        .encode_histogram::<NoLabelSet>(times.sum, times.count, &buckets, None)
}
