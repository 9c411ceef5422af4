//! A new cluster's directory.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use time::{Duration, OffsetDateTime};

use crate::authority::{self, Authority, AuthorityFiles, Generation, Side};
use crate::cluster::Cluster;
use crate::configuration;
use crate::error::Error;
use crate::files;
use crate::layout::{CLIENTS, Layout};
use crate::leaf::Leaf;
use crate::unit;

/// Makes a cluster's directory: authorities, certificates that are good for `lifetime`, configurations and units. It is
/// made beside its place and takes it when it is whole: an attempt that was cut short leaves nothing that counts, and the
/// next begins anew.
///
/// # Errors
/// [`Error::NotEmpty`] when there is something in its place; when something cannot be made or written.
pub fn init(
    directory: &Path,
    cluster: &Cluster,
    lifetime: Duration,
    now: OffsetDateTime,
) -> Result<Layout, Error> {
    if !files::is_free(directory)? {
        return Err(Error::NotEmpty {
            path: directory.to_owned(),
        });
    }
    let beside = unfinished(directory)?;
    match fs::remove_dir_all(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::file("remove", &beside, error));
        }
        _ => {}
    }
    make(&Layout::new(&beside), cluster, lifetime, now)?;
    // An empty directory in its place gives way.
    files::rename(&beside, directory)?;
    Ok(Layout::new(directory))
}

/// Where the directory is until it is whole.
fn unfinished(directory: &Path) -> Result<PathBuf, Error> {
    let name = directory.file_name().ok_or_else(|| {
        Error::file(
            "make",
            directory,
            io::Error::new(io::ErrorKind::InvalidInput, "give the directory by its name"),
        )
    })?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".unfinished");
    Ok(directory.with_file_name(hidden))
}

fn make(layout: &Layout, cluster: &Cluster, lifetime: Duration, now: OffsetDateTime) -> Result<(), Error> {
    let authorities = layout.authorities();
    files::make_directory(&authorities)?;
    for member in &cluster.members {
        files::make_directory(&layout.tls(&member.name))?;
    }
    for client in CLIENTS {
        files::make_directory(&layout.client(client))?;
    }
    for side in Side::ALL {
        let files = AuthorityFiles::new(&authorities, side, Generation::Current);
        Authority::make(&files, side, cluster.short_token(), now)?;
        tell_trusting(layout, cluster, side)?;
        let authority = Authority::open(&files, now)?;
        for leaf in Leaf::all(cluster).into_iter().filter(|leaf| leaf.side() == side) {
            leaf.make(layout, &authority, lifetime, now)?;
        }
    }
    for member in &cluster.members {
        files::write(
            &layout.configuration(&member.name),
            &configuration::text(cluster, member),
        )?;
        files::write(&layout.unit(&member.name), &unit::text(cluster, member))?;
    }
    cluster.write(&layout.cluster())
}

/// Writes the authorities of a side to those who trust them.
pub(crate) fn tell_trusting(layout: &Layout, cluster: &Cluster, side: Side) -> Result<(), Error> {
    let trusted = authority::trusted(&layout.authorities(), side)?;
    let members = cluster.members.iter().map(|member| member.name.as_str());
    for path in layout.trusting(side, members) {
        files::write(&path, &trusted)?;
    }
    Ok(())
}
