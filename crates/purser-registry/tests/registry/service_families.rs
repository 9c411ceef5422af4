//! Of which families Services have addresses.

use std::sync::Arc;

use serde_json::json;

use super::support::services::{create, house, merge, small};

#[tokio::test]
async fn two_families_are_given_where_there_are_two_ranges() {
    let house = house(&Arc::default(), "10.0.0.0/28,2001:db8::/108", "30000-30003").await;
    let spec = create(&house, "s", json!({"ipFamilyPolicy": "PreferDualStack"}))
        .await
        .unwrap();
    assert_eq!(spec["ipFamilies"], json!(["IPv4", "IPv6"]));
    assert!(
        spec["clusterIPs"][1].as_str().unwrap().starts_with("2001:db8::"),
        "{spec}"
    );
    let only = create(&house, "six", json!({"ipFamilies": ["IPv6"]}))
        .await
        .unwrap();
    assert!(only["clusterIP"].as_str().unwrap().contains(':'));
    let read = create(&house, "read", json!({"clusterIP": "2001:db8::9"}))
        .await
        .unwrap();
    assert_eq!(read["ipFamilies"], json!(["IPv6"]));
    let one = merge(&house, "s", json!({"ipFamilyPolicy": "SingleStack"}))
        .await
        .unwrap();
    assert_eq!(
        (one["clusterIPs"].as_array().unwrap().len(), &one["ipFamilies"]),
        (1, &json!(["IPv4"]))
    );
    let both = merge(&house, "s", json!({"ipFamilyPolicy": "RequireDualStack"}))
        .await
        .unwrap();
    assert_eq!(both["clusterIPs"][0], spec["clusterIPs"][0]);
    assert_eq!(both["clusterIPs"].as_array().unwrap().len(), 2);
    assert_eq!(
        merge(&house, "s", json!({"clusterIPs": [both["clusterIPs"][0]]}))
            .await
            .unwrap_err(),
        "Service \"s\" is invalid: spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be 'SingleStack' to \
         release the secondary cluster IP"
    );
    assert_eq!(
        create(&house, "t", json!({"ipFamilies": ["IPv4", "IPv6"]}))
            .await
            .unwrap_err(),
        "Service \"t\" is invalid: spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or \
         'PreferDualStack' when multiple IP families are specified"
    );
}

#[tokio::test]
async fn one_family_is_said_where_there_is_one_range() {
    let house = small().await;
    let spec = create(&house, "p", json!({"ipFamilyPolicy": "PreferDualStack"}))
        .await
        .unwrap();
    assert_eq!(spec["ipFamilies"], json!(["IPv4"]));
    let bare = create(&house, "bare", json!({"clusterIP": "None"}))
        .await
        .unwrap();
    assert_eq!(
        (&bare["ipFamilies"], &bare["ipFamilyPolicy"]),
        (&json!(["IPv4", "IPv6"]), &json!("RequireDualStack"))
    );
    let headless = create(&house, "h", json!({"clusterIP": "None", "selector": {"a": "b"}}))
        .await
        .unwrap();
    assert_eq!(
        (&headless["ipFamilies"], &headless["ipFamilyPolicy"]),
        (&json!(["IPv4"]), &json!("SingleStack"))
    );
    for (spec, why) in [
        (
            json!({"ipFamilyPolicy": "RequireDualStack"}),
            "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack \
             services",
        ),
        (
            json!({"clusterIP": "2001:db8::1"}),
            "spec.clusterIPs[0]: Invalid value: [\"2001:db8::1\"]: IPv6 is not configured on this cluster",
        ),
        (
            json!({"clusterIPs": ["10.0.0.2"]}),
            "spec.clusterIPs: Invalid value: [\"10.0.0.2\"]: must be empty when `clusterIP` is not specified",
        ),
        (
            json!({"clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.3"]}),
            "spec.clusterIPs: Invalid value: [\"10.0.0.3\"]: first value must match `clusterIP`",
        ),
        (
            json!({"clusterIP": "10.0.0.02"}),
            "spec.clusterIPs[0]: Invalid value: \"10.0.0.02\": must not have leading 0s",
        ),
        (
            json!({"ipFamilies": ["IPv6"]}),
            "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster",
        ),
        (
            json!({"clusterIP": "10.0.0.2", "ipFamilies": ["IPv6"]}),
            "spec.clusterIPs[0]: Invalid value: \"10.0.0.2\": expected an IPv6 value as indicated by `ipFamilies[0]`",
        ),
        (
            json!({"type": "NodePort", "clusterIP": "None"}),
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
        ),
    ] {
        assert_eq!(
            create(&house, "s", spec).await.unwrap_err(),
            format!("Service \"s\" is invalid: {why}")
        );
    }
}
