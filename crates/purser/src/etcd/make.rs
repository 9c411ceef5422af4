//! `purser etcd init` and `renew`.

use std::io::{self, Write as _};

use purser_etcd::{Cluster, Keys, Layout, Member, Renewed};
use time::{Duration, OffsetDateTime};

use super::options::{InitOptions, RenewOptions};
use crate::error::Error;

/// Makes a cluster's directory, and says what to do next.
pub(super) fn init(options: &InitOptions) -> Result<(), Error> {
    let members = options.members.iter();
    let members = members.map(|text| Member::parse(text, options.client_port, options.peer_port));
    let cluster = members
        .collect::<Result<_, _>>()
        .and_then(|members| Cluster::new(members, options.data_dir.clone(), options.install_dir.clone()));
    let cluster = cluster.map_err(|error| Error::Usage(error.to_string()))?;
    let lifetime = Duration::days(options.days.into());
    let layout = purser_etcd::init(&options.dir, &cluster, lifetime, OffsetDateTime::now_utc())?;
    Ok(io::stdout().write_all(purser_etcd::after_init(&layout, &cluster).as_bytes())?)
}

/// Replaces certificates or an authority, and says what to do next.
pub(super) fn renew(options: &RenewOptions) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    let lifetime = Duration::days(options.days.into());
    let layout = Layout::new(&options.dir);
    let mut out = io::stdout();
    let next = if let (Some(authority), Some(step)) = (options.authority, options.step) {
        let (side, step) = (authority.into(), step.into());
        let (cluster, renewed) = purser_etcd::roll_over(&options.dir, side, step, lifetime, now)?;
        tell(&mut out, &renewed)?;
        purser_etcd::after_step(&layout, &cluster, side, step)
    } else {
        let keys = if options.new_keys { Keys::New } else { Keys::Same };
        let (cluster, renewed) = purser_etcd::renew(&options.dir, lifetime, keys, now)?;
        tell(&mut out, &renewed)?;
        purser_etcd::after_renew(&layout, &cluster, options.new_keys)
    };
    Ok(out.write_all(next.as_bytes())?)
}

fn tell(out: &mut impl io::Write, renewed: &[Renewed]) -> io::Result<()> {
    for one in renewed {
        let before = one
            .ended
            .map_or_else(|| "unread".to_owned(), |end| end.date().to_string());
        writeln!(
            out,
            "{}: {before} -> {}",
            one.certificate.display(),
            one.ends.date()
        )?;
    }
    if !renewed.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}
