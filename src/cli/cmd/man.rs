//! `man`: the manual pages, one on standard output or all of them into a folder.

use std::io::Write;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use serde_json::json;

use crate::cli::args;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::{Context, help};

pub(crate) fn run(args: &args::Man, context: &mut Context) -> Result<Exit, Failure> {
    let command = help::command(context.output.messages());
    match &args.dir {
        None => {
            context.output.give_stdout_to_data()?;
            let page = render(command, "sealkeep")?;
            std::io::stdout().write_all(&page).map_err(|error| Failure::stdout(&error))?;
        }
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(|error| Failure::io(dir, &error))?;
            let mut pages = Vec::new();
            write_pages(command, "sealkeep", dir, &mut pages)?;
            context.output.say("man-written", &[("count", &pages.len())])?;
            context.output.document("sealkeep.man/1", json!({ "dir": dir, "pages": pages }))?;
        }
    }
    Ok(Exit::Ok)
}

/// `sealkeep.1`, `sealkeep-key.1`, `sealkeep-key-list.1` and so on.
fn write_pages(
    command: Command,
    name: &str,
    dir: &Path,
    pages: &mut Vec<String>,
) -> Result<(), Failure> {
    for child in command.get_subcommands() {
        write_pages(child.clone(), &format!("{name}-{}", child.get_name()), dir, pages)?;
    }
    let file = format!("{name}.1");
    let path = dir.join(&file);
    let page = render(command, name)?;
    std::fs::write(&path, page).map_err(|error| Failure::io(&path, &error))?;
    pages.push(file);
    Ok(())
}

fn render(command: Command, name: &str) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let version = env!("CARGO_PKG_VERSION");
    Man::new(
        command.display_name(name.to_owned()).bin_name(name.replace('-', " ")).version(version),
    )
    .render(&mut page)
    .map_err(|error| Failure::io(Path::new(name), &error))?;
    Ok(page)
}
