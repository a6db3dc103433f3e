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

/// Looks at all that the build of a workspace's program, or of a library, depends on.
///
/// `product` lies where cargo puts it; `folder` is the one from which cargo is called. None where
/// something keeps us from knowing everything.
pub fn inputs(product: &Path, folder: &Path) -> Option<Inputs> {
    let mut inputs = Inputs::default();
    inputs.product(product)?;
    let sources = sources(product)?;
    for source in &sources {
        inputs.file(source)?;
    }
    manifests(&mut inputs, &sources)?;
    surroundings(&mut inputs, folder, product.parent()?)?;
    Some(inputs)
}

/// The sources of all packages of the workspace that go into what cargo has built. It names them
/// in a file that it writes anew each time, but with other names only when the product is another.
pub fn sources(product: &Path) -> Option<BTreeSet<PathBuf>> {
    let listed = fs::read_to_string(product.with_extension("d")).ok()?;
    let sources = DepInfo::parse(&listed).files;
    // Relative ones begin where cargo's configuration says.
    sources
        .iter()
        .all(|source| source.is_absolute())
        .then_some(sources)
}

/// Looks at the manifests of the packages that these sources belong to, and for build scripts.
pub fn manifests(inputs: &mut Inputs, sources: &BTreeSet<PathBuf>) -> Option<()> {
    let mut packages = BTreeSet::new();
    for source in sources {
        let mut folders = source.ancestors().skip(1);
        packages.insert(folders.find(|folder| folder.join("Cargo.toml").exists())?);
    }
    for folder in packages {
        inputs.file(&folder.join("Cargo.toml"))?;
        // Cargo takes up a build script of this name unasked. Where the script does not say what it
        // depends on, that is each file of the package.
        let script = folder.join("build.rs");
        inputs.file(&script)?;
        if script.exists() {
            inputs.file(folder)?;
        }
    }
    Some(())
}

/// Looks at what no package says about itself: at the workspace to which `folder` belongs, the
/// toolchain, and the variables that were read while cargo built into the folder `built`.
pub fn surroundings(inputs: &mut Inputs, folder: &Path, built: &Path) -> Option<()> {
    workspace(inputs, folder)?;
    toolchain(inputs)?;
    for name in variables(built)? {
        inputs.variable(&name);
    }
    Some(())
}

/// Looks at the manifests, lock file and configuration that cargo finds when it is called from
/// this folder.
fn workspace(inputs: &mut Inputs, folder: &Path) -> Option<()> {
    let mut configurations = Vec::new();
    for folder in folder.ancestors() {
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
fn toolchain(inputs: &mut Inputs) -> Option<()> {
    let cargo = PathBuf::from(env::var_os("CARGO")?);
    inputs.file(&cargo)?;
    let rustc = format!("rustc{}", env::consts::EXE_SUFFIX);
    inputs.file(&cargo.with_file_name(rustc))?;
    inputs.steering();
    Some(())
}

/// The variables that sources and build scripts were seen to read, from what rustc and cargo have
/// kept of that in the folder where they build.
fn variables(built: &Path) -> Option<BTreeSet<String>> {
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
