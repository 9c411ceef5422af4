"""The official Kubernetes client for Python against a server. Argument: a kubeconfig. Prints a line per check."""
import base64
import sys
import threading
import traceback

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
NAMESPACE = "default"


def secret(name, **data):
    return client.V1Secret(metadata=client.V1ObjectMeta(name=name, labels={"app": name}), string_data=data)


def refused(code, reason, call, *arguments, **named):
    """Calls what has to be refused, and gives the message."""
    try:
        call(*arguments, **named)
    except ApiException as error:
        assert (error.status, error.reason) == (code, reason), (error.status, error.reason, error.body)
        return error.body
    raise AssertionError(f"{call.__name__}{arguments} is not refused")


def check_create_read_update_delete():
    made = core.create_namespaced_secret(NAMESPACE, secret("one", password="hunter2"))
    assert made.type == "Opaque" and base64.b64decode(made.data["password"]) == b"hunter2", made.data
    read = core.read_namespaced_secret("one", NAMESPACE)
    assert read.metadata.uid == made.metadata.uid
    read.data["more"] = base64.b64encode(b"x").decode()
    replaced = core.replace_namespaced_secret("one", NAMESPACE, read)
    assert set(replaced.data) == {"password", "more"}
    refused(409, "Conflict", core.replace_namespaced_secret, "one", NAMESPACE, read)
    refused(409, "Conflict", core.create_namespaced_secret, NAMESPACE, secret("one"))
    core.delete_namespaced_secret("one", NAMESPACE)
    assert "secrets \\\"one\\\" not found" in refused(404, "Not Found", core.read_namespaced_secret, "one", NAMESPACE)


def check_patches():
    core.create_namespaced_config_map(NAMESPACE, client.V1ConfigMap(metadata={"name": "p"}, data={"a": "1"}))
    merged = core.patch_namespaced_config_map("p", NAMESPACE, {"data": {"b": "2"}})
    assert merged.data == {"a": "1", "b": "2"}, merged.data
    patched = core.patch_namespaced_config_map("p", NAMESPACE, [{"op": "remove", "path": "/data/a"}])
    assert patched.data == {"b": "2"}, patched.data


def check_lists_and_pages():
    for name in ("l1", "l2", "l3"):
        core.create_namespaced_secret(NAMESPACE, secret(name, v=name))
    names = lambda answer: [item.metadata.name for item in answer.items]
    assert names(core.list_namespaced_secret(NAMESPACE, label_selector="app in (l1,l3)")) == ["l1", "l3"]
    assert names(core.list_namespaced_secret(NAMESPACE, field_selector="metadata.name=l2")) == ["l2"]
    first = core.list_namespaced_secret(NAMESPACE, limit=2, label_selector="app")
    rest = core.list_namespaced_secret(NAMESPACE, limit=2, label_selector="app", _continue=first.metadata._continue)
    assert names(first) + names(rest) == ["l1", "l2", "l3"]
    assert "kube-system" in names(core.list_namespace())
    assert names(core.list_secret_for_all_namespaces(field_selector="type=kubernetes.io/tls")) == []
    core.delete_collection_namespaced_secret(NAMESPACE, label_selector="app=l1")
    assert names(core.list_namespaced_secret(NAMESPACE, label_selector="app")) == ["l2", "l3"]


def check_validation():
    body = client.V1Secret(metadata={"name": "bad"}, type="kubernetes.io/tls")
    said = refused(422, "Unprocessable Entity", core.create_namespaced_secret, NAMESPACE, body)
    assert "data[tls.crt]: Required value" in said, said
    said = refused(400, "Bad Request", core.create_namespaced_secret, NAMESPACE,
                   {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "nope": 1}, field_validation="Strict")
    assert "strict decoding error" in said, said


def check_watch():
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    def work():
        core.create_namespaced_config_map(NAMESPACE, {"metadata": {"name": "w"}, "data": {"n": "1"}})
        core.patch_namespaced_config_map("w", NAMESPACE, {"data": {"n": "2"}})
        core.delete_namespaced_config_map("w", NAMESPACE)
    threading.Timer(0.2, work).start()
    seen = []
    for event in watch.Watch().stream(core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=10):
        seen.append((event["type"], event["object"].metadata.name))
        if len(seen) == 3:
            break
    assert seen == [("ADDED", "w"), ("MODIFIED", "w"), ("DELETED", "w")], seen


def check_service_accounts_and_namespaces():
    core.create_namespace({"metadata": {"name": "py"}})
    core.create_namespaced_service_account("py", {"metadata": {"name": "bot"}})
    assert core.read_namespaced_service_account("bot", "py").metadata.namespace == "py"
    assert core.read_namespace("py").status.phase == "Active"


def check_dynamic_client():
    found = dynamic.DynamicClient(client.ApiClient())
    secrets = found.resources.get(api_version="v1", kind="Secret")
    secrets.create(namespace=NAMESPACE, body={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "d"}, "stringData": {"a": "b"}})
    assert secrets.get(name="d", namespace=NAMESPACE).data.a == "Yg=="
    secrets.delete(name="d", namespace=NAMESPACE)


def check_dynamic_client_finds_every_kind():
    found = dynamic.DynamicClient(client.ApiClient())
    kinds = {(kind.group_version, kind.kind) for kind in found.resources.search()}
    kinds = sorted((version, kind) for version, kind in kinds if not kind.endswith("List"))
    assert len(kinds) > 10, kinds
    for version, kind in kinds:
        resource = found.resources.get(api_version=version, kind=kind)
        if "list" not in resource.verbs:
            continue
        listed = resource.get()
        assert (listed.kind, listed.apiVersion) == (f"{kind}List", version), listed


def check_create_from_yaml():
    documents = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "y"}, "data": {"a": "b"}}]
    utils.create_from_yaml(client.ApiClient(), yaml_objects=documents, namespace=NAMESPACE)
    assert core.read_namespaced_config_map("y", NAMESPACE).data == {"a": "b"}


def check_versions():
    assert client.VersionApi().get_code().minor == "36"
    assert "v1" in client.CoreApi().get_api_versions().versions
    assert {resource.name for resource in core.get_api_resources().resources} >= {"secrets", "configmaps", "namespaces", "serviceaccounts"}


failed = 0
for name, check in list(globals().items()):
    if name.startswith("check_"):
        try:
            check()
            print("ok", name)
        except Exception:
            failed += 1
            print("FAILED", name)
            traceback.print_exc(file=sys.stdout)
sys.exit(1 if failed else 0)
