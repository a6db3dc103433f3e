//! Lists the step files, so that a new one needs no line anywhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let (steps, transcripts) = (here.join("steps"), here.join("../transcripts"));
    for folder in [&steps, &transcripts] {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let mut files = fs::read_dir(&steps)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|kind| kind == "toml"));
    files.sort();
    let mut list = String::from("[\n");
    for file in &files {
        let folder = file.file_stem().unwrap_or_default().to_string_lossy();
        let transcript = transcripts.join(format!("{}.snap", short(&folder)));
        // A new step has none until its solution has passed once.
        let transcript = if transcript.is_file() {
            include(&transcript)
        } else {
            "\"\"".to_owned()
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(list, "({folder:?}, {}, {transcript}),", include(file));
    }
    fs::write(out.join("steps.rs"), list + "]\n")
}

/// `step5` of `step5-topics`.
fn short(folder: &str) -> &str {
    folder.split('-').next().unwrap_or(folder)
}

fn include(file: &Path) -> String {
    format!("include_str!({:?})", file.display().to_string())
}
