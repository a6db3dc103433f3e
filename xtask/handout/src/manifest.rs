//! The workspace's manifest without some of its members, and a member's without its tests.

/// Drops the folders `left_out` from the lists of members and from the paths of dependencies.
pub fn without(manifest: &str, left_out: &[&str]) -> String {
    let is_out = |member: &str| {
        let member = member.trim().trim_matches('"');
        left_out.iter().any(|folder| {
            let below = member.strip_prefix(folder);
            below.is_some_and(|below| below.is_empty() || is_pattern(below))
        })
    };
    let lines = manifest.lines().filter_map(|line| {
        if let Some((key, list)) = line.split_once(" = [")
            && matches!(key, "members" | "default-members")
        {
            let members = list.trim_end_matches(']').split(", ");
            let kept: Vec<&str> = members.filter(|member| !is_out(member)).collect();
            return Some(format!("{key} = [{}]", kept.join(", ")));
        }
        let path = line
            .split_once("path = \"")
            .and_then(|(_, rest)| rest.split('"').next());
        (!path.is_some_and(is_out)).then(|| line.to_owned())
    });
    lines.map(|line| line + "\n").collect()
}

/// Whether it stands for folders right below, all or some of them.
fn is_pattern(below: &str) -> bool {
    below.starts_with('/') && below.ends_with('*')
}

/// Drops a package's `[[test]]` sections: cargo refuses a manifest that names a test which was left
/// out.
pub fn without_tests(manifest: &str) -> String {
    let mut is_test = false;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            is_test = *line == "[[test]]";
        }
        !is_test
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::{without, without_tests};

    #[test]
    fn sections_of_tests_go_and_the_rest_stays() {
        let manifest = "[package]\nname = \"a\"\n\n[[test]]\nname = \"kit\"\n\n[lints]\nw = true\n";
        assert_eq!(
            without_tests(manifest),
            "[package]\nname = \"a\"\n\n[lints]\nw = true\n"
        );
    }

    #[test]
    fn members_and_their_paths_go_and_the_rest_stays() {
        let manifest = "[workspace]\nmembers = [\"lessons/*\", \"solutions/*\", \"xtask\"]\n\
                        default-members = [\"solutions/step[!9]*\", \"xtask\"]\n\
                        [workspace.dependencies]\njail = { path = \"xtask/jail\" }\nserde = \"1\"\n";
        assert_eq!(
            without(manifest, &["solutions", "xtask/jail"]),
            "[workspace]\nmembers = [\"lessons/*\", \"xtask\"]\ndefault-members = [\"xtask\"]\n\
             [workspace.dependencies]\nserde = \"1\"\n"
        );
    }
}
