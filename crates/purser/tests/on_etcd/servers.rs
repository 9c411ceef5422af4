//! Several servers on one etcd, as one.

use std::fs;
use std::time::{Duration, Instant};

use purser_store::Store as _;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::cluster::Etcd;
use crate::server::{Server, files};
use crate::serving::{on, share, wait_for};

const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";

/// So many servers that run; all but the first were started at the same moment.
fn running(etcd: &Etcd, count: usize) -> Vec<Server> {
    let mut servers: Vec<Server> = (0..count).map(|_| on(etcd)).collect();
    let (first, others) = servers.split_first_mut().unwrap();
    first.start();
    std::thread::scope(|scope| {
        for other in others {
            share(first, other);
            scope.spawn(|| other.start());
        }
    });
    servers
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn revision(answer: &Answer) -> u64 {
    let object = parsed(answer);
    object["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

fn map(name: &str, value: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value}})
        .to_string()
}

/// What a server has to say of a write that another has just answered, asked in every way.
fn assert_up_to_date(reader: &Client, name: &str, value: &str, written: u64) {
    let got = reader.get(&format!("{MAPS}/{name}"));
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!(parsed(&got)["data"]["value"], value);
    assert_eq!(revision(&got), written);
    let listed = reader.get(MAPS);
    assert!(revision(&listed) >= written, "{}", listed.body);
    let items = parsed(&listed)["items"].as_array().unwrap().clone();
    let item = items
        .iter()
        .find(|item| item["metadata"]["name"] == name)
        .unwrap();
    assert_eq!(item["data"]["value"], value);
    let paged = reader.get(&format!("{MAPS}?limit=1"));
    assert!(revision(&paged) >= written, "{}", paged.body);
    // Of another kind, of which nothing was written: its list is as of now as well.
    assert!(revision(&reader.get(SECRETS)) >= written);
    // A watch without a revision begins with what is there now.
    let mut watch = reader.send(
        "GET",
        &format!("{MAPS}?watch=1&fieldSelector=metadata.name%3D{name}"),
        "",
    );
    wait_for(&mut watch, &format!("\"resourceVersion\":\"{written}\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_of_three_has_answered_all_others_have_read() {
    let etcd = Etcd::start().await;
    let servers = running(&etcd, 3);
    let clients: Vec<Client> = servers.iter().map(Server::client).collect();
    for turn in 0..12 {
        let writer = &clients[turn % 3];
        let name = format!("m{}", turn / 3);
        let (path, value) = (format!("{MAPS}/{name}"), turn.to_string());
        let written = match turn % 3 {
            0 => writer.request("POST", MAPS, &map(&name, &value)),
            _ => writer.request("PUT", &path, &map(&name, &value)),
        };
        assert!(matches!(written.status, 200 | 201), "{}", written.body);
        for (place, reader) in clients.iter().enumerate() {
            if place != turn % 3 {
                assert_up_to_date(reader, &name, &value, revision(&written));
            }
        }
        if turn % 3 == 2 {
            assert_eq!(writer.request("DELETE", &path, "").status, 200);
            let gone = clients.iter().map(|reader| reader.get(&path).status);
            assert!(gone.eq([404; 3]));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_on_one_tells_of_a_write_on_another_within_50_ms() {
    let etcd = Etcd::start().await;
    let servers = running(&etcd, 2);
    let (writer, reader) = (servers[0].client(), servers[1].client());
    let mut watch = reader.send("GET", &format!("{MAPS}?watch=1"), "");
    wait_for(&mut watch, "kube-root-ca.crt");
    let mut took: Vec<Duration> = (0..21)
        .map(|number| {
            let name = format!("m{number}");
            writer.create(MAPS, &map(&name, "x"));
            let answered = Instant::now();
            wait_for(&mut watch, &format!("\"{name}\""));
            answered.elapsed()
        })
        .collect();
    took.sort();
    // The middle one: others use the machine as well.
    assert!(took[10] < Duration::from_millis(50), "{took:?}");
}

/// Adds one to a number, on the condition that it is as it was read; how often that was refused.
fn count_up(client: &Client, times: usize) -> usize {
    let path = format!("{MAPS}/counter");
    let mut refused = 0;
    for _ in 0..times {
        loop {
            let mut object = parsed(&client.get(&path));
            let number: usize = object["data"]["value"].as_str().unwrap().parse().unwrap();
            object["data"]["value"] = json!((number + 1).to_string());
            let answer = client.request("PUT", &path, &object.to_string());
            match answer.status {
                200 => break,
                409 => refused += 1,
                status => panic!("{status}: {}", answer.body),
            }
        }
    }
    refused
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_change_one_object_lose_nothing_of_each_other() {
    let etcd = Etcd::start().await;
    let servers = running(&etcd, 2);
    let clients: Vec<Client> = servers.iter().map(Server::client).collect();
    clients[0].create(MAPS, &map("counter", "0"));
    let refused: usize = std::thread::scope(|scope| {
        let counting = clients
            .iter()
            .flat_map(|client| [client, client])
            .map(|client| scope.spawn(move || count_up(client, 10)))
            .collect::<Vec<_>>();
        counting.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let path = format!("{MAPS}/counter");
    assert_eq!(parsed(&clients[1].get(&path))["data"]["value"], "40");
    assert!(refused > 0, "nobody met anybody");

    // Who names no revision is never refused, and nothing that the other set is lost.
    std::thread::scope(|scope| {
        for (place, client) in clients.iter().enumerate() {
            let path = &path;
            scope.spawn(move || {
                for number in 0..10 {
                    let set =
                        json!({"metadata": {"labels": {format!("l{place}-{number}"): "x"}}}).to_string();
                    let answer = client.request("PATCH", path, &set);
                    assert_eq!(answer.status, 200, "{}", answer.body);
                }
            });
        }
    });
    let labels = &parsed(&clients[0].get(&path))["metadata"]["labels"];
    assert_eq!(labels.as_object().unwrap().len(), 20, "{labels}");
}

/// Asks until the answer is `status`, and how long that took.
fn within(client: &Client, path: &str, status: u16, time: Duration) -> Duration {
    let begun = Instant::now();
    while client.get(path).status != status {
        assert!(begun.elapsed() < time, "{path}: not {status}");
        std::thread::sleep(Duration::from_millis(5));
    }
    begun.elapsed()
}

fn until(client: &Client, path: &str, status: u16) {
    within(client, path, status, Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_tokens_and_rights_of_one_hold_at_the_other() {
    let etcd = Etcd::start().await;
    let servers = running(&etcd, 2);
    let (one, two) = (servers[0].client(), servers[1].client());
    one.create(
        ACCOUNTS,
        r#"{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"app"}}"#,
    );
    let asked = r#"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#;
    let issued = one.request("POST", &format!("{ACCOUNTS}/app/token"), asked);
    assert_eq!(issued.status, 201, "{}", issued.body);
    let token = parsed(&issued)["status"]["token"].as_str().unwrap().to_owned();
    let app = two.with_token(&token);
    until(&app, SECRETS, 403);
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "app"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "app", "namespace": "default"}]});
    one.create(BINDINGS, &binding.to_string());
    until(&app, SECRETS, 200);
    assert_eq!(one.request("DELETE", &format!("{BINDINGS}/app"), "").status, 200);
    until(&app, SECRETS, 403);
    assert_eq!(one.request("DELETE", &format!("{ACCOUNTS}/app"), "").status, 200);
    until(&app, SECRETS, 401);
}

/// Everything that servers make by themselves, with its revision.
fn own_objects(client: &Client) -> Vec<(String, String)> {
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let lists = [
        "/api/v1/namespaces".to_owned(),
        "/api/v1/services".to_owned(),
        "/api/v1/endpoints".to_owned(),
        "/api/v1/configmaps".to_owned(),
        "/api/v1/serviceaccounts".to_owned(),
        format!("{rbac}/clusterroles"),
        format!("{rbac}/clusterrolebindings"),
        format!("{rbac}/roles"),
        format!("{rbac}/rolebindings"),
    ];
    let mut all = Vec::new();
    for path in lists {
        for item in parsed(&client.get(&path))["items"].as_array().unwrap() {
            let meta = &item["metadata"];
            let name = format!("{path} {} {}", meta["namespace"], meta["name"]);
            all.push((name, format!("{} {}", meta["uid"], meta["resourceVersion"])));
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_from_the_start_is_made_once_and_nobody_writes_it_again() {
    let etcd = Etcd::start().await;
    let mut servers = vec![on(&etcd), on(&etcd), on(&etcd)];
    servers[0].start();
    let client = servers[0].client();
    let complete = |all: &[(String, String)]| {
        let count = |part: &str| all.iter().filter(|(name, _)| name.contains(part)).count();
        (
            count("kube-root-ca.crt"),
            count("serviceaccounts"),
            count("services "),
        ) == (4, 4, 1)
    };
    let begun = Instant::now();
    while !complete(&own_objects(&client)) {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    let made = own_objects(&client);
    assert!(made.len() > 30, "{}", made.len());
    let (first, others) = servers.split_first_mut().unwrap();
    std::thread::scope(|scope| {
        for other in others {
            share(first, other);
            // On another port, which it would write into the Service `kubernetes`.
            scope.spawn(|| other.start());
        }
    });
    // Longer than any controller waits before it looks again.
    std::thread::sleep(Duration::from_secs(11));
    for server in &servers {
        assert_eq!(own_objects(&server.client()), made);
    }
}

/// Who does the duties.
fn holder(client: &Client) -> String {
    let lease = client.get("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/purser");
    let holder = &parsed(&lease)["spec"]["holderIdentity"];
    holder.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_who_does_the_duties_hangs_or_stops_another_does_them() {
    let etcd = Etcd::start().await;
    let mut servers = running(&etcd, 3);
    let first = holder(&servers[1].client());
    let namespace =
        |name: &str| format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{name}"}}}}"#);
    let account = |name: &str| format!("/api/v1/namespaces/{name}/serviceaccounts/default");
    servers[0].signal(Signal::STOP);
    let client = servers[1].client();
    client.create("/api/v1/namespaces", &namespace("later"));
    // A namespace that goes meanwhile is emptied by the next one.
    client.create("/api/v1/namespaces", &namespace("going"));
    assert_eq!(
        client.request("DELETE", "/api/v1/namespaces/going", "").status,
        200
    );
    let waited = within(&client, &account("later"), 200, Duration::from_secs(30));
    assert!(waited < Duration::from_secs(25), "{waited:?}");
    within(&client, "/api/v1/namespaces/going", 404, Duration::from_secs(10));
    let second = holder(&client);
    assert_ne!(first, second);

    // It comes back, and finds that it is no longer the one.
    servers[0].signal(Signal::CONT);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(holder(&servers[0].client()), second);

    // Who stops in order is followed at once.
    let stopping = servers[1..]
        .iter()
        .position(|server| server.log().contains(&second))
        .unwrap()
        + 1;
    assert!(servers[stopping].stop().success());
    let client = servers[0].client();
    client.create("/api/v1/namespaces", &namespace("last"));
    within(&client, &account("last"), 200, Duration::from_secs(8));
    assert_ne!(holder(&client), second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_the_keys_is_refused_and_makes_none_and_one_without_the_authority_says_so() {
    let etcd = Etcd::start().await;
    let mut servers = running(&etcd, 1);
    let first = &mut servers[0];
    let client = first.client();
    let body = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"stringData":{"a":"b"}}"#;
    client.create(SECRETS, body);
    within(
        &client,
        "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt",
        200,
        Duration::from_secs(10),
    );

    let mut second = on(&etcd);
    let witness = etcd.open().await.get("/purser/witness").await.unwrap().unwrap();
    let said = second.refusal();
    assert!(said.contains("keys"), "{said}");
    assert!(
        files(&second.data())
            .iter()
            .all(|path| !path.starts_with(second.path("keys")))
    );
    let after = etcd.open().await.get("/purser/witness").await.unwrap().unwrap();
    assert_eq!(after.mod_revision, witness.mod_revision);
    // It takes those that it is given then.
    share(first, &second);
    second.start();
    assert!(!second.log().contains("another authority"), "{}", second.log());
    let got = second.client().get(&format!("{SECRETS}/a"));
    assert!(got.body.contains("Yg=="), "{}", got.body);

    // Keys of others, made by a server of another store.
    let elsewhere = Etcd::start().await;
    let mut third = on(&elsewhere);
    third.start();
    assert!(third.stop().success());
    third.give(&["--etcd-servers", &etcd.endpoint]);
    let before = files(&third.path("keys"));
    let said = third.refusal();
    assert!(said.contains("keys"), "{said}");
    assert_eq!(files(&third.path("keys")), before);

    let mut fourth = on(&etcd);
    share(first, &fourth);
    fs::remove_dir_all(fourth.path("pki")).unwrap();
    fourth.start();
    assert!(fourth.log().contains("another authority"), "{}", fourth.log());
}
