//! Taking a configuration, anew too while requests are decided.

use std::time::SystemTime;

use super::members::Makers;
use super::settings::Configuration;
use crate::authorizer::Authorizer;

impl Configuration {
    /// Puts what a file says into effect, as a whole or not at all.
    ///
    /// # Errors
    /// What is wrong with it, or with a file that it names.
    pub fn take(file: &[u8], authorizer: &Authorizer, makers: &Makers<'_>) -> Result<(), String> {
        let configuration = Self::read(file).map_err(|error| error.to_string())?;
        let checked = configuration.check().map_err(|problems| problems.to_string())?;
        authorizer.set_members(checked.members(authorizer, makers)?);
        Ok(())
    }

    /// As [`Configuration::take`], of a file that changed; counted.
    ///
    /// # Errors
    /// As there; who decided before goes on.
    pub fn take_anew(
        file: &[u8],
        authorizer: &Authorizer,
        makers: &Makers<'_>,
        now: SystemTime,
    ) -> Result<(), String> {
        let taken = Self::take(file, authorizer, makers);
        authorizer.reloads.count(taken.is_ok(), now);
        taken
    }
}
