import { Store } from "@myelin/subjects";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { patient } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import type { HostileMesh } from "../../support/hostile/mesh.ts";
import { bobsTask, holds, succeeds, take, withTasks } from "../../support/hostile/store.ts";

const { tasks, results, events } = Store;

interface Change {
  /** What is asked of the streams' API. */
  readonly verb: string;
  readonly body?: unknown;
  /** Whether it was done. */
  readonly shows: (jsm: JetStreamManager) => Promise<boolean>;
}

const consumers = async (jsm: JetStreamManager, stream: string): Promise<number> =>
  (await jsm.streams.info(stream)).state.consumer_count;
const exists = (jsm: JetStreamManager, stream: string): Promise<boolean> =>
  jsm.streams.info(stream).then(
    () => true,
    () => false,
  );

const changes: readonly Change[] = [
  { verb: `STREAM.DELETE.${tasks}`, shows: async (jsm) => !(await exists(jsm, tasks)) },
  { verb: `STREAM.PURGE.${tasks}`, shows: (jsm) => holds(jsm, bobsTask, undefined) },
  {
    verb: `STREAM.UPDATE.${tasks}`,
    body: { name: tasks, subjects: ["nothing"], retention: "workqueue", discard: "new" },
    shows: async (jsm) => (await jsm.streams.info(tasks)).config.subjects.includes("nothing"),
  },
  {
    verb: `STREAM.MSG.DELETE.${tasks}`,
    body: { seq: 1 },
    shows: (jsm) => holds(jsm, bobsTask, undefined),
  },
  {
    verb: `CONSUMER.DELETE.${tasks}.bob-high`,
    shows: async (jsm) => (await consumers(jsm, tasks)) === 3,
  },
  {
    verb: `CONSUMER.PAUSE.${tasks}.bob-high`,
    body: { pause_until: "2100-01-01T00:00:00Z" },
    shows: async (jsm) => (await jsm.consumers.info(tasks, "bob-high")).paused === true,
  },
  {
    verb: "STREAM.CREATE.MINE",
    body: { name: "MINE", subjects: ["mesh.presence.>"] },
    shows: (jsm) => exists(jsm, "MINE"),
  },
  {
    verb: `CONSUMER.CREATE.${events}.mine`,
    body: { stream_name: events, config: { name: "mine", ack_policy: "none" } },
    shows: async (jsm) => (await consumers(jsm, events)) === 1,
  },
  {
    verb: `CONSUMER.DURABLE.CREATE.${events}.mine`,
    body: { stream_name: events, config: { durable_name: "mine", ack_policy: "none" } },
    shows: async (jsm) => (await consumers(jsm, events)) === 1,
  },
];

for (const { verb, body, shows } of changes) {
  defended(`no agent asks the streams for ${verb}`, {
    attack: async (mesh) => {
      const jsm = await withTasks(mesh);
      const mallory = await mesh.login("mallory");
      const payload = body === undefined ? "" : JSON.stringify(body);
      for (const prefix of ["$JS.API", "mesh.js"])
        mallory.publish(`${prefix}.${verb}`, payload, { reply: "_INBOX.mallory.i1.t1" });
      return succeeds(mesh, mallory, () => shows(jsm));
    },
    without: { oneAccount: true, granted: { publish: [`$JS.API.${verb}`] } },
  });
}

type Ask = (mesh: HostileMesh, reply: string) => Promise<NatsConnection>;

/** What an agent may ask for, and what is published where it says, by somebody who may do everything. */
const borrowed: Readonly<Record<string, Ask>> = {
  "the status of a pull": async (mesh, reply) => {
    const mallory = await mesh.login("mallory");
    const pull = `${mesh.api}.CONSUMER.MSG.NEXT.${tasks}.mallory-normal`;
    mallory.publish(pull, JSON.stringify({ no_wait: true, batch: 1 }), { reply });
    return mallory;
  },
  "the answer to an acknowledgement": async (mesh, reply) => {
    const mallory = await mesh.login("mallory");
    mallory.publish(await take(mesh, mallory, "mallory"), "+ACK", { reply });
    return mallory;
  },
  "a stored message": async (mesh, reply) => {
    const mallory = await mesh.login("mallory");
    const own = "mesh.result.mallory.t1.final.mallory";
    await mallory.request(own, new Uint8Array(), patient);
    mallory.publish(`${mesh.api}.DIRECT.GET.${results}.${own}`, "", { reply });
    return mallory;
  },
  "the receipt for an event": async (mesh, reply) => {
    const mallory = await mesh.login("mallory");
    mallory.publish("mesh.event.mallory.gossip", "{}", { reply });
    return mallory;
  },
};

/** Has a body where the API wants none, so it deletes nothing even with one account. */
const talkative = "the receipt for an event";

for (const [what, ask] of Object.entries(borrowed)) {
  if (what !== talkative) {
    defended(`${what} deletes no stream, whatever the reply subject is`, {
      attack: async (mesh) => {
        const jsm = await withTasks(mesh);
        const mallory = await ask(mesh, `$JS.API.STREAM.DELETE.${tasks}`);
        return succeeds(mesh, mallory, async () => !(await exists(jsm, tasks)));
      },
      without: { oneAccount: true },
    });
    defended(`${what} purges no stream, whatever the reply subject is`, {
      attack: async (mesh) => {
        const jsm = await withTasks(mesh);
        const mallory = await ask(mesh, `$JS.API.STREAM.PURGE.${tasks}`);
        return succeeds(mesh, mallory, () => holds(jsm, bobsTask, undefined));
      },
      without: { oneAccount: true },
    });
    defended(`${what} deletes no consumer, whatever the reply subject is`, {
      attack: async (mesh) => {
        const jsm = await withTasks(mesh);
        const mallory = await ask(mesh, `$JS.API.CONSUMER.DELETE.${tasks}.bob-high`);
        return succeeds(mesh, mallory, async () => (await consumers(jsm, tasks)) === 3);
      },
      without: { oneAccount: true },
    });
  }
  defended(`${what} is not stored as another's task`, {
    attack: async (mesh) => {
      const jsm = await withTasks(mesh);
      const mallory = await ask(mesh, "mesh.task.bob.wipe.normal.carol");
      const found = async (): Promise<boolean> =>
        (await jsm.streams.getMessage(tasks, {
          last_by_subj: "mesh.task.bob.wipe.normal.carol",
        })) !== null;
      return succeeds(mesh, mallory, found);
    },
    without: { oneAccount: true },
  });
}
