//! Services as kubectl makes and shows them.

use super::run::Kubectl;

/// A line of a table, by its first cell, as its cells.
fn row(table: &str, name: &str) -> Vec<String> {
    let line = table
        .lines()
        .find(|line| line.split_whitespace().next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in:\n{table}"));
    line.split_whitespace().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_made_and_shown_with_their_addresses_and_ports() {
    let kubectl = Kubectl::start().await;
    for (kind, name, how) in [
        ("clusterip", "plain", "--tcp=80"),
        ("clusterip", "headless", "--clusterip=None"),
        ("nodeport", "nodes", "--node-port=30123"),
        ("loadbalancer", "balanced", "--tcp=80"),
        ("externalname", "named", "--external-name=example.com"),
    ] {
        let ports: &[&str] = if kind == "nodeport" { &["--tcp=443"] } else { &[] };
        kubectl.ok(&[&["create", "service", kind, name, how], ports].concat());
    }
    let table = kubectl.ok(&["get", "services", "-o", "wide"]);
    let headings: Vec<&str> = table
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    assert_eq!(
        headings,
        [
            "NAME",
            "TYPE",
            "CLUSTER-IP",
            "EXTERNAL-IP",
            "PORT(S)",
            "AGE",
            "SELECTOR"
        ]
    );
    let shown = |name: &str| row(&table, name);
    assert!(shown("plain")[2].starts_with("10.0.0."), "{table}");
    assert_eq!(shown("plain")[3..5], ["<none>", "80/TCP"]);
    assert_eq!(shown("headless")[1..5], ["ClusterIP", "None", "<none>", "<none>"]);
    assert_eq!(
        (&*shown("nodes")[1], &*shown("nodes")[4]),
        ("NodePort", "443:30123/TCP")
    );
    assert_eq!(
        (&*shown("balanced")[1], &*shown("balanced")[3]),
        ("LoadBalancer", "<pending>")
    );
    assert_eq!(
        shown("named")[1..5],
        ["ExternalName", "<none>", "example.com", "<none>"]
    );
    let (_, said) = kubectl.fails(&[
        "create",
        "service",
        "nodeport",
        "more",
        "--tcp=1",
        "--node-port=30123",
    ]);
    assert!(
        said.contains("Invalid value: 30123: provided port is already allocated"),
        "{said}"
    );
    let dry = [
        "create",
        "service",
        "nodeport",
        "dry",
        "--tcp=1",
        "--dry-run=server",
        "-o",
        "name",
    ];
    assert_eq!(kubectl.ok(&dry).trim(), "service/dry");
    kubectl.ok(&[
        "patch",
        "service",
        "nodes",
        "-p",
        r#"{"spec":{"type":"ClusterIP"}}"#,
    ]);
    kubectl.ok(&[
        "create",
        "service",
        "nodeport",
        "more",
        "--tcp=1",
        "--node-port=30123",
    ]);
    assert!(
        kubectl
            .ok(&["describe", "service", "kubernetes"])
            .contains("https  443/TCP")
    );
    let deleted = kubectl.ok(&["delete", "service", "more"]);
    assert!(deleted.starts_with("service \"more\" deleted"), "{deleted}");
}
