//! Whether cargo would have anything to do.
//!
//! Cargo answers that with certainty, but takes longer for it than most commands for their work.
//! So what it found fresh is kept as a stamp beside the program: everything the build depends on,
//! as it looked before cargo was asked. As long as all looks the same, cargo would say the same.
//! What is in doubt is in no stamp, and cargo is asked each time.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::OF_ONE_PACKAGE;
use crate::dep_info::DepInfo;
use crate::inputs::Inputs;

/// Looks at all that the build of a workspace's program depends on.
///
/// `program` lies where cargo puts it; `package` is the folder from which cargo is called. None
/// where something keeps us from knowing everything.
pub fn inputs(program: &Path, package: &Path) -> Option<Inputs> {
    let mut inputs = Inputs::default();
    inputs.product(program)?;
    // Cargo names here the sources of all packages of the workspace that go into the program. It
    // writes the file anew each time, but with other names only when the program is another.
    let listed = fs::read_to_string(program.with_extension("d")).ok()?;
    let sources = DepInfo::parse(&listed).files;
    for source in &sources {
        // Relative ones begin where cargo's configuration says.
        source.is_absolute().then_some(())?;
        inputs.file(source)?;
    }
    for folder in packages(&sources)? {
        inputs.file(&folder.join("Cargo.toml"))?;
        // Cargo takes up a build script of this name unasked. Where the script does not say what it
        // depends on, that is each file of the package.
        let script = folder.join("build.rs");
        inputs.file(&script)?;
        if script.exists() {
            inputs.file(&folder)?;
        }
    }
    workspace(&mut inputs, package)?;
    toolchain(&mut inputs)?;
    for name in variables(program.parent()?)? {
        inputs.variable(&name);
    }
    Some(inputs)
}

/// The folders with the manifests of the packages that these sources belong to.
fn packages(sources: &BTreeSet<PathBuf>) -> Option<BTreeSet<PathBuf>> {
    let mut packages = BTreeSet::new();
    for source in sources {
        let mut folders = source.ancestors().skip(1);
        let package = folders.find(|folder| folder.join("Cargo.toml").exists())?;
        packages.insert(package.to_owned());
    }
    Some(packages)
}

/// Looks at the manifests, lock file and configuration that cargo finds when it is called from
/// this folder.
pub fn workspace(inputs: &mut Inputs, package: &Path) -> Option<()> {
    let mut configurations = Vec::new();
    for folder in package.ancestors() {
        inputs.file(&folder.join("Cargo.toml"))?;
        inputs.file(&folder.join("Cargo.lock"))?;
        configurations.push(folder.join(".cargo"));
    }
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    configurations.push(home.or_else(|| Some(env::home_dir()?.join(".cargo")))?);
    for folder in configurations {
        for name in ["config.toml", "config"] {
            let file = folder.join(name);
            inputs.file(&file)?;
            // May name further files.
            let text = fs::read_to_string(&file).unwrap_or_default();
            (!text.contains("include")).then_some(())?;
        }
    }
    Some(())
}

/// Looks at cargo, at rustc, and at the variables that steer them. None where cargo has not said
/// which cargo it is: then it did not start this program.
pub fn toolchain(inputs: &mut Inputs) -> Option<()> {
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    inputs.file(&cargo)?;
    let rustc = format!("rustc{}", env::consts::EXE_SUFFIX);
    inputs.file(&cargo.with_file_name(rustc))?;
    inputs.steering();
    Some(())
}

/// The variables that sources and build scripts were seen to read, from what rustc and cargo have
/// kept of that in the folder where they build.
pub fn variables(built: &Path) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(built.join("deps")).ok()? {
        let path = entry.ok()?.path();
        if path.extension().is_some_and(|extension| extension == "d") {
            names.extend(DepInfo::parse(&fs::read_to_string(path).ok()?).variables);
        }
    }
    for entry in fs::read_dir(built.join("build")).into_iter().flatten() {
        // Where a script was compiled but has not run, there is none.
        let said = fs::read_to_string(entry.ok()?.path().join("output")).unwrap_or_default();
        let name = |line: &str| {
            let (_, name) = line.split_once("rerun-if-env-changed=")?;
            Some(name.to_owned())
        };
        names.extend(said.lines().filter_map(name));
    }
    // These cargo sets itself.
    names.retain(|name| {
        name != "OUT_DIR" && !OF_ONE_PACKAGE.iter().any(|start| name.starts_with(start))
    });
    Some(names)
}
