import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { AgentView } from "../../services/cli/roster.ts";
import { CliMesh } from "../support/cli-mesh.ts";

const info = { type: "io.nats.micro.v1.info_response", version: "1.0.0", description: "" };

test("services that are no agents, and answers that are none, are left out", async () => {
  await using mesh = await CliMesh.start();
  const nc = await connect(await mesh.mesh.options("plain"));
  answer(nc, "$SRV.INFO", "not JSON");
  answer(nc, "$SRV.INFO", JSON.stringify({ name: 5 }));
  answer(nc, "$SRV.INFO", JSON.stringify({ ...info, name: "plain", id: "p1" }));
  answer(nc, "$SRV.STATS", "{}");
  await nc.flush();
  const agents = (await mesh.json(["agents"])) as AgentView[];
  assert.deepEqual(
    agents.map(({ agent }) => agent),
    ["scribe"],
  );
  await nc.close();
});

test("an agent that tells no state by STATS is known by its beat", async () => {
  await using mesh = await CliMesh.start(0);
  const nc = await connect(await mesh.mesh.options("other"));
  const metadata = { "mesh.wire": "1" };
  for (const id of ["b1", "b2"]) {
    answer(nc, "$SRV.INFO", JSON.stringify({ ...info, name: "other", id, metadata }));
  }
  const beat = JSON.stringify({ state: "DRAINING", version: "1.0.0", load: 2, room: 4, beatMs: 1 });
  const beating = setInterval(() => nc.publish("mesh.presence.other.b1", beat), 20);
  await nc.flush();
  const [other] = (await mesh.json(["agents"])) as AgentView[];
  assert.deepEqual(
    other?.instances.map(({ instance, state, load, room }) => [instance, state, load, room]),
    [
      ["b1", "DRAINING", 2, 4],
      ["b2", "UNKNOWN", undefined, undefined],
    ],
  );
  const { out } = await mesh.run(["agents"]);
  assert.match(out, /1 draining, 1 unknown +2\/4/);
  clearInterval(beating);
  await nc.close();
});

test("a card full of control characters and odd schemas is shown harmlessly", async () => {
  await using mesh = await CliMesh.start(0);
  const nc = await connect(await mesh.mesh.options("evil"));
  const endpoint = {
    name: "steer\u001b[2J",
    subject: "x",
    metadata: { description: "\u0007ring", "mesh.input": '{"properties":5}', "mesh.output": "{" },
  };
  const card = { ...info, name: "evil", id: "e1", metadata: { "mesh.wire": "1" } };
  answer(nc, "$SRV.INFO.evil", JSON.stringify({ ...card, endpoints: [endpoint] }));
  await nc.flush();
  const { exit, out } = await mesh.run(["card", "evil"], { isTty: true });
  assert.equal(exit, 0);
  assert.doesNotMatch(out, /\p{Cc}(?<!\n)/u);
  assert.match(out, / {2}steer {2}ring\n {4}takes {2}any\n/);
  await nc.close();
});

function answer(nc: NatsConnection, subject: string, payload: string): void {
  nc.subscribe(subject, { callback: (_error, message) => void message.respond(payload) });
}
