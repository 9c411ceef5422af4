// The informer of @kubernetes/client-node on all Secrets. Argument: a kubeconfig. Answers each line on standard input
// with its cache, one line of JSON.
const readline = require("node:readline");
const k8s = require("@kubernetes/client-node");

/** After an error the informer stops: who uses it starts it again, as its documentation shows. */
const RESTART_AFTER = 100;

const config = new k8s.KubeConfig();
config.loadFromFile(process.argv[2]);
const core = config.makeApiClient(k8s.CoreV1Api);
let lists = 0;
const informer = k8s.makeInformer(config, "/api/v1/secrets", async () => {
  const list = await core.listSecretForAllNamespaces();
  lists += 1;
  return list;
});
const start = () => informer.start().catch(() => setTimeout(start, RESTART_AFTER));
informer.on("error", () => setTimeout(start, RESTART_AFTER));
start();

readline.createInterface({ input: process.stdin }).on("line", () => {
  const objects = {};
  for (const secret of informer.list()) {
    const { namespace, name, resourceVersion } = secret.metadata;
    objects[`${namespace}/${name}`] = `${resourceVersion} ${secret.data?.value ?? ""}`;
  }
  console.log(JSON.stringify({ objects, lists }));
}).on("close", () => process.exit(0));
