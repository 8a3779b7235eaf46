import { connect, defineAgent, type Mesh, serve, skill } from "@myelin/mesh";
import { Store } from "@myelin/subjects";
import { z } from "zod";
import { eventually } from "../../../libs/testing/eventually.ts";
import { patient } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import { type HostileMesh, listen, settled } from "../../support/hostile/mesh.ts";

/** What a program that does not look at reply subjects does, in the place of the library. */
const naive = { without: { naive: true } };

const bob = defineAgent({
  name: "bob",
  version: "1.0.0",
  skills: {
    wipe: skill({ input: z.object({}), output: z.object({}) }),
    /** Goes on until it is cancelled. */
    list: skill({ input: z.object({}), output: z.object({}), deadlineMs: 5_000 }),
  },
});

interface Bob extends AsyncDisposable {
  readonly done: string[];
  /** What it refused to look at, by reason; undefined for the naive one. */
  readonly refused: (reason: string) => number;
}

/** Bob as the library serves it; where the mesh is naive, as a plain client that does whatever arrives. */
async function startBob(mesh: HostileMesh): Promise<Bob> {
  const done: string[] = [];
  if (mesh.weakness.naive === true) {
    const nc = await mesh.login("bob");
    nc.subscribe("mesh.call.bob.*.*.*", {
      callback: (error, message) => {
        if (error !== null) return;
        done.push("wipe");
        message.respond("done");
      },
    });
    nc.subscribe("mesh.control.bob.*.*", {
      callback: (error) => {
        if (error === null) done.push("aborted");
      },
    });
    await nc.flush();
    return { done, refused: () => 0, [Symbol.asyncDispose]: async () => undefined };
  }
  const served = await serve(
    bob,
    {
      wipe: () => {
        done.push("wipe");
        return {};
      },
      list: (_input, { signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            done.push("aborted");
            resolve({});
          });
        }),
    },
    await joining(mesh, "bob"),
  );
  return {
    done,
    refused: (reason) => served.metrics.snapshot().refused[reason] ?? 0,
    [Symbol.asyncDispose]: () => served.close(),
  };
}

async function joining(mesh: HostileMesh, name: string) {
  const credentials = { text: await mesh.accounts.credentials(name) };
  return { name, servers: mesh.server.url, credentials, tls: { caFile: mesh.caFile } };
}

async function startCarol(mesh: HostileMesh): Promise<Mesh> {
  return connect(await joining(mesh, "carol"));
}

/** Has the store publish this body where mallory may not: a direct get of its own result, with a reply subject. */
async function reflect(mesh: HostileMesh, body: string, reply: string): Promise<void> {
  const mallory = await mesh.login("mallory");
  const own = "mesh.result.mallory.t1.final.mallory";
  await mallory.request(own, body, patient);
  mallory.publish(`${mesh.api}.DIRECT.GET.${Store.results}.${own}`, "", { reply });
  await settled(mallory);
}

defended("an agent answers nowhere but in its caller's own inbox", {
  attack: async (mesh) => {
    await using agent = await startBob(mesh);
    const carol = await mesh.login("carol");
    const heard = await listen(carol, "_INBOX.carol.>");
    const mallory = await mesh.login("mallory");
    mallory.publish("mesh.call.bob.list.any.mallory", "{}", { reply: "_INBOX.carol.i1.t1" });
    await settled(mallory);
    await eventually(
      "bob has looked at it",
      () => agent.refused("reply_subject") > 0 || heard.length > 0,
    );
    return heard.length > 0;
  },
  ...naive,
});

/** What an agent can have published where it may not: by the store, which may do everything. */
const reflected: Readonly<Record<string, (mesh: HostileMesh, reply: string) => Promise<void>>> = {
  "a stored message": (mesh, reply) => reflect(mesh, "{}", reply),
  "a task that was pulled": (mesh, reply) => pull(mesh, "mallory-high", reply),
  "the status of a pull": (mesh, reply) => pull(mesh, "mallory-normal", reply),
  "a receipt": async (mesh, reply) => {
    const mallory = await mesh.login("mallory");
    mallory.publish("mesh.event.mallory.gossip", "{}", { reply });
    await settled(mallory);
  },
};

for (const [what, publish] of Object.entries(reflected)) {
  defended(`${what} that is published as another's call is not served`, {
    attack: async (mesh) => {
      await mesh.store(Store.results, Store.tasks, Store.events);
      await using agent = await startBob(mesh);
      const carol = await mesh.login("carol");
      await carol.request("mesh.task.mallory.nice.high.carol", "{}", patient);
      await publish(mesh, "mesh.call.bob.wipe.any.carol");
      const refusals = () => agent.refused("reply_subject") + agent.refused("subject");
      await eventually("bob has looked at it", () => refusals() > 0 || agent.done.length > 0);
      return agent.done.includes("wipe");
    },
    ...naive,
  });
}

async function pull(mesh: HostileMesh, consumer: string, reply: string): Promise<void> {
  const mallory = await mesh.login("mallory");
  const next = `${mesh.api}.CONSUMER.MSG.NEXT.${Store.tasks}.${consumer}`;
  mallory.publish(next, JSON.stringify({ no_wait: true, batch: 1 }), { reply });
  await settled(mallory);
}

defended("a stored message that is published as another's control aborts nothing", {
  attack: async (mesh) => {
    await mesh.store(Store.results);
    const calls = await mesh.watch("mesh.call.bob.>");
    await using agent = await startBob(mesh);
    await using carol = await startCarol(mesh);
    const controller = new AbortController();
    const call = carol.client(bob).list({}, { signal: controller.signal });
    call.catch(() => undefined);
    const [seen] = await eventually("the call is under way", () => calls.length > 0 && calls);
    const token = seen?.reply?.split(".").at(-1);
    const cancel = JSON.stringify({ cancel: { token } });
    await reflect(mesh, cancel, "mesh.control.bob.any.carol");
    await eventually(
      "bob has looked at it",
      () => agent.refused("control_reply_subject") > 0 || agent.done.includes("aborted"),
    );
    const aborted = agent.done.includes("aborted");
    controller.abort();
    return aborted;
  },
  ...naive,
});

defended("a stored message that is published as another's presence says nothing about it", {
  attack: async (mesh) => {
    await mesh.store(Store.results);
    const gone = JSON.stringify({ state: "GONE", version: "1.0.0", load: 0, room: 0, beatMs: 0 });
    if (mesh.weakness.naive === true) {
      const heard = await listen(await mesh.login("carol"), "mesh.presence.bob.*");
      await reflect(mesh, gone, "mesh.presence.bob.i1");
      return eventually("carol believes it", () => heard[0]?.string() === gone);
    }
    await using _agent = await startBob(mesh);
    await using carol = await startCarol(mesh);
    await carol.client(bob).wipe({});
    const refused = (): number => carol.metrics.snapshot().refused["presence_reply"] ?? 0;
    await reflect(mesh, gone, "mesh.presence.bob.i1");
    return !(await eventually("carol drops it", () => refused() > 0));
  },
  ...naive,
});

defended("nobody guesses where an answer is awaited", {
  attack: async (mesh) => {
    const calls = await mesh.watch("mesh.call.bob.>");
    const mallory = await mesh.login("mallory");
    if (mesh.weakness.naive === true) {
      // Inboxes that count, as some clients have them.
      const heard = await listen(await mesh.login("carol"), "_INBOX.carol.i1.8");
      await guess(mallory, "_INBOX.carol.i1.7");
      return eventually("carol takes it for the answer", () => heard.length > 0);
    }
    await using _agent = await startBob(mesh);
    await using carol = await startCarol(mesh);
    await carol.client(bob).wipe({});
    const [earlier] = await eventually("an earlier call was seen", () => calls.length > 0 && calls);
    let answered = false;
    const call = carol.client(bob).list({}, { timeoutMs: 400 });
    const ended = call.then(
      () => {
        answered = true;
      },
      () => undefined,
    );
    await eventually("the call is under way", () => calls.length > 1);
    await guess(mallory, earlier?.reply ?? "");
    await ended;
    return answered;
  },
  ...naive,
});

/** Publishes an answer to every reply subject near one that was used before. */
async function guess(mallory: Parameters<typeof listen>[0], known: string): Promise<void> {
  const [, stem = "", count = "0"] = /^(.*?)(\d*)$/.exec(known) ?? [];
  for (let next = 0; next < Number(count || 0) + 64; next++)
    mallory.publish(`${stem}${next}`, "{}");
  mallory.publish(known, "{}");
  await settled(mallory);
}
