//! PodTemplates, which are kept and not acted on.

use purser_types::resource::POD_TEMPLATES;

use super::support::{House, text};

const BODY: &str = r#"{"metadata":{"name":"t"},"template":{"metadata":{"labels":{"a":"b"}},"spec":{
    "serviceAccountName":"me",
    "volumes":[{"name":"s","secret":{"secretName":"x"}},{"name":"e"}],
    "containers":[{"name":"c","image":"nginx","ports":[{"containerPort":80}],
        "livenessProbe":{"httpGet":{"port":80}},"volumeMounts":[{"name":"s","mountPath":"/s"}]}]}}}"#;

#[tokio::test]
async fn pod_templates_have_the_defaults_of_pods() {
    let house = House::new().await;
    let made = house.create(&POD_TEMPLATES, "default", BODY).await.unwrap();
    let made: serde_json::Value = serde_json::from_str(&text(&made.object)).unwrap();
    assert_eq!(made["metadata"]["generation"], 1);
    assert_eq!(
        made["template"],
        serde_json::json!({"metadata": {"labels": {"a": "b"}}, "spec": {
            "volumes": [
                {"name": "s", "secret": {"secretName": "x", "defaultMode": 420}},
                {"name": "e", "emptyDir": {}}
            ],
            "containers": [{
                "name": "c", "image": "nginx", "ports": [{"containerPort": 80, "protocol": "TCP"}], "resources": {},
                "volumeMounts": [{"name": "s", "mountPath": "/s"}],
                "livenessProbe": {
                    "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
                    "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3
                },
                "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                "imagePullPolicy": "Always"
            }],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "serviceAccountName": "me", "serviceAccount": "me", "securityContext": {},
            "schedulerName": "default-scheduler"
        }})
    );
}

#[tokio::test]
async fn the_generation_of_a_pod_template_counts_changes_of_the_template() {
    let house = House::new().await;
    house.create(&POD_TEMPLATES, "default", BODY).await.unwrap();
    for (patch, generation) in [
        (r#"{"metadata":{"labels":{"x":"y"}}}"#, 1),
        (r#"{"template":{"metadata":{"labels":{"x":"y"}}}}"#, 2),
    ] {
        let written = house.merge(&POD_TEMPLATES, "default", "t", patch).await.unwrap();
        let written: serde_json::Value = serde_json::from_str(&text(&written.object)).unwrap();
        assert_eq!(written["metadata"]["generation"], generation, "{patch}");
    }
}

#[tokio::test]
async fn mistakes_of_pod_templates_are_refused() {
    let house = House::new().await;
    for (spec, why) in [
        (r#"{"containers":[]}"#, "template.spec.containers: Required value"),
        (
            r#"{"containers":[{"name":"c"}]}"#,
            "template.spec.containers[0].image: Required value",
        ),
        (
            r#"{"containers":[{"image":"i"}]}"#,
            "template.spec.containers[0].name: Required value",
        ),
        (
            r#"{"containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]}"#,
            "template.spec.containers[1].name: Duplicate value: \"c\"",
        ),
        (
            r#"{"containers":[{"name":"a.b","image":"i"}]}"#,
            "template.spec.containers[0].name: Invalid value: \"a.b\": must not contain dots",
        ),
        (
            r#"{"containers":[{"name":"c","image":"i","volumeMounts":[{"name":"v","mountPath":"/v"}]}]}"#,
            "template.spec.containers[0].volumeMounts[0].name: Not found: \"v\"",
        ),
        (
            r#"{"containers":[{"name":"c","image":"i","env":[{"value":"v"}]}]}"#,
            "template.spec.containers[0].env[0].name: Required value",
        ),
        (
            r#"{"restartPolicy":"No","containers":[{"name":"c","image":"i"}]}"#,
            "template.spec.restartPolicy: Unsupported value: \"No\": supported values: \"Always\", \"OnFailure\", \
             \"Never\"",
        ),
        (
            r#"{"volumes":[{"name":"v","emptyDir":{},"secret":{"secretName":"s"}}],"containers":[{"name":"c","image":"i"}]}"#,
            "template.spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type",
        ),
        (
            r#"{"volumes":[{"name":"v","secret":{"defaultMode":512}}],"containers":[{"name":"c","image":"i"}]}"#,
            "[template.spec.volumes[0].secret.secretName: Required value, template.spec.volumes[0].secret.defaultMode: \
             Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive]",
        ),
    ] {
        let body = format!(r#"{{"metadata":{{"name":"t"}},"template":{{"spec":{spec}}}}}"#);
        let refused = house.create(&POD_TEMPLATES, "default", &body).await.unwrap_err();
        assert_eq!(refused.message, format!("PodTemplate \"t\" is invalid: {why}"));
    }
}

#[tokio::test]
async fn what_features_that_are_off_would_say_of_pods_is_not_kept() {
    let house = House::new().await;
    let body = r#"{"metadata":{"name":"t"},"template":{"spec":{
        "containers":[{"name":"c","image":"i"}],
        "schedulingGroup":{"podGroupName":"g"},
        "volumes":[{"name":"v","projected":{"sources":[
            {"clusterTrustBundle":{"name":"b","path":"p"}},{"secret":{"name":"s"}}]}}]}}}"#;
    let made = house.create(&POD_TEMPLATES, "default", body).await.unwrap();
    let made: serde_json::Value = serde_json::from_str(&text(&made.object)).unwrap();
    let spec = &made["template"]["spec"];
    assert!(spec.get("schedulingGroup").is_none());
    assert_eq!(
        spec["volumes"][0]["projected"]["sources"],
        serde_json::json!([{}, {"secret": {"name": "s"}}])
    );
}
