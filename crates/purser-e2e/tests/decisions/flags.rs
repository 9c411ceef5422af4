//! kube-apiserver's older flags, and what is refused at the start.

use purser_e2e::{Purser, Starting};

use crate::webhook::{Does, Webhook};
use crate::world::{SECRETS, document, rbac};

#[tokio::test(flavor = "multi_thread")]
async fn the_older_flags_put_a_webhook_in_the_list() {
    let webhook = Webhook::start(|_| Does::allows()).await;
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = webhook.kubeconfig(folder.path());
    let mut starting = Starting::default();
    for argument in [
        "--authorization-mode=RBAC,Webhook",
        "--authorization-webhook-cache-authorized-ttl=0",
        "--authorization-webhook-config-file",
        kubeconfig.to_str().unwrap(),
    ] {
        starting = starting.argument(argument);
    }
    let purser = starting.start().await;
    for _ in 0..2 {
        assert_eq!(purser.user("jane", &["devs"]).get(SECRETS).await.status, 200);
    }
    let asked = webhook.asked_by("jane");
    assert_eq!(asked.len(), 2, "nothing is remembered");
    assert_eq!(asked[0]["apiVersion"], "authorization.k8s.io/v1beta1");
    assert_eq!(asked[0]["spec"]["group"][0], "devs");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_flags_and_files_keeps_the_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let purser = Purser::start().await;
    let file = folder.path().join("authorization.yaml");
    std::fs::write(&file, document(&[rbac()])).unwrap();
    let file = file.to_str().unwrap();
    let broken = folder.path().join("broken.yaml");
    std::fs::write(
        &broken,
        document(&[serde_json::json!({"type": "RBAC", "name": "mine"})]),
    )
    .unwrap();
    let started = |arguments: &[&str]| {
        let done = std::process::Command::new(purser.binary())
            .args(["serve", "--secure-port", "0", "--data-dir"])
            .arg(folder.path().join("data"))
            .args(arguments)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(1), "{arguments:?}: {told}");
        told
    };
    for (arguments, why) in [
        (
            &["--authorization-config", file, "--authorization-mode=RBAC"][..],
            "--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined",
        ),
        (
            &[
                "--authorization-config",
                file,
                "--authorization-webhook-version=v1",
            ],
            "--authorization-config can not be specified when",
        ),
        (
            &["--authorization-config", broken.to_str().unwrap()],
            "expected name rbac for authorizer RBAC instead of mine",
        ),
        (
            &["--authorization-mode=RBAC,Webhook"],
            "authorization-mode Webhook's authorization config file not passed",
        ),
        (
            &["--authorization-webhook-config-file=/x"],
            "cannot specify --authorization-webhook-config-file without mode Webhook",
        ),
        (
            &["--authorization-mode=RBAC,RBAC"],
            r#"authorization-mode [\"RBAC\" \"RBAC\"] has mode specified more than once"#,
        ),
        (
            &["--authorization-mode=AlwaysAllow"],
            r#"authorization-mode \"AlwaysAllow\" is not a valid mode"#,
        ),
    ] {
        let told = started(arguments);
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}
