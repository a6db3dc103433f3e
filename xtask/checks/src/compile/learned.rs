//! What a build by cargo teaches: which programs there are, what they depend on, and how to compile
//! them again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use launch::freshness;
use launch::inputs::Inputs;

use super::cargo::{Artifact, Said};
use super::diagnostics::Diagnostic;
use super::invocation::Invocation;
use super::kept::{Kept, Product, Recipe};
use super::package::Package;

/// A look at what is to be built, just before it is.
#[derive(Debug)]
pub(super) struct Before {
    asked: SystemTime,
    inputs: BTreeMap<String, Inputs>,
}

impl Before {
    /// Looks once more at what is known to matter to each of these.
    pub fn look<'a>(known: impl Iterator<Item = (&'a String, &'a Inputs)>) -> Self {
        Self {
            asked: SystemTime::now(),
            inputs: known
                .map(|(name, inputs)| (name.clone(), inputs.again()))
                .collect(),
        }
    }

    /// Whether what is seen now was already so before.
    pub fn vouches(&self, name: &str, now: &Inputs) -> bool {
        now.settled(self.asked) && self.inputs.get(name).is_none_or(|before| before.agree(now))
    }
}

/// Remembers what cargo has built of a package.
pub(super) fn remember(package: &Package, kept: &mut Kept, before: &Before, said: &Said) {
    let calls = Invocation::all(&said.stderr);
    for (_, name) in &package.programs {
        let Some((artifact, executable)) = said.program(name) else {
            continue;
        };
        let program = kept.programs.entry(name.clone()).or_default();
        let inputs = freshness::inputs(executable, package.root).and_then(|mut inputs| {
            inputs.file(&launch::unify(package.root))?;
            before.vouches(name, &inputs).then_some(inputs)
        });
        program.product = inputs.map(|inputs| Product {
            file: executable.clone(),
            warnings: said.warnings(artifact),
            inputs,
        });
        let crate_name = name.replace('-', "_");
        if let Some(call) = calls.iter().find(|call| call.name() == crate_name) {
            let inputs = surroundings(package, executable, call);
            let inputs = inputs.filter(|inputs| before.vouches(name, inputs));
            program.recipe = inputs
                .filter(|_| said.only_programs(artifact))
                .map(|inputs| Recipe {
                    invocation: call.clone(),
                    inputs,
                });
        }
    }
}

/// Looks at all that a program depends on but the package's own sources.
fn surroundings(package: &Package, program: &Path, call: &Invocation) -> Option<Inputs> {
    let mut inputs = Inputs::default();
    let sources = freshness::sources(program)?;
    for source in &sources {
        if !source.starts_with(&package.folder) {
            inputs.file(source)?;
        }
    }
    freshness::manifests(&mut inputs, &sources)?;
    freshness::surroundings(&mut inputs, package.root, program.parent()?)?;
    inputs.file(&launch::unify(package.root))?;
    // Cargo takes up a library of this name unasked.
    inputs.file(&package.folder.join("src").join("lib.rs"))?;
    for library in call.libraries() {
        inputs.product(library)?;
    }
    Some(inputs)
}

impl Said {
    /// A program that was built, or was there already.
    pub fn program(&self, name: &str) -> Option<(&Artifact, &PathBuf)> {
        self.artifacts.iter().find_map(|artifact| {
            let executable = artifact.executable.as_ref()?;
            (artifact.target.name == name).then_some((artifact, executable))
        })
    }

    /// What rustc warned of when it made this, as it reads in a terminal with colours.
    pub fn warnings(&self, artifact: &Artifact) -> String {
        let own = self.messages.iter().filter(|message| {
            message.package_id == artifact.package_id
                && message.target.name == artifact.target.name
                && message.message.is_warning()
        });
        own.map(|message| Diagnostic::rendered(&message.message))
            .collect()
    }

    /// Whether the package makes programs and nothing that they depend on.
    fn only_programs(&self, artifact: &Artifact) -> bool {
        let mut own = self
            .artifacts
            .iter()
            .filter(|other| other.package_id == artifact.package_id);
        own.all(|other| other.target.kind == ["bin"])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn who_saves_while_something_is_built_is_noticed() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("main.rs");
        let touch = |age| {
            let file = File::options().append(true).create(true).open(&path);
            let time = SystemTime::now() - Duration::from_secs(age);
            file.unwrap().set_modified(time).unwrap();
        };
        touch(100);
        let mut inputs = Inputs::default();
        inputs.file(&path).unwrap();
        let name = "program".to_owned();
        let before = Before::look([(&name, &inputs)].into_iter());
        assert!(before.vouches(&name, &inputs.again()));
        // With an old file from elsewhere.
        touch(200);
        assert!(!before.vouches(&name, &inputs.again()));
        assert!(before.vouches("another", &inputs.again()));
        touch(0);
        assert!(!before.vouches("another", &inputs.again()));
    }
}
