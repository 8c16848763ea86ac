//! Who gets what: the addresses of a job.

use super::house::House;
use crate::settings::JobSpec;

/// The job's addresses, each once.
pub fn of_job(house: &House, job: &JobSpec) -> Vec<String> {
    house.settings.recipients_of(&job.recipients)
}
