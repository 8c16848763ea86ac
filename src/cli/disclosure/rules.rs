//! The rules and the cost as a specification states them, and the policy they make.

use serde::Deserialize;

use crate::disclosure::{Cost, Dominance, Interval, Percent, Policy};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rules {
    pub minimum_contributors: u64,
    p_percent: f64,
    dominance: Vec<DominanceRule>,
    interval: Option<Width>,
    implied_cells: bool,
    insiders: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            minimum_contributors: 5,
            p_percent: 10.0,
            dominance: Vec::new(),
            interval: None,
            implied_cells: true,
            insiders: true,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DominanceRule {
    n: usize,
    k: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Width {
    #[serde(default)]
    relative: f64,
    #[serde(default)]
    absolute: f64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CostSpec {
    #[serde(default)]
    by: CostBy,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CostBy {
    #[default]
    Value,
    Count,
    Cells,
}

/// The most contributors that a dominance rule may add up.
const MOST_DOMINANT: usize = 16;

impl Rules {
    /// The policy; `scale` is how many integer units one unit of the first value is. What is wrong is told as key and
    /// message.
    pub fn policy(&self, cost: &CostSpec, scale: f64) -> Result<Policy, (&'static str, String)> {
        Ok(Policy {
            minimum_contributors: self.minimum_contributors,
            p_percent: Percent::try_from(self.p_percent)
                .map_err(|error| ("p_percent", format!("{} is {error}", self.p_percent)))?,
            dominance: self.dominance.iter().map(DominanceRule::rule).collect::<Result<_, _>>()?,
            interval: self.interval.as_ref().map(|width| width.interval(scale)).transpose()?,
            implied_cells: self.implied_cells,
            insiders: self.insiders,
            cost: match cost.by {
                CostBy::Value => Cost::Value,
                CostBy::Count => Cost::Count,
                CostBy::Cells => Cost::Cells,
            },
            headlines: 0,
            series: false,
            keeps_back: false,
        })
    }
}

impl DominanceRule {
    fn rule(&self) -> Result<Dominance, (&'static str, String)> {
        if self.n == 0 || self.n > MOST_DOMINANT {
            return Err(("dominance", format!("n is {}, and must be from 1 to {MOST_DOMINANT}", self.n)));
        }
        let k = Percent::try_from(self.k).ok().filter(|_| self.k > 0.0 && self.k <= 100.0);
        let message = || {
            format!("k is {}, and must be more than 0 and at most 100, with at most four decimals", self.k)
        };
        Ok(Dominance { n: self.n, k: k.ok_or_else(|| ("dominance", message()))? })
    }
}

impl Width {
    fn interval(&self, scale: f64) -> Result<Interval, (&'static str, String)> {
        let relative = Percent::try_from((self.relative * 1e6).round() / 1e4).map_err(|_| {
            let message =
                format!("relative is {}, and must be a ratio from 0 to 10: 0.5 is half", self.relative);
            ("interval", message)
        })?;
        let absolute = (self.absolute * scale).ceil();
        if !(0.0..1e18).contains(&absolute) {
            return Err(("interval", format!("absolute is {}, and must be an amount", self.absolute)));
        }
        Ok(Interval { relative, absolute: absolute as i64 })
    }
}
