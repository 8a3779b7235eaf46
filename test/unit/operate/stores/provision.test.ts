import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, MeshCode } from "@myelin/mesh";
import { provisionStores, type StoreDoor } from "@myelin/mesh/operate";
import { consumersOf, stores } from "@myelin/subjects";

type Config = Record<string, unknown>;

const policy = { guests: false, agents: {}, roles: {}, shares: [] } as const;
const settings = { workspace: "desk", policy };
const all = stores.length + consumersOf(policy).length;
const error = (code: number, err_code: number, description: string) => ({
  error: { code, err_code, description },
});

/** A server that keeps streams as `keep` says; `asked` is what it was asked. */
function server(keep: (config: Config) => object, serverVersion = "2.12.0") {
  const asked: string[] = [];
  const door: StoreDoor = {
    serverVersion,
    ask: async (subject, payload = "") => {
      asked.push(subject);
      if (subject === "$JS.API.INFO") return "{}";
      if (subject.includes(".INFO.")) return JSON.stringify(error(404, 10_059, "stream not found"));
      if (subject.includes(".LIST.")) return JSON.stringify({ total: 0, consumers: [] });
      // A consumer's configuration is a part of the question, a stream's is all of it.
      const { config, ...given } = JSON.parse(payload);
      return JSON.stringify(keep(config ?? given));
    },
  };
  return { door, asked };
}

function refusedWith(pattern: RegExp, code: MeshCode = MeshCode.Unavailable) {
  return (thrown: unknown): boolean => isMeshError(thrown, code) && pattern.test(thrown.detail);
}

test("a server that silently drops a flag is told by its name and the server's version", async () => {
  const { door } = server(({ discard_new_per_subject: _, ...config }) => ({ config }), "2.12.0");
  await assert.rejects(
    provisionStores(door, settings),
    refusedWith(
      /nats-server 2\.12\.0 does not keep what stream MESH_DEAD needs: discard_new_per_subject nothing, not true/,
    ),
  );
});

test("a server too old for streams of this kind is refused before anything is made", async () => {
  const { door, asked } = server((config) => ({ config }), "2.9.10");
  await assert.rejects(
    provisionStores(door, settings),
    refusedWith(/streams: nats-server 2\.12 or newer is needed, this one is 2\.9\.10/),
  );
  assert.deepEqual(asked, []);
});

test("on one server there is one copy; in a cluster with too few nodes there are not fewer than three", async () => {
  const copies: unknown[] = [];
  const single = server((config) => {
    const { num_replicas, durable_name } = config;
    if (durable_name !== undefined) return { config };
    if (num_replicas !== 1) return error(500, 10_074, "replicas > 1 not supported");
    copies.push(num_replicas);
    return { config };
  });
  assert.equal((await provisionStores(single.door, settings)).made.length, all);
  assert.deepEqual(copies, Array(stores.length).fill(1));
  const two = server(() => error(400, 10_005, "no suitable peers for placement"));
  await assert.rejects(
    provisionStores(two.door, settings),
    refusedWith(/no suitable peers for placement \(start the missing nodes, or say replicas: 1/),
  );
});

test("a server without room says so, with where to make the streams smaller", async () => {
  const { door } = server(() => error(500, 10_047, "insufficient storage resources available"));
  await assert.rejects(
    provisionStores(door, settings),
    refusedWith(/making stream MESH_TASKS failed: insufficient storage .*streams in mesh\.yaml/),
  );
});

test("an account that may keep no streams, and answers that are no JSON, are told as such", async () => {
  const disabled: StoreDoor = {
    ask: async () => JSON.stringify(error(503, 10_039, "JetStream not enabled for account")),
  };
  await assert.rejects(
    provisionStores(disabled, settings),
    refusedWith(/JetStream not enabled for account; give it a jetstream \{ \} block/),
  );
  const mad: StoreDoor = { ask: async () => "<html>" };
  await assert.rejects(
    provisionStores(mad, settings),
    refusedWith(/looking at MESH_TASKS failed: the answer is none of a streams' API/),
  );
});

test("a cluster without a leader is waited for", async () => {
  let left = 2;
  const { door, asked } = server((config) => ({ config }));
  const electing: StoreDoor = {
    ask: async (subject, payload) => {
      const said = await door.ask(subject, payload);
      const waits = subject === "$JS.API.INFO" && left-- > 0;
      return waits ? JSON.stringify(error(503, 10_008, "temporarily unavailable")) : said;
    },
  };
  assert.equal((await provisionStores(electing, settings)).made.length, all);
  assert.equal(asked.filter((subject) => subject === "$JS.API.INFO").length, 3);
});
