//! kube-rs's controller runtime: an operator that copies the label of Secrets into ConfigMaps that they own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, ListParams, ObjectMeta, Patch, PatchParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher::Config;
use kube::{Client, Error, Resource as _, ResourceExt as _};

use crate::kube_rs::Steadily;
use crate::storm;
use crate::world::{Objects, assert_same};

/// How long the operator and the garbage collector may take once nothing is written any more.
const SETTLES: Duration = Duration::from_secs(20);
/// The label of what the operator made.
const OURS: &str = "copied=yes";

async fn reconcile(secret: Arc<Secret>, client: Arc<Client>) -> Result<Action, Error> {
    let copies: Api<ConfigMap> =
        Api::namespaced(client.as_ref().clone(), &secret.namespace().unwrap_or_default());
    let copy = ConfigMap {
        metadata: ObjectMeta {
            name: Some(secret.name_any()),
            labels: Some(BTreeMap::from([("copied".to_owned(), "yes".to_owned())])),
            owner_references: secret.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([("seen".to_owned(), seen(&secret))])),
        ..ConfigMap::default()
    };
    let parameters = PatchParams::apply("copier").force();
    copies
        .patch(&secret.name_any(), &parameters, &Patch::Apply(&copy))
        .await?;
    Ok(Action::await_change())
}

/// What a copy says of its Secret: which one it is, and in which version.
fn seen(secret: &Secret) -> String {
    format!(
        "{} {}",
        secret.uid().unwrap_or_default(),
        secret.resource_version().unwrap_or_default()
    )
}

/// What should be copied, and what is. What was made by others is left out.
async fn compare(client: &Client) -> (Objects, Objects) {
    let key = |meta: &ObjectMeta| {
        format!(
            "{}/{}",
            meta.namespace.as_deref().unwrap_or_default(),
            meta.name.as_deref().unwrap_or_default()
        )
    };
    let secrets = Api::<Secret>::all(client.clone())
        .list(&ListParams::default())
        .await
        .expect("a list");
    let copies = Api::<ConfigMap>::all(client.clone())
        .list(&ListParams::default().labels(OURS))
        .await
        .expect("a list");
    let wanted = secrets
        .iter()
        .map(|secret| (key(secret.meta()), seen(secret)))
        .collect();
    let text = |copy: &ConfigMap| {
        copy.data
            .as_ref()
            .and_then(|data| data.get("seen").cloned())
            .unwrap_or_default()
    };
    let found = copies.iter().map(|copy| (key(copy.meta()), text(copy))).collect();
    (found, wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_has_made_what_it_should_and_nothing_else_after_a_storm() {
    let mut world = storm::before().await;
    let shaky = world.client(&world.shaky).await;
    let controller = Controller::new(Api::<Secret>::all(shaky.clone()), Config::default())
        .owns(
            Api::<ConfigMap>::all(shaky.clone()),
            Config::default().labels(OURS),
        )
        .trigger_backoff(Steadily)
        .run(
            reconcile,
            |_, _, _| Action::requeue(Duration::from_millis(200)),
            Arc::new(shaky),
        );
    let driver = tokio::spawn(controller.for_each(|_| std::future::ready(())));
    storm::pass_over(&mut world).await;
    let steady = world.client(&world.steady).await;
    let deadline = Instant::now() + SETTLES;
    let (mut found, mut wanted) = compare(&steady).await;
    while found != wanted && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(200)).await;
        (found, wanted) = compare(&steady).await;
    }
    driver.abort();
    assert_same("the controller", &found, &wanted);
}
