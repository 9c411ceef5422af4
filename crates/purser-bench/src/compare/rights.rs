//! What RBAC costs: the same gets by somebody whom it is not asked about and by somebody among many bindings.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use serde::Serialize;
use serde_json::json;

use super::people::{self, post};
use super::statistics::{mean, median};
use super::world::make;
use crate::EXIT_OK;
use crate::cli::{RightsOptions, Workload};
use crate::client::Client;
use crate::drive::{self, Window};
use crate::error::Error;
use crate::kubeconfig::Login;
use crate::operation::Plan;
use crate::process::{self, Usage};
use crate::progress::Progress;
use crate::scene::{Scene, delete, demand};
use crate::target::{Target, login_of};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const GROUP: &str = "rbac.authorization.k8s.io";
/// Who reads by RBAC.
const READER: &str = "purser-bench-reader";
/// What is made carries the namespace's name under this label.
const LABEL: &str = "purser-bench/of";
/// Rules of each role.
const RULES: usize = 10;
/// Among how many users the bindings are shared.
const USERS: usize = 1_000;
/// Which of them the reader is, too: so many bindings, and the one that allows.
const SHARED: usize = 7;
/// Not measured, at the start of each turn.
const SETTLE: Duration = Duration::from_millis(100);

/// What came out.
#[derive(Debug, Serialize)]
struct Report {
    roles: usize,
    bindings: usize,
    pairs: u32,
    seconds_each: f64,
    /// Medians of requests a second.
    masters_per_second: f64,
    reader_per_second: f64,
    /// What share of the masters' throughput the reader's is less by, pair by pair; negative: it is more.
    loss: f64,
    loss_standard_error: f64,
    loss_median: f64,
    /// With --pid: the server's CPU time of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    masters_cpu_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reader_cpu_us: Option<f64>,
    failed: u64,
}

/// One side's turns.
#[derive(Default)]
struct Side {
    per_second: Vec<f64>,
    cpu: Duration,
    answered: u64,
    failed: u64,
}

/// Makes roles and bindings, measures in turns, cleans up.
///
/// # Errors
/// When there is no measurement.
pub(crate) fn run(options: &RightsOptions) -> Result<u8, Error> {
    let login = login_of(options.at.kubeconfig.clone(), options.at.context.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(measure(options, &login))?;
    let mut out = std::io::stdout().lock();
    if options.at.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        write(&report, &mut out)?;
    }
    Ok(EXIT_OK)
}

async fn measure(options: &RightsOptions, login: &Login) -> Result<Report, Error> {
    let target = Target::from_login(login)?;
    let accept = HeaderValue::from_static("application/json");
    let masters = connect(&target, &accept, options.connections).await?;
    let mut admin = Client::connect(&target, &accept).await?;
    let scene = Scene::new();
    scene.create(&mut admin).await?;
    let outcome = tokio::select! {
        outcome = compare(options, login, (&masters, &mut admin), &accept, &scene) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
    };
    let mut admin = Client::connect(&target, &accept).await?;
    let selected = format!("labelSelector={}%3D{}", LABEL.replace('/', "%2F"), scene.name());
    for plural in ["clusterrolebindings", "clusterroles"] {
        let removed = delete(format!("{RBAC}/{plural}?{selected}"));
        demand(&mut admin, removed, "roles are left on the server").await?;
    }
    scene.remove(&target, &accept).await?;
    outcome
}

async fn connect(target: &Target, accept: &HeaderValue, count: u16) -> Result<Vec<Client>, Error> {
    let mut clients = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        clients.push(Client::connect(target, accept).await?);
    }
    Ok(clients)
}

async fn compare(
    options: &RightsOptions,
    login: &Login,
    (masters, admin): (&[Client], &mut Client),
    accept: &HeaderValue,
    scene: &Scene,
) -> Result<Report, Error> {
    let plan = Arc::new(Plan::new(
        Workload::Get,
        scene.collection(),
        options.objects,
        options.size,
    ));
    Scene::fill(masters, options.streams, &plan, options.objects).await?;
    make_rights(masters, scene.name(), options).await?;
    let reader = people::login(admin, login, READER).await?;
    let readers = connect(&Target::from_login(&reader)?, accept, options.connections).await?;
    let sides = in_turns(options, [masters, &readers], &plan).await?;
    Ok(report(options, &sides))
}

/// Roles and bindings as a large installation has them, and one binding that lets the reader read.
async fn make_rights(clients: &[Client], namespace: &str, options: &RightsOptions) -> Result<(), Error> {
    let of = namespace.to_owned();
    let roles = options.roles.max(1);
    let role = move |number: usize| post(&format!("{RBAC}/clusterroles"), &role(&of, number));
    make(clients, "making roles", roles, Arc::new(role)).await?;
    let of = namespace.to_owned();
    let binding = move |number: usize| {
        let (path, object) = binding(&of, number, roles);
        post(&path, &object)
    };
    make(clients, "making bindings", options.bindings, Arc::new(binding)).await
}

fn role(of: &str, number: usize) -> serde_json::Value {
    let rules = (0..RULES).map(|rule| match number {
        // Whatever the bindings give, this one alone lets the reader read.
        0 if rule == 0 => json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}),
        _ => json!({"apiGroups": [""], "resources": [format!("kind-{rule}"), "secrets"], "verbs": ["get", "list", "watch"],
            "resourceNames": [format!("name-{number}-{rule}")]}),
    });
    json!({"apiVersion": format!("{GROUP}/v1"), "kind": "ClusterRole", "rules": rules.collect::<Vec<_>>(),
        "metadata": {"name": format!("{of}-{number}"), "labels": {LABEL: of}}})
}

/// Every other one is of the namespace; the last one is of role 0 to the reader.
fn binding(of: &str, number: usize, roles: usize) -> (String, serde_json::Value) {
    let (kind, path) = match number % 2 {
        0 => ("ClusterRoleBinding", format!("{RBAC}/clusterrolebindings")),
        _ => ("RoleBinding", format!("{RBAC}/namespaces/{of}/rolebindings")),
    };
    let reads = number == 1;
    let role = if reads {
        0
    } else {
        number.checked_rem(roles).unwrap_or(0).max(1)
    };
    let user = match number % USERS {
        _ if reads => READER.to_owned(),
        SHARED => READER.to_owned(),
        user => format!("user-{user}"),
    };
    let object = json!({"apiVersion": format!("{GROUP}/v1"), "kind": kind,
        "metadata": {"name": format!("{of}-{number}"), "labels": {LABEL: of}},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": format!("{of}-{role}")},
        "subjects": [{"apiGroup": GROUP, "kind": "User", "name": user},
            {"apiGroup": GROUP, "kind": "Group", "name": format!("group-{}", number % 100)}]});
    (path, object)
}

/// Each side in turn, the first to go changing with every pair.
async fn in_turns(
    options: &RightsOptions,
    clients: [&[Client]; 2],
    plan: &Arc<Plan>,
) -> Result<[Side; 2], Error> {
    let progress = Progress::counting("measuring in turns", u64::from(options.pairs));
    let mut sides = [Side::default(), Side::default()];
    for pair in 0..options.pairs {
        let mut order = [0, 1];
        if pair % 2 == 1 {
            order.reverse();
        }
        for turn in order {
            let (Some(side), Some(clients)) = (sides.get_mut(turn), clients.get(turn)) else {
                continue;
            };
            one_turn(options, clients, plan, side).await?;
        }
        progress.step();
    }
    progress.finish();
    Ok(sides)
}

async fn one_turn(
    options: &RightsOptions,
    clients: &[Client],
    plan: &Arc<Plan>,
    side: &mut Side,
) -> Result<(), Error> {
    let window = Window::after(SETTLE, options.each);
    let usage = async {
        tokio::time::sleep_until(window.open).await;
        let before = used(options.at.pid)?;
        tokio::time::sleep_until(window.close).await;
        Ok::<_, Error>((before, used(options.at.pid)?))
    };
    let (tally, usage) = tokio::join!(drive::drive(clients, options.streams, plan, None, window), usage);
    let (before, after) = usage?;
    if let (Some(before), Some(after)) = (before, after) {
        side.cpu += after.cpu.saturating_sub(before.cpu);
    }
    let answered = tally.successes();
    side.answered += answered;
    side.failed += tally.errors.values().map(|failures| failures.count).sum::<u64>();
    side.per_second.push(float(answered) / options.each.as_secs_f64());
    Ok(())
}

fn used(pid: Option<u32>) -> Result<Option<Usage>, Error> {
    pid.map(process::usage).transpose()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

fn report(options: &RightsOptions, [masters, reader]: &[Side; 2]) -> Report {
    let pairs = masters.per_second.iter().zip(&reader.per_second);
    let losses: Vec<f64> = pairs
        .map(|(masters, reader)| 1.0 - reader / masters.max(1.0))
        .collect();
    let (loss, loss_standard_error) = mean(&losses);
    let cpu = |side: &Side| {
        let micros = side.cpu.as_secs_f64() * 1e6;
        options.at.pid.map(|_| micros / float(side.answered.max(1)))
    };
    Report {
        roles: options.roles,
        bindings: options.bindings,
        pairs: options.pairs,
        seconds_each: options.each.as_secs_f64(),
        masters_per_second: median(&masters.per_second),
        reader_per_second: median(&reader.per_second),
        loss,
        loss_standard_error,
        loss_median: median(&losses),
        masters_cpu_us: cpu(masters),
        reader_cpu_us: cpu(reader),
        failed: masters.failed + reader.failed,
    }
}

fn write(report: &Report, out: &mut impl std::io::Write) -> Result<(), Error> {
    writeln!(
        out,
        "get with {} roles and {} bindings in the store, {} turns of {:.1} s for each",
        report.roles, report.bindings, report.pairs, report.seconds_each
    )?;
    writeln!(out, "  system:masters  {:>9.0}/s", report.masters_per_second)?;
    writeln!(out, "  by RBAC         {:>9.0}/s", report.reader_per_second)?;
    writeln!(
        out,
        "  falls by        {:>8.1}% ± {:.1} (median of the pairs {:.1}%)",
        report.loss * 100.0,
        report.loss_standard_error * 100.0,
        report.loss_median * 100.0
    )?;
    if let (Some(masters), Some(reader)) = (report.masters_cpu_us, report.reader_cpu_us) {
        writeln!(
            out,
            "  the server's CPU: {masters:.2} us a get, {reader:.2} us by RBAC"
        )?;
    }
    if report.failed > 0 {
        writeln!(out, "  {} requests failed", report.failed)?;
    }
    Ok(())
}
