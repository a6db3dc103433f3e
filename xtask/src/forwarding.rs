//! Ports that a browser IDE forwards: under which names a program here is reached from outside.
//!
//! The names are read from what the IDE tells its terminals. GitHub Codespaces: "Default environment
//! variables for your codespace"; Gitpod: "Environment variables"; Coder, code-server and others
//! built on VS Code: `VSCODE_PROXY_URI` in code-server's guide, as far as it forwards by name and not
//! by path.

use std::env;

/// The name of this port in the browser IDE in which this runs, if it is one that says so.
pub fn name_of(port: u16) -> Option<String> {
    name(port, |variable| {
        env::var(variable).ok().filter(|value| !value.is_empty())
    })
}

fn name(port: u16, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if let Some(space) = variable("CODESPACE_NAME") {
        let domain = variable("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN")?;
        return Some(format!("{space}-{port}.{domain}"));
    }
    if let Some(workspace) = variable("GITPOD_WORKSPACE_URL") {
        return Some(format!("{port}-{}", host(&workspace)?));
    }
    let proxy = variable("VSCODE_PROXY_URI")?;
    let host = host(&proxy)?;
    // Where it stands in the path instead, the page would not find its own files.
    let place = "{{port}}";
    host.contains(place)
        .then(|| host.replace(place, &port.to_string()))
}

fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', ':', '?'])
        .next()
        .filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variables: &[(&str, &str)]) -> Option<String> {
        name(5000, |wanted| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn common_browser_ides_are_known() {
        let codespace = [
            ("CODESPACE_NAME", "ada-lamp-7"),
            ("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN", "app.github.dev"),
        ];
        let words = named(&codespace).unwrap();
        assert_eq!(words, "ada-lamp-7-5000.app.github.dev");
        let gitpod = [("GITPOD_WORKSPACE_URL", "https://ada-lamp.ws-eu1.gitpod.io")];
        assert_eq!(named(&gitpod).unwrap(), "5000-ada-lamp.ws-eu1.gitpod.io");
        let coder = [("VSCODE_PROXY_URI", "https://{{port}}--main--ada.example/")];
        assert_eq!(named(&coder).unwrap(), "5000--main--ada.example");
    }

    #[test]
    fn elsewhere_there_is_no_other_name() {
        assert_eq!(named(&[]), None);
        let by_path = [("VSCODE_PROXY_URI", "https://ide.example/proxy/{{port}}/")];
        assert_eq!(named(&by_path), None);
        assert_eq!(named(&[("CODESPACE_NAME", "ada")]), None);
    }
}
