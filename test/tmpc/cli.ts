import { runNatsCli, startNats } from "@myelin/mesh/testing";
import { Link, Services } from "../../libs/nats/index.ts";
await using server = await startNats();
for (const [name, instance] of [["clock","i1"],["clock","i2"],["my-agent_2","i3"]] as const) {
const link = await Link.connect({ servers: [server.url], name });
new Services({ link, name, instance, version: "1.2.3-rc.1+b5", description: "", metadata: {}, endpoints: [{ name: "now", subject: `mesh.call.${name}.now.any.*`, queueGroup: name, metadata: { "mesh.input": JSON.stringify({ type: "object" }) } }], counts: () => ({ requests: 3, errors: 1, processingMs: 12.5 }) }).start();
}
for (const args of [["micro","ls"],["micro","ls","--json"],["micro","info","clock","i1"],["micro","info","clock","--json"],["micro","stats","clock"],["micro","stats","clock","--json"],["micro","ping"], ["micro", "ping", "--help"]]) console.log(args.join(" "), await runNatsCli(args, { url: server.url }));
process.exit(0);
