//! `tour`: everything the program does, on real files, in a scratch folder.
//!
//! Each step runs this very program with a command line that is printed, shows its result, and says
//! what to notice. A result that is not the expected one ends the tour with an error, so that the
//! tour is also a test of the whole.

mod backup;
mod compare;
mod destruction;
mod guide;
mod material;
mod steps;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::args;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::{Context, hex};

use guide::Guide;

pub(crate) fn run(args: args::Tour, context: &mut Context) -> Result<Exit, Failure> {
    let scratch = Scratch::new(args.keep.as_deref())?;
    let data = material::choose(args.path.as_deref(), &scratch.path)?;
    let mut guide = Guide::new(&scratch.path, context)?;
    steps::walk(&mut guide, &data)?;
    let taken = guide.into_record();
    let dir = scratch.path.display().to_string();
    if scratch.keep {
        context.output.say("tour-kept", &[("dir", &dir)])?;
    } else {
        context.output.say("tour-removed", &[("dir", &dir)])?;
    }
    context.output.document(
        "sealkeep.tour/1",
        json!({ "data": data, "kept": scratch.keep.then_some(dir), "commands": taken }),
    )?;
    Ok(Exit::Ok)
}

/// The folder of a tour; removed at the end unless it is to be kept.
struct Scratch {
    path: PathBuf,
    keep: bool,
}

impl Scratch {
    fn new(keep: Option<&Path>) -> Result<Scratch, Failure> {
        let path = match keep {
            Some(dir) => std::path::absolute(dir).map_err(|error| Failure::io(dir, &error))?,
            None => {
                let random: [u8; 8] = sealkeep_crypto::random::array();
                std::env::temp_dir().join(format!("sealkeep-tour-{}", hex(&random)))
            }
        };
        // A folder of our own: what is removed at the end must be what was made here.
        std::fs::create_dir(&path).map_err(|error| {
            let failure = Failure::io(&path, &error);
            if failure.code == Code::Exists { Failure::at(Code::Exists, &path) } else { failure }
        })?;
        Ok(Scratch { path, keep: keep.is_some() })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be removed lies in the temporary folder; the system clears that.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
