//! PodTemplates, the largest of the types.

use crate::run::Kubectl;

const TEMPLATE: &str = r#"
apiVersion: v1
kind: PodTemplate
metadata:
  name: web
template:
  metadata:
    labels: {app: web, tier: front}
  spec:
    volumes:
    - name: settings
      configMap: {name: settings}
    containers:
    - name: web
      image: nginx:1
      env:
      - name: PASSWORD
        valueFrom: {secretKeyRef: {name: db, key: password}}
      readinessProbe:
        httpGet: {path: /ready, port: http}
      ports:
      - {name: http, containerPort: 80}
      volumeMounts:
      - {name: settings, mountPath: /etc/settings}
    - name: log
      image: fluent
"#;

#[tokio::test(flavor = "multi_thread")]
async fn pod_templates_are_made_shown_changed_and_described() {
    let kubectl = Kubectl::start().await;
    assert_eq!(
        kubectl.ok_reading(&["create", "-f", "-"], TEMPLATE),
        "podtemplate/web created\n"
    );
    let table = kubectl.ok(&["get", "podtemplates"]);
    let lines: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines,
        [
            vec!["NAME", "CONTAINERS", "IMAGES", "POD", "LABELS"],
            vec!["web", "web,log", "nginx:1,fluent", "app=web,tier=front"],
        ]
    );
    assert_eq!(
        kubectl.field(
            "podtemplate/web",
            "{.template.spec.containers[*].imagePullPolicy} {.template.spec.volumes[0].configMap.defaultMode} \
             {.template.spec.containers[0].readinessProbe.httpGet.scheme}"
        ),
        "IfNotPresent Always 420 HTTP"
    );
    kubectl.ok(&[
        "patch",
        "podtemplate",
        "web",
        "-p",
        r#"{"template":{"spec":{"containers":[{"name":"log","image":"fluent:2"}]}}}"#,
    ]);
    assert_eq!(
        kubectl.field(
            "podtemplate/web",
            "{.template.spec.containers[*].image} {.metadata.generation}"
        ),
        "nginx:1 fluent:2 2"
    );
    let applied = TEMPLATE.replace("nginx:1", "nginx:3");
    kubectl.ok_reading(
        &["apply", "--server-side", "--force-conflicts", "-f", "-"],
        &applied,
    );
    assert_eq!(
        kubectl.field("podtemplate/web", "{.template.spec.containers[0].image}"),
        "nginx:3"
    );
    let text = kubectl.ok(&["describe", "podtemplate", "web"]);
    assert!(text.contains("web") && text.contains("nginx:3"), "{text}");
    kubectl.ok(&["delete", "podtemplate", "web"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_shows_all_of_a_pod_template() {
    let kubectl = Kubectl::start().await;
    let text = kubectl.ok(&["explain", "podtemplates", "--recursive"]);
    for part in [
        "KIND:       PodTemplate\n",
        "initContainers\t<[]Container>",
        "requiredDuringSchedulingIgnoredDuringExecution\t<NodeSelector>",
        "volumeClaimTemplate\t<PersistentVolumeClaimTemplate>",
        "schedulingGroup\t<PodSchedulingGroup>",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let text = kubectl.ok(&["explain", "podtemplate.template.spec.volumes.configMap.name"]);
    assert!(text.contains("FIELD: name <string>"), "{text}");
}
