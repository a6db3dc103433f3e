//! A program that does nothing and is never built: whatever of the kit is built, this package is
//! named beside it.
//!
//! Cargo compiles a crate once for each set of its features, and the features are those that the
//! packages of one build ask for. The broker asks for more than a learner's program does, of tokio
//! above all. This package asks for the same, so the runner's crates serve the program as well:
//! two dozen crates and a seventh of the time to the first verdict. So it is with what the grader
//! and the tests ask for: a feature of a crate that every derive is built on would cost all anew.
//! It does not ask for TLS in `nightlight`, which the runner needs and the lessons go without.

fn main() {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]
mod tests {
    use std::collections::BTreeMap;

    /// The features of each package that these are made of, by name and version. Of none they are those of
    /// the default members.
    fn features(packages: &[&str]) -> BTreeMap<String, String> {
        let packages = packages.iter().flat_map(|name| ["--package", name]);
        tree("normal,build", packages)
    }

    /// So it is in what cargo builds in the current folder, with these words on the command line.
    fn tree<'a>(edges: &str, words: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
        let output = launch::cargo()
            .args(["tree", "--edges", edges, "--prefix", "none"])
            .args(["--format", "{p}|{f}"])
            .args(words)
            // There no package is the current one.
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once('|'));
        lines
            .map(|(package, features)| (package.to_owned(), features.replace(" (*)", "")))
            .collect()
    }

    #[test]
    fn a_program_needs_nothing_compiled_that_the_runner_has() {
        let runner = features(&["xtask", "unify"]);
        for (palette, others) in [
            ("palette", &["nightlight "][..]),
            // What TLS costs, and nothing more.
            ("palette-tls", &["nightlight ", "rumqttc "]),
        ] {
            let program = features(&[palette]);
            let unified = features(&[palette, "unify"]);
            let shared = program
                .keys()
                .filter(|name| !others.iter().any(|other| name.starts_with(other)));
            let shared: Vec<_> = shared.filter(|name| runner.contains_key(*name)).collect();
            assert!(shared.len() > 20, "{shared:?}");
            for name in shared {
                assert_eq!(
                    unified[name], runner[name],
                    "{name} would be compiled twice: let unify depend on what asks for its features"
                );
            }
        }
    }

    #[test]
    fn nothing_is_compiled_twice_for_the_runner_and_for_the_tests() {
        let runner = features(&["xtask", "unify"]);
        let tests = tree("normal,build,dev", std::iter::empty());
        for (name, features) in &runner {
            let tests = tests.get(name);
            assert!(
                tests.is_none_or(|tests| tests == features),
                "{name} would be compiled twice, with {features} and with {tests:?}: let unify ask for it"
            );
        }
    }

    #[test]
    fn only_who_asks_for_tls_has_a_client_with_it() {
        let client = |packages: &[&str]| {
            let all = features(packages);
            let mut all = all.into_iter();
            all.find(|(name, _)| name.starts_with("rumqttc "))
                .unwrap()
                .1
        };
        // The last ones are what a bare `cargo test` builds.
        for packages in [&["xtask", "unify"][..], &["palette", "unify"], &[]] {
            assert_eq!(client(packages), "", "{packages:?}");
        }
        assert_eq!(client(&["palette-tls", "unify"]), "use-rustls-no-provider");
    }

    #[test]
    fn only_who_asks_for_websocket_has_it() {
        for packages in [
            &["xtask", "unify"][..],
            &["palette", "unify"],
            &["palette-tls", "unify"],
            &[],
        ] {
            let all = features(packages);
            let websocket = all.keys().find(|name| name.contains("tungstenite "));
            assert_eq!(websocket, None, "{packages:?}");
        }
        let asked = ["--package", "nightlight", "--features", "websocket"];
        let asked = tree("normal,build", asked.into_iter());
        assert!(asked.keys().any(|name| name.starts_with("tungstenite ")));
    }
}
