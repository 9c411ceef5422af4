//! One measurement from beginning to end.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum as _;
use http::HeaderValue;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep_until;

use crate::bindings;
use crate::cli::{DriveOptions, Workload};
use crate::client::Client;
use crate::drive::{self, Window};
use crate::error::Error;
use crate::operation::Plan;
use crate::process::{self, Usage};
use crate::progress::Progress;
use crate::report::{self, Delivery, Driver, Report, Rotation, Server, Settings};
use crate::rotation::{self, Rotated};
use crate::scene::Scene;
use crate::tally::Tally;
use crate::watch::{self, Deliveries, Watching};
use crate::{EXIT_FAILURES, EXIT_OK, table, target::Target};

/// What came out of the measured time.
struct Outcome {
    measured: Duration,
    tally: Tally,
    deliveries: Option<Deliveries>,
    rotation: Option<Rotation>,
    /// Of the server, when it is known, at the beginning and the end.
    server: Option<(Usage, Usage)>,
    driver: (Usage, Usage),
}

/// Measures, reports, cleans up; answers the exit code.
///
/// # Errors
/// When there is no measurement.
pub(crate) fn run(options: &DriveOptions) -> Result<u8, Error> {
    let target = Target::from_options(options)?;
    runtime(options.threads)?.block_on(measure(options, &target))
}

fn runtime(threads: u16) -> Result<Runtime, Error> {
    // One thread needs no work stealing.
    let mut builder = if threads == 1 {
        Builder::new_current_thread()
    } else {
        Builder::new_multi_thread()
    };
    Ok(builder
        .worker_threads(usize::from(threads))
        .enable_all()
        .build()?)
}

async fn measure(options: &DriveOptions, target: &Target) -> Result<u8, Error> {
    if let Some(pid) = options.pid {
        process::usage(pid)?;
    }
    let accept = HeaderValue::try_from(&options.accept)
        .map_err(|_| Error::Target(format!("{:?} is no media type", options.accept)))?;
    let clients = connect(options, target, &accept).await?;
    let mut client = clients
        .first()
        .cloned()
        .ok_or_else(|| Error::Target("no connections".to_owned()))?;
    let scene = Scene::new();
    scene.create(&mut client).await?;
    let outcome = tokio::select! {
        outcome = perform(options, target, &accept, &clients, &scene) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
    };
    if !options.keep {
        // Whoever interrupts this too does not want to wait for a server that is stuck.
        let removed = tokio::select! {
            removed = scene.remove(target, &accept) => removed,
            _ = tokio::signal::ctrl_c() => Err(scene.left("interrupted")),
        };
        if let Err(error) = removed {
            writeln!(std::io::stderr(), "purser-bench: {error}")?;
        }
    }
    let report = report(options, clients.len(), outcome?);
    let mut out = std::io::stdout().lock();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &report).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        table::write(&report, &mut out)?;
    }
    let missing = report
        .delivery
        .as_ref()
        .is_some_and(|delivery| delivery.missing > 0 || delivery.ended_watches > 0);
    Ok(if report.errors.is_empty() && !missing {
        EXIT_OK
    } else {
        EXIT_FAILURES
    })
}

async fn connect(
    options: &DriveOptions,
    target: &Target,
    accept: &HeaderValue,
) -> Result<Vec<Client>, Error> {
    let mut clients = Vec::with_capacity(usize::from(options.connections));
    for _ in 0..options.connections {
        clients.push(Client::connect(target, accept).await?);
    }
    Ok(clients)
}

async fn perform(
    options: &DriveOptions,
    target: &Target,
    accept: &HeaderValue,
    clients: &[Client],
    scene: &Scene,
) -> Result<Outcome, Error> {
    let plan = Arc::new(Plan::new(
        options.workload,
        scene.collection(),
        options.objects,
        options.size,
    ));
    Scene::fill(clients, options.streams, &plan, options.objects).await?;
    if options.workload == Workload::Rotation {
        return Ok(Outcome::of_rotation(
            rotation::run(options, clients, &plan).await?,
            options,
        ));
    }
    let watching = match (options.workload, clients.first()) {
        (Workload::Watch, Some(client)) => {
            let mut client = client.clone();
            Some(Watching::begin(target, accept, &mut client, &plan, options.watchers).await?)
        }
        _ => None,
    };
    let spans = (options.warm_up, options.duration);
    let progress = Progress::timing("measuring", spans.0 + spans.1);
    let window = Window::after(spans.0, spans.1);
    let work = async {
        if let (Workload::Bindings, Some(client)) = (options.workload, clients.first()) {
            let tally = bindings::run(target, accept, client, scene, window).await?;
            return Ok::<_, Error>((tally, None));
        }
        Ok(if let Some(watching) = watching {
            let rate = options.rate.unwrap_or(watch::DEFAULT_RATE);
            let (tally, deliveries) = watching.run(clients, &plan, rate, window).await;
            (tally, Some(deliveries))
        } else {
            let tally = drive::drive(clients, options.streams, &plan, options.rate, window).await;
            (tally, None)
        })
    };
    let usage = async {
        sleep_until(window.open).await;
        let before = process::usages(options.pid)?;
        sleep_until(window.close).await;
        Ok::<_, Error>((before, process::usages(options.pid)?))
    };
    let both = async { tokio::join!(work, usage) };
    let (measured, usage) = tokio::select! {
        both = both => both,
        () = progress.follow() => return Err(Error::Interrupted),
    };
    let ((tally, deliveries), (before, after)) = (measured?, usage?);
    progress.finish();
    let server = before.1.zip(after.1);
    Ok(Outcome {
        measured: options.duration,
        tally,
        deliveries,
        rotation: None,
        server,
        driver: (before.0, after.0),
    })
}

impl Outcome {
    /// Of what was done during a rotation.
    fn of_rotation(rotated: Rotated, options: &DriveOptions) -> Self {
        let rotation = Rotation::of(&rotated, options.duration);
        let [before, after] = rotated.usage;
        let mut tally = rotated.during;
        // A failure counts whenever it was.
        tally.errors.extend(rotated.idle.errors);
        Self {
            measured: rotated.took,
            tally,
            deliveries: None,
            rotation: Some(rotation),
            server: before.1.zip(after.1),
            driver: (before.0, after.0),
        }
    }
}

fn report(options: &DriveOptions, connections: usize, outcome: Outcome) -> Report {
    let tally = &outcome.tally;
    let watching = options.workload == Workload::Watch;
    let rotating = options.workload == Workload::Rotation;
    let measured = outcome.measured;
    let settings = Settings {
        objects: options.objects,
        size_bytes: options.size,
        connections,
        streams: options.streams,
        watchers: watching.then_some(options.watchers),
        rate: options
            .rate
            .or(watching.then_some(watch::DEFAULT_RATE))
            .or(rotating.then_some(rotation::DEFAULT_RATE)),
        threads: options.threads,
    };
    let driver = Driver::of(outcome.driver.0, outcome.driver.1, measured, options.threads);
    let server = options
        .pid
        .zip(outcome.server)
        .map(|(pid, (before, after))| Server::of(pid, before, after, tally.successes()));
    Report {
        workload: options
            .workload
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned()),
        settings,
        measured_seconds: measured.as_secs_f64(),
        requests_per_second: report::per_second(tally.successes(), measured),
        operations: report::operations(tally, measured),
        errors: tally
            .errors
            .iter()
            .map(|(kind, failures)| (kind.clone(), failures.count))
            .collect(),
        error_examples: tally
            .errors
            .iter()
            .map(|(kind, failures)| (kind.clone(), failures.example.clone()))
            .collect(),
        delivery: outcome
            .deliveries
            .as_ref()
            .map(|deliveries| Delivery::of(deliveries, measured, server.as_ref(), &driver)),
        machine_saturated: server
            .as_ref()
            .is_some_and(|server| report::fills_the_machine(server, &driver, measured)),
        rotation: outcome.rotation,
        server,
        driver,
    }
}
