//! Manifests and build scripts of a submission: they are not taken, and what they ask for is told.

use toml::Table;

/// Crates that are named at most, and letters of each name.
const MOST: usize = 10;
const LONGEST: usize = 40;

/// The kind of file, of those that a learner may have changed to some end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Manifest,
    Script,
}

/// Whether the file at this path below a step's folder, or beside the steps, is one of them.
pub(super) fn kind(below: &[String]) -> Option<Kind> {
    match below {
        [.., folder, file] if folder == ".cargo" && file.starts_with("config") => {
            Some(Kind::Script)
        }
        [file] | [_, file] if file == "Cargo.toml" => Some(Kind::Manifest),
        [file] | [_, file] if file == "build.rs" => Some(Kind::Script),
        _ => None,
    }
}

/// A sentence on the file at `path`, if there is anything to say.
pub(super) fn note(path: &str, kind: Kind, text: &str, crates: &[String]) -> Option<String> {
    if kind == Kind::Script {
        return Some(format!(
            "{path} is not taken: programs are compiled without it"
        ));
    }
    let Ok(manifest) = text.parse::<Table>() else {
        return Some(format!("{path} is not taken, and is no TOML"));
    };
    let mut missing: Vec<String> = Vec::new();
    for name in dependencies(&manifest) {
        // Cargo takes one for the other.
        let same = |known: &String| known.replace('_', "-") == name.replace('_', "-");
        if !crates.iter().any(same) && !missing.contains(&name) {
            missing.push(name);
        }
    }
    let shown: Vec<String> = missing
        .iter()
        .take(MOST)
        .map(|name| name.chars().take(LONGEST).collect())
        .collect();
    let more = if missing.len() > MOST {
        " and more"
    } else {
        ""
    };
    (!missing.is_empty()).then(|| {
        format!(
            "{path} is not taken, and what it asks for is not there: {}{more}",
            shown.join(", ")
        )
    })
}

/// Names of all crates that a manifest depends on, for whatever target.
fn dependencies(manifest: &Table) -> Vec<String> {
    let mut tables = vec![manifest];
    let targets = manifest
        .get("target")
        .and_then(|targets| targets.as_table());
    tables.extend(
        targets
            .into_iter()
            .flat_map(Table::values)
            .filter_map(|one| one.as_table()),
    );
    let mut names = Vec::new();
    for table in tables {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let listed = table.get(kind).and_then(|listed| listed.as_table());
            names.extend(listed.into_iter().flat_map(Table::keys).cloned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_named() {
        let crates = ["rumqttc".to_owned(), "embedded-hal".to_owned()];
        let note = |text| note("step1/Cargo.toml", Kind::Manifest, text, &crates);
        let same = "[dependencies]\nrumqttc = \"1\"\nembedded_hal.workspace = true\n";
        assert_eq!(note(same), None);
        let other =
            "[dependencies]\nchrono = \"1\"\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n";
        let said = note(other).expect("a note");
        assert!(said.ends_with("is not there: chrono, nix"), "{said}");
        assert!(note("[dependencies").expect("a note").contains("no TOML"));
    }
}
