//! kube-rs, unmodified: typed, dynamic and watching.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::api::{
    Api, DeleteParams, DynamicObject, ListParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions,
    WatchEvent, WatchParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::runtime::{WatchStreamExt as _, reflector, watcher};
use kube::{Client, Config, Error, ResourceExt as _};
use purser_e2e::Purser;

/// How long a watcher may take to hear of something.
const SOON: Duration = Duration::from_secs(20);

async fn start() -> (Purser, Client) {
    let purser = Purser::start().await;
    let kubeconfig = Kubeconfig::read_from(purser.kubeconfig_path()).expect("kube reads the kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a config");
    (purser, Client::try_from(config).expect("a client"))
}

fn secret(name: &str, value: &str) -> Secret {
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(BTreeMap::from([("app".to_owned(), name.to_owned())])),
            ..ObjectMeta::default()
        },
        string_data: Some(BTreeMap::from([("value".to_owned(), value.to_owned())])),
        ..Secret::default()
    }
}

fn value(secret: &Secret) -> Option<&ByteString> {
    secret.data.as_ref()?.get("value")
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (u16, String) {
    match outcome {
        Err(Error::Api(status)) => (status.code, status.reason.clone()),
        other => panic!("not an answer of the API: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_objects_are_created_read_changed_and_deleted() {
    let (_purser, client) = start().await;
    let secrets: Api<Secret> = Api::namespaced(client, "default");
    let made = secrets
        .create(&PostParams::default(), &secret("one", "first"))
        .await
        .unwrap();
    assert_eq!(value(&made), Some(&ByteString(b"first".to_vec())));
    assert_eq!(made.type_.as_deref(), Some("Opaque"));
    assert!(made.uid().is_some() && made.creation_timestamp().is_some());

    let patch = serde_json::json!({"stringData": {"value": "second"}});
    secrets
        .patch("one", &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .unwrap();
    let mut read = secrets.get("one").await.unwrap();
    assert_eq!(value(&read), Some(&ByteString(b"second".to_vec())));

    read.string_data = Some(BTreeMap::from([("value".to_owned(), "third".to_owned())]));
    let replaced = secrets
        .replace("one", &PostParams::default(), &read)
        .await
        .unwrap();
    assert_ne!(replaced.resource_version(), read.resource_version());
    let conflict = secrets.replace("one", &PostParams::default(), &read).await;
    assert_eq!(code(conflict), (409, "Conflict".to_owned()));

    assert_eq!(
        code(secrets.create(&PostParams::default(), &secret("one", "x")).await),
        (409, "AlreadyExists".to_owned())
    );
    secrets.delete("one", &DeleteParams::default()).await.unwrap();
    assert_eq!(code(secrets.get("one").await), (404, "NotFound".to_owned()));
    assert!(secrets.get_opt("one").await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_selected_paged_and_read_as_metadata() {
    let (_purser, client) = start().await;
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "default");
    for name in ["a", "b", "c"] {
        secrets
            .create(&PostParams::default(), &secret(name, name))
            .await
            .unwrap();
    }
    let names = |list: &kube::core::ObjectList<Secret>| {
        list.iter().map(kube::ResourceExt::name_any).collect::<Vec<_>>()
    };
    let selected = secrets
        .list(&ListParams::default().labels("app in (a,c)"))
        .await
        .unwrap();
    assert_eq!(names(&selected), ["a", "c"]);
    let named = secrets
        .list(&ListParams::default().fields("metadata.name=b"))
        .await
        .unwrap();
    assert_eq!(names(&named), ["b"]);
    let first = secrets.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(
        (names(&first), first.metadata.remaining_item_count),
        (vec!["a".to_owned(), "b".to_owned()], Some(1))
    );
    let token = first.metadata.continue_.clone().unwrap();
    let rest = secrets
        .list(&ListParams::default().limit(2).continue_token(&token))
        .await
        .unwrap();
    assert_eq!(names(&rest), ["c"]);
    let metadata = secrets.list_metadata(&ListParams::default()).await.unwrap();
    assert_eq!(metadata.items.len(), 3);
    assert_eq!(secrets.get_metadata("a").await.unwrap().name_any(), "a");
    let everywhere: Api<ConfigMap> = Api::all(client);
    assert!(
        everywhere.list(&ListParams::default()).await.unwrap().items.len() >= 4,
        "kube-root-ca.crt of 4 namespaces"
    );
    secrets
        .delete_collection(&DeleteParams::default(), &ListParams::default().labels("app!=b"))
        .await
        .unwrap();
    assert_eq!(names(&secrets.list(&ListParams::default()).await.unwrap()), ["b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_runs_and_preconditions_hold() {
    let (_purser, client) = start().await;
    let secrets: Api<Secret> = Api::namespaced(client, "default");
    let dry = PostParams {
        dry_run: true,
        ..PostParams::default()
    };
    secrets.create(&dry, &secret("one", "x")).await.unwrap();
    assert!(secrets.get_opt("one").await.unwrap().is_none());
    secrets
        .create(&PostParams::default(), &secret("one", "x"))
        .await
        .unwrap();
    let other = Preconditions {
        uid: Some("another".to_owned()),
        resource_version: None,
    };
    let refused = secrets
        .delete("one", &DeleteParams::default().preconditions(other))
        .await;
    assert_eq!(code(refused.map(|_| ())), (409, "Conflict".to_owned()));
    secrets
        .delete("one", &DeleteParams::default().dry_run())
        .await
        .unwrap();
    assert!(secrets.get_opt("one").await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamic_objects_are_found_by_discovery() {
    let (_purser, client) = start().await;
    let discovered = kube::discovery::Discovery::new(client.clone())
        .run()
        .await
        .unwrap();
    assert!(
        discovered
            .resolve_gvk(&GroupVersionKind::gvk("", "v1", "Secret"))
            .is_some()
    );
    let aggregated = kube::discovery::Discovery::new(client.clone())
        .run_aggregated()
        .await
        .unwrap();
    assert!(
        aggregated
            .resolve_gvk(&GroupVersionKind::gvk("", "v1", "Namespace"))
            .is_some()
    );
    let gvk = GroupVersionKind::gvk("", "v1", "ConfigMap");
    let (resource, capabilities) = kube::discovery::pinned_kind(&client, &gvk).await.unwrap();
    assert!(capabilities.supports_operation("watch"));
    let api: Api<DynamicObject> = Api::namespaced_with(client, "default", &resource);
    let object = DynamicObject::new("c", &resource).data(serde_json::json!({"data": {"color": "blue"}}));
    api.create(&PostParams::default(), &object).await.unwrap();
    let read = api.get("c").await.unwrap();
    assert_eq!(read.data["data"]["color"], "blue");
    assert_eq!(read.types.unwrap().kind, "ConfigMap");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_from_a_revision_brings_every_later_event_once_and_in_order() {
    let (_purser, client) = start().await;
    let secrets: Api<Secret> = Api::namespaced(client, "default");
    let from = secrets
        .list(&ListParams::default())
        .await
        .unwrap()
        .metadata
        .resource_version
        .unwrap();
    for number in 0..5 {
        secrets
            .create(&PostParams::default(), &secret(&format!("s{number}"), "x"))
            .await
            .unwrap();
    }
    secrets.delete("s3", &DeleteParams::default()).await.unwrap();
    let stream = secrets
        .watch(&WatchParams::default().timeout(10), &from)
        .await
        .unwrap();
    let events = stream.try_filter_map(|event| async move {
        Ok(match event {
            WatchEvent::Added(secret) => Some(format!("+{}", secret.name_any())),
            WatchEvent::Modified(secret) => Some(format!("~{}", secret.name_any())),
            WatchEvent::Deleted(secret) => Some(format!("-{}", secret.name_any())),
            WatchEvent::Bookmark(_) | WatchEvent::Error(_) => None,
        })
    });
    let events: Vec<String> = tokio::time::timeout(SOON, events.take(6).try_collect())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(events, ["+s0", "+s1", "+s2", "+s3", "+s4", "-s3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_lists_then_follows() {
    let (_purser, client) = start().await;
    let secrets: Api<Secret> = Api::namespaced(client, "default");
    secrets
        .create(&PostParams::default(), &secret("before", "x"))
        .await
        .unwrap();
    let mut stream = pin!(watcher(secrets.clone(), watcher::Config::default()));
    let mut next = async || {
        tokio::time::timeout(SOON, stream.next())
            .await
            .expect("in time")
            .expect("more")
            .unwrap()
    };
    assert!(matches!(next().await, watcher::Event::Init));
    assert!(matches!(next().await, watcher::Event::InitApply(secret) if secret.name_any() == "before"));
    assert!(matches!(next().await, watcher::Event::InitDone));
    secrets
        .create(&PostParams::default(), &secret("after", "y"))
        .await
        .unwrap();
    assert!(
        matches!(next().await, watcher::Event::Apply(secret) if value(&secret).is_some_and(|v| v.0 == b"y"))
    );
    secrets.delete("before", &DeleteParams::default()).await.unwrap();
    assert!(matches!(next().await, watcher::Event::Delete(secret) if secret.name_any() == "before"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reflector_and_a_metadata_watcher_hold_what_the_server_holds() {
    let (_purser, client) = start().await;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let (store, writer) = reflector::store();
    let stream = watcher(namespaces, watcher::Config::default())
        .default_backoff()
        .reflect(writer)
        .applied_objects();
    let driver = tokio::spawn(stream.for_each(|_| async {}));
    tokio::time::timeout(SOON, store.wait_until_ready())
        .await
        .unwrap()
        .unwrap();
    assert!(
        store
            .state()
            .iter()
            .any(|namespace| namespace.name_any() == "kube-system")
    );
    driver.abort();
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "default");
    secrets
        .create(&PostParams::default(), &secret("one", "x"))
        .await
        .unwrap();
    let metadata: Api<PartialObjectMeta<Secret>> = Api::namespaced(client, "default");
    let mut stream = pin!(watcher(metadata, watcher::Config::default()).applied_objects());
    let one = tokio::time::timeout(SOON, stream.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(one.name_any(), "one");
}
