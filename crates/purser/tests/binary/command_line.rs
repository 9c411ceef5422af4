use crate::server::purser;

fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = purser().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_version_is_told_to_people_and_machines() {
    let (code, out, _) = said(&["version"]);
    assert_eq!(
        (code, out),
        (
            Some(0),
            format!("purser {} (Kubernetes API 1.36)\n", env!("CARGO_PKG_VERSION"))
        )
    );
    let (_, out, _) = said(&["version", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["kubernetesApi"], "1.36");
}

#[test]
fn every_shell_gets_a_completion() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, out, _) = said(&["completion", shell]);
        assert_eq!(code, Some(0));
        assert!(
            out.contains("--shutdown-grace") || out.contains("shutdown-grace"),
            "{shell}"
        );
    }
}

#[test]
fn wrong_usage_exits_2_and_help_0() {
    assert_eq!(said(&["serve", "--secure-port", "70000"]).0, Some(2));
    assert_eq!(said(&["serve", "--insecure-port", "8080"]).0, Some(2));
    assert_eq!(said(&[]).0, Some(2));
    let (code, out, _) = said(&["serve", "--help"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("Examples:") && out.contains("--key-dir"));
}
