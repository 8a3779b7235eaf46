import assert from "node:assert/strict";
import { test } from "node:test";
import { startMesh, type TestMesh } from "@myelin/mesh/testing";
import { connect, createInbox } from "@nats-io/transport-node";
import { Link, Services, type ServicesParts } from "../../libs/nats/index.ts";

/** Serves `clock`, instance `i1`, unless told otherwise. */
async function serving(server: TestMesh, parts: Partial<ServicesParts> = {}) {
  const link = await Link.connect({ ...server.access, name: "clock/i1" });
  const services = new Services({
    link,
    name: "clock",
    instance: "i1",
    version: "1.2.3",
    description: "Tells the time.",
    metadata: { owner: "test" },
    endpoints: [
      {
        name: "now",
        subject: "mesh.call.clock.now.any.*",
        queueGroup: "clock",
        metadata: { a: "1" },
      },
    ],
    counts: () => ({ requests: 3, errors: 1, processingMs: 1.0000004 }),
    ...parts,
  });
  services.start();
  await link.flush();
  return { services, link, [Symbol.asyncDispose]: () => link.close() };
}

/** What everybody who hears it answers within a tenth of a second. */
async function ask(server: TestMesh, subject: string): Promise<Record<string, unknown>[]> {
  const nc = await connect(await server.options("ops"));
  try {
    const answers: Record<string, unknown>[] = [];
    const found = await nc.requestMany(subject, "", {
      strategy: "stall",
      stall: 100,
      maxWait: 20_000,
    });
    for await (const answer of found) answers.push(answer.json());
    return answers;
  } finally {
    await nc.close();
  }
}

async function endpointsOf(server: TestMesh, subject: string): Promise<Record<string, unknown>[]> {
  const [answer] = await ask(server, subject);
  return (answer?.endpoints ?? []) as Record<string, unknown>[];
}

test("an instance answers all nine subjects, each with its type", async () => {
  await using server = await startMesh();
  await using _ = await serving(server);
  for (const verb of ["PING", "INFO", "STATS"]) {
    for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.clock`, `$SRV.${verb}.clock.i1`]) {
      const [answer, ...more] = await ask(server, subject);
      assert.equal(more.length, 0);
      assert.equal(answer?.type, `io.nats.micro.v1.${verb.toLowerCase()}_response`);
      assert.equal(answer?.id, "i1");
    }
  }
});

test("INFO carries the endpoints with their queue group and metadata", async () => {
  await using server = await startMesh();
  await using _ = await serving(server);
  assert.deepEqual(await ask(server, "$SRV.INFO.clock"), [
    {
      type: "io.nats.micro.v1.info_response",
      name: "clock",
      id: "i1",
      version: "1.2.3",
      metadata: { owner: "test" },
      description: "Tells the time.",
      endpoints: [
        {
          name: "now",
          subject: "mesh.call.clock.now.any.*",
          queue_group: "clock",
          metadata: { a: "1" },
        },
      ],
    },
  ]);
});

test("STATS are whole nanoseconds, whatever the counter says", async () => {
  await using server = await startMesh();
  const counts = [
    { requests: 3, errors: 1, processingMs: 1.0000004 },
    { requests: 0, errors: 0, processingMs: 0 },
    { requests: Number.NaN, errors: 0, processingMs: Number.POSITIVE_INFINITY, data: { p99: 2 } },
  ];
  await using _ = await serving(server, { counts: () => counts.shift() ?? assert.fail() });
  const [first] = await endpointsOf(server, "$SRV.STATS.clock");
  assert.deepEqual(first, {
    name: "now",
    subject: "mesh.call.clock.now.any.*",
    queue_group: "clock",
    num_requests: 3,
    num_errors: 1,
    last_error: "",
    processing_time: 1_000_000,
    average_processing_time: 333_333,
  });
  const [second] = await endpointsOf(server, "$SRV.STATS.clock");
  assert.equal(second?.average_processing_time, 0);
  const [third] = await endpointsOf(server, "$SRV.STATS.clock");
  assert.deepEqual(third?.data, { p99: 2 });
  assert.equal(third?.num_requests, 0);
});

test("a question whose answer would leave the inboxes is not answered", async () => {
  await using server = await startMesh();
  const refused: string[] = [];
  await using _ = await serving(server, { onRefused: (reason) => refused.push(reason) });
  const nc = await connect(await server.options("ops"));
  const leaked: string[] = [];
  nc.subscribe("mesh.>", { callback: (_error, msg) => void leaked.push(msg.subject) });
  nc.publish("$SRV.PING", "", { reply: "mesh.call.clock.now.any.bob" });
  nc.publish("$SRV.INFO");
  await nc.request("$SRV.PING.clock", "", { timeout: 20_000 });
  await nc.flush();
  await nc.close();
  assert.deepEqual(leaked, []);
  assert.deepEqual(refused, ["reply_subject", "reply_subject"]);
});

test("INFO that does not fit into a message leaves the metadata out", async () => {
  await using server = await startMesh({ config: "max_payload: 2048" });
  const metadata = { "mesh.input": "x".repeat(3_000) };
  const endpoints = [
    { name: "now", subject: "mesh.call.clock.now.any.*", queueGroup: "clock", metadata },
  ];
  await using _ = await serving(server, { endpoints });
  const [endpoint] = await endpointsOf(server, "$SRV.INFO.clock");
  assert.equal(endpoint?.name, "now");
  assert.equal(endpoint?.metadata, null);
});

test("after stop nobody answers, and a stopped one can start again", async () => {
  await using server = await startMesh();
  await using clock = await serving(server);
  await clock.services.stop();
  await clock.services.stop();
  await assert.rejects(ask(server, "$SRV.PING.clock"), /no responders/);
  clock.services.start();
  clock.services.start();
  await clock.link.flush();
  assert.equal((await ask(server, "$SRV.PING.clock")).length, 1);
});

test("a counter that throws costs one answer and not the instance", async () => {
  await using server = await startMesh();
  let asked = 0;
  const counts = () => {
    if (++asked === 1) throw new RangeError("defect");
    return { requests: 1, errors: 0, processingMs: 1 };
  };
  await using _ = await serving(server, { counts });
  const nc = await connect(await server.options("ops"));
  nc.publish("$SRV.STATS.clock", "", { reply: createInbox() });
  const answer = await nc.request("$SRV.STATS.clock", "", { timeout: 20_000 });
  assert.equal(answer.json<{ id: string }>().id, "i1");
  await nc.close();
});
