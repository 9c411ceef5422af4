//! Log lines on standard error: JSON for machines, text on a terminal.

use std::io::{self, IsTerminal as _};

use clap::ValueEnum;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// What needs somebody to act
    Error,
    /// What may need somebody to act
    Warn,
    /// What happens once or rarely
    Info,
    /// What happens with each request
    Debug,
    /// Everything; never a value
    Trace,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

/// How it is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Logging {
    format: LogFormat,
    level: LogLevel,
}

impl Logging {
    /// From the flags and where the streams lead: somebody who reads the banner on a terminal only wants to hear what
    /// is wrong.
    pub(crate) fn new(level: Option<LogLevel>, format: Option<LogFormat>, banner: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        Self::choose(level, format, banner, terminal)
    }

    fn choose(level: Option<LogLevel>, format: Option<LogFormat>, banner: bool, terminal: bool) -> Self {
        let format = format.unwrap_or(if terminal {
            LogFormat::Text
        } else {
            LogFormat::Json
        });
        let quiet = banner && terminal;
        let level = level.unwrap_or(if quiet { LogLevel::Warn } else { LogLevel::Info });
        Self { format, level }
    }

    /// Whether lines are for machines.
    pub(crate) fn is_json(self) -> bool {
        self.format == LogFormat::Json
    }

    /// Sets it up for the process; once.
    pub(crate) fn start(self) {
        let level = match self.level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        };
        // Libraries log what they were sent: bytes of requests and answers. Only our own lines are known to be free
        // of values.
        let filter = Targets::new().with_target("purser", level);
        // The subscriber would complain about a closed standard error on standard error, and panic over that.
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .log_internal_errors(false);
        let lines = match self.format {
            LogFormat::Json => lines
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .boxed(),
            LogFormat::Text => lines
                .with_ansi(io::stderr().is_terminal())
                .with_target(false)
                .boxed(),
        };
        // It can only fail when it is set up already.
        let _ = tracing_subscriber::registry()
            .with(lines.with_filter(filter))
            .try_init();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_with_the_banner_is_quiet_and_everything_else_is_json_at_info() {
        let choose = |banner, terminal| Logging::choose(None, None, banner, terminal);
        assert_eq!(
            choose(true, true),
            Logging {
                format: LogFormat::Text,
                level: LogLevel::Warn
            }
        );
        assert_eq!(
            choose(false, true),
            Logging {
                format: LogFormat::Text,
                level: LogLevel::Info
            }
        );
        assert_eq!(
            choose(false, false),
            Logging {
                format: LogFormat::Json,
                level: LogLevel::Info
            }
        );
        assert_eq!(
            choose(true, false),
            Logging {
                format: LogFormat::Json,
                level: LogLevel::Info
            }
        );
    }

    #[test]
    fn flags_win() {
        let chosen = Logging::choose(Some(LogLevel::Debug), Some(LogFormat::Json), true, true);
        assert_eq!(
            chosen,
            Logging {
                format: LogFormat::Json,
                level: LogLevel::Debug
            }
        );
    }
}
