import { defineAgent, isMeshError, MeshCode, serve, skill } from "@myelin/mesh";
import { observe } from "@myelin/mesh/operate";
import { drainOnSignal, programServer, startTelemetry } from "@myelin/mesh/program";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { callSubject } from "@myelin/subjects";
import { z } from "zod";

// What a consumer of the packages may write: something from every door, on a server of its own.
const shouter = defineAgent({
  name: "shouter",
  version: "1.0.0",
  skills: {
    shout: skill({ input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) }),
  },
});

const telemetry = await startTelemetry({ service: shouter.name });
await using mesh = await startMesh({ agents: 1 });
const agent = await serve(
  shouter,
  { shout: ({ text }, ctx) => ({ text: `${text.toUpperCase()}, ${ctx.caller}` }) },
  mesh.access,
);
const undo = drainOnSignal(() => agent.drain());
const probes = await programServer({ port: 0, mesh: agent });
const caller = await mesh.connect("caller");
const { shout } = caller.client(shouter);

const { text } = await shout({ text: "hello" });
// @ts-expect-error The contract's types are in the package too.
const refused = await shout({ txt: "hello" }).catch((error: unknown) => error);
const observer = await observe({ ...mesh.access, name: "ops" });
await eventually("both agents are seen", async () => (await observer.info()).length === 2);
const metrics = await (await fetch(`${probes.url}/metrics`)).text();

console.log(
  JSON.stringify({
    text,
    refused: isMeshError(refused, MeshCode.InvalidInput),
    counted: /^mesh_server_requests_total\{.*shouter.*\} 1$/m.test(metrics),
    subject: callSubject("shouter", "shout", "any", "ops"),
  }),
);

await observer.close();
await probes.close();
undo[Symbol.dispose]();
await agent.drain();
await telemetry.stop();
