//! The command line.

use std::str::FromStr;
use std::time::Duration;

use crate::clock::Clock;
use crate::contest::Subject;
use crate::measure::Plan;

/// What `--help` shows.
pub const HELP: &str = "\
Measures Sealkeep's ciphers and hashes side by side with other libraries; prints Markdown.

  --rounds N       slices of each contender (default 15)
  --slice-ms N     length of a slice in milliseconds (default 30)
  --suite LIST     of aes256-gcm, sm4-gcm, sha256, sm3 (default all)
  --threads LIST   numbers of threads (default 1,2)
  --clock CLOCK    wall (default), or cpu: the time for which each thread
                   ran, for a machine that has other work as well
  --help           this text";

/// What was asked for.
#[derive(Debug)]
pub enum Request {
    /// The help text.
    Help,
    /// A measurement.
    Measure(Vec<Subject>, Plan),
}

impl Request {
    /// Reads the arguments after the name of the program.
    ///
    /// # Errors
    /// What is wrong with them, for the user.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut subjects = Subject::ALL.to_vec();
        let mut plan = Plan {
            rounds: 15,
            slice: Duration::from_millis(30),
            threads: vec![1, 2],
            clock: Clock::Wall,
        };
        while let Some(option) = arguments.next() {
            if option == "--help" || option == "-h" {
                return Ok(Self::Help);
            }
            let mut value = || arguments.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "--rounds" => plan.rounds = positive(&value()?)?,
                "--slice-ms" => {
                    plan.slice = Duration::from_millis(positive::<u32>(&value()?)?.into())
                }
                "--suite" => subjects = list(&value()?, Subject::from_str)?,
                "--threads" => plan.threads = list(&value()?, positive)?,
                "--clock" => plan.clock = value()?.parse()?,
                _ => return Err(format!("unknown option {option}; --help shows all")),
            }
        }
        Ok(Self::Measure(subjects, plan))
    }
}

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(item).collect()
}

fn positive<N: FromStr + Default + PartialEq>(text: &str) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| *number != N::default());
    number.ok_or_else(|| format!("{text} is not a positive number"))
}
