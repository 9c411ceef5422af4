//! `purser at-rest erase store`: what is out of use is destroyed, keys first.
//!
//! Destroying the keys is what counts: without them the rest is noise. The rest is overwritten and given back to the
//! device all the same, as far as there is a device that does as it is told.

mod device;
mod files;
mod ground;
mod in_use;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;

use crate::error::Error;

/// Bytes that are written at once.
const PIECE: usize = 1 << 20;

/// What is erased, and how.
#[derive(Debug, Args)]
pub(crate) struct WipeOptions {
    /// Data directory of a Purser that is stopped and is not to start again
    #[arg(long, value_name = "DIR", required_unless_present_any = ["path", "device"], help_heading = "What")]
    data_dir: Option<PathBuf>,
    /// Its at-rest keys, when they are not in it
    #[arg(long, value_name = "DIR", requires = "data_dir", help_heading = "What")]
    key_dir: Option<PathBuf>,
    /// Data directory of an etcd that is stopped and is not to start again
    #[arg(long, value_name = "DIR", conflicts_with = "data_dir", help_heading = "What")]
    path: Option<PathBuf>,
    /// Block device that nothing uses, or an image of one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data_dir", "path"], help_heading = "What")]
    device: Option<PathBuf>,
    /// Name of what else lies in the directory and is to go too; may be given again
    #[arg(long, value_name = "NAME", conflicts_with = "device", help_heading = "What")]
    also: Vec<String>,
    /// How often everything is overwritten with random bytes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=35))]
    passes: u8,
    /// What is erased, as it would have to be typed, for scripts: the absolute path
    #[arg(long, value_name = "NAME")]
    yes_erase: Option<String>,
}

/// What was done.
#[derive(Debug, Default)]
struct Wiped {
    /// Files, or devices.
    files: u64,
    /// Bytes, once.
    bytes: u64,
    /// Of these files the room was given back to the device.
    discarded: u64,
}

/// Erases.
///
/// # Errors
/// When it is in use, is not what it should be, was not confirmed, or cannot be overwritten.
pub(super) fn run(options: &WipeOptions) -> Result<(), Error> {
    let bar = super::bar::bar();
    let wiped = match (&options.data_dir, &options.path, &options.device) {
        (Some(data), ..) => purser(data, options, &bar)?,
        (_, Some(path), _) => {
            let ground = ground::Ground::etcd(path, &options.also)?;
            erase(&[ground], options, &bar)?
        }
        (_, _, Some(device)) => {
            let device = device::Device::open(device)?;
            confirm(device.path(), options)?;
            device.wipe(options.passes, &bar)?
        }
        _ => Wiped::default(),
    };
    bar.finish_and_clear();
    writeln!(
        io::stdout(),
        "erased {} files of {} bytes: overwritten {} times, {} of them given back to the device",
        wiped.files,
        wiped.bytes,
        options.passes,
        wiped.discarded
    )?;
    Ok(())
}

fn purser(data: &Path, options: &WipeOptions, bar: &ProgressBar) -> Result<Wiped, Error> {
    let data = ground::Ground::purser(data, &options.also)?;
    let keys = options.key_dir.as_deref().map(ground::Ground::keys).transpose()?;
    // Those that lie in the data go with it, once.
    let elsewhere = keys.filter(|keys| !keys.path.starts_with(&data.path));
    let grounds: Vec<ground::Ground> = elsewhere.into_iter().chain([data]).collect();
    erase(&grounds, options, bar)
}

/// Erases directories, the keys of all of them first.
fn erase(grounds: &[ground::Ground], options: &WipeOptions, bar: &ProgressBar) -> Result<Wiped, Error> {
    for ground in grounds {
        in_use::refuse(&ground.path)?;
    }
    let Some(named) = grounds.last() else {
        return Ok(Wiped::default());
    };
    confirm(&named.path, options)?;
    // Held until everything is gone, so that no server starts on what is left.
    let _locks = in_use::lock(grounds.iter().flat_map(|ground| &ground.files))?;
    let bytes = grounds
        .iter()
        .flat_map(|ground| &ground.files)
        .map(|file| file.bytes);
    bar.set_length(bytes.sum::<u64>() * u64::from(options.passes));
    let mut wiped = Wiped::default();
    for keys in [true, false] {
        bar.set_message(if keys {
            "destroying the keys"
        } else {
            "overwriting"
        });
        for file in grounds.iter().flat_map(|ground| &ground.files) {
            if file.is_key == keys {
                files::wipe(file, options.passes, bar, &mut wiped)?;
            }
        }
    }
    for ground in grounds {
        files::remove_directories(&ground.directories)?;
    }
    Ok(wiped)
}

/// Has the name typed.
fn confirm(path: &Path, options: &WipeOptions) -> Result<(), Error> {
    let name = path.display().to_string();
    let typed = match &options.yes_erase {
        Some(typed) => typed.clone(),
        None if io::stdin().is_terminal() => {
            let mut out = io::stderr().lock();
            write!(
                out,
                "All of {name} will be gone for ever. Type its name to go on: "
            )?;
            out.flush()?;
            let mut typed = String::new();
            io::stdin().read_line(&mut typed)?;
            typed.trim().to_owned()
        }
        None => {
            return Err(Error::Usage(format!(
                "nobody is here to type the name: say --yes-erase {name}"
            )));
        }
    };
    match typed == name {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "nothing was erased: that is not its name, which is {name}"
        ))),
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::File {
        action,
        path: path.to_owned(),
        source,
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::Usage(format!("nothing was erased: {} {why}", path.display()))
}
