//! `cargo xtask gradescope`: packs the kit, without solutions, as an autograder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use handout::{self, Edition};
use tempfile::TempDir;
use terminal::exit;
use terminal::say;
use terminal::workspace::{self, shown};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const SETUP: &str = include_str!("../../gradescope/setup.sh");
const RUN: &str = include_str!("../../gradescope/run_autograder");

/// Pack an autograder for Gradescope
#[derive(Debug, Parser)]
#[command(name = "cargo xtask gradescope", bin_name = "cargo xtask gradescope")]
struct Arguments {
    /// The .zip to write
    #[arg(default_value = "nightlight-autograder.zip")]
    file: PathBuf,
}

fn main() -> ExitCode {
    let packed = pack(&Arguments::parse().file);
    exit::status(packed.map(|()| ExitCode::SUCCESS))
}

fn pack(file: &Path) -> anyhow::Result<()> {
    let root = workspace::root()?;
    if file.exists() {
        bail!("{} is there already: name another file", shown(file));
    }
    let folder = TempDir::new().context("no temporary folder")?;
    let kit = folder.path().join("kit");
    handout::write(&root, &kit, Edition::Grader)?;
    let failed = || format!("writing {}", shown(file));
    let mut zip = ZipWriter::new(File::create(file).with_context(failed)?);
    let executable = SimpleFileOptions::default().unix_permissions(0o755);
    for (name, script) in [("setup.sh", SETUP), ("run_autograder", RUN)] {
        zip.start_file(name, executable).with_context(failed)?;
        io::copy(&mut script.as_bytes(), &mut zip).with_context(failed)?;
    }
    add(&mut zip, folder.path(), &kit).with_context(failed)?;
    zip.finish().with_context(failed)?;
    say::out(&format!(
        "{} is packed. In Gradescope: Configure Autograder, Zip file upload, Ubuntu 22.04 or newer; \
         choose the container with at least 2 CPUs.\n",
        shown(file)
    ))?;
    Ok(())
}

fn add(zip: &mut ZipWriter<File>, base: &Path, folder: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add(zip, base, &path)?;
            continue;
        }
        zip.start_file_from_path(path.strip_prefix(base)?, SimpleFileOptions::default())?;
        io::copy(&mut File::open(&path)?, zip)?;
    }
    Ok(())
}
