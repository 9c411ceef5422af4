//! What a process has used, from /proc (proc(5)).

use std::time::Duration;

use crate::error::Error;

/// A process at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// User and system time of all its threads, in steps of the kernel's tick (mostly 10 ms).
    pub(crate) cpu: Duration,
    /// Resident memory in bytes.
    pub(crate) resident: u64,
    /// The most it ever had, in bytes.
    pub(crate) peak: u64,
}

/// Reads the usage of a process.
///
/// # Errors
/// When there is no such process, or /proc is not as documented.
pub(crate) fn usage(pid: u32) -> Result<Usage, Error> {
    let read = |file: &str| {
        std::fs::read_to_string(format!("/proc/{pid}/{file}")).map_err(|error| Error::Process {
            pid,
            reason: error.to_string(),
        })
    };
    let (stat, status) = (read("stat")?, read("status")?);
    parse(&stat, &status, rustix::param::clock_ticks_per_second()).ok_or_else(|| Error::Process {
        pid,
        reason: "/proc is not as expected".to_owned(),
    })
}

/// This process's usage, and that of the server when it is known.
///
/// # Errors
/// As [`usage`].
pub(crate) fn usages(server: Option<u32>) -> Result<(Usage, Option<Usage>), Error> {
    Ok((usage(std::process::id())?, server.map(usage).transpose()?))
}

fn parse(stat: &str, status: &str, ticks_per_second: u64) -> Option<Usage> {
    // The name may hold anything, spaces and parentheses too: fields are counted from its end. utime and stime are
    // fields 14 and 15, the first one after the name is 3.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    let nanos = (user + system)
        .checked_mul(1_000_000_000)?
        .checked_div(ticks_per_second)?;
    Some(Usage {
        cpu: Duration::from_nanos(nanos),
        resident: kilobytes(status, "VmRSS:")?,
        peak: kilobytes(status, "VmHWM:")?,
    })
}

fn kilobytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let number: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_whatever_the_name_holds() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 2 0 0 0 150 50 0 0 20 0 9 0 3 1 2";
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        let expected = Usage {
            cpu: Duration::from_secs(2),
            resident: 1 << 20,
            peak: 2 << 20,
        };
        assert_eq!(parse(stat, status, 100), Some(expected));
        assert_eq!(parse("7 (a", status, 100), None);
    }

    #[test]
    fn this_process_has_a_usage_and_a_made_up_one_has_not() {
        assert!(usage(std::process::id()).unwrap().resident > 0);
        assert!(usage(u32::MAX).is_err());
    }
}
