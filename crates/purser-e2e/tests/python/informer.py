"""The SharedInformer of the official client for Python on all Secrets. Argument: a kubeconfig. Answers each line on
standard input with its cache, one line of JSON."""
import json
import sys

from kubernetes import client, config
from kubernetes.informer import SharedInformer

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
lists = 0


def list_secrets(**named):
    """The client's own method; calls that are no watch are counted."""
    global lists
    answer = core.list_secret_for_all_namespaces(**named)
    if not named.get("watch"):
        lists += 1
    return answer


# The client reads the type to decode from the method's documentation.
list_secrets.__doc__ = core.list_secret_for_all_namespaces.__doc__
informer = SharedInformer(list_func=list_secrets)
informer.start()
for _ in sys.stdin:
    held = {}
    for secret in informer.cache.list():
        value = (secret.data or {}).get("value", "")
        held[f"{secret.metadata.namespace}/{secret.metadata.name}"] = f"{secret.metadata.resource_version} {value}"
    print(json.dumps({"objects": held, "lists": lists}), flush=True)
