import { Store } from "@myelin/subjects";
import { headers as newHeaders } from "@nats-io/transport-node";
import { patient } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import { bobsTask, gossip, holds, succeeds, take, withTasks } from "../../support/hostile/store.ts";

const { tasks, results, events, dead } = Store;
const carols = "mesh.event.carol.done";
const schedules = { streams: { [events]: { allow_msg_schedules: true, allow_msg_ttl: true } } };

defended("nobody acknowledges another's task, nor has the store do it", {
  attack: async (mesh) => {
    const jsm = await withTasks(mesh);
    const ack = await take(mesh, await mesh.login("bob"), "bob");
    const mallory = await mesh.login("mallory");
    mallory.publish(ack, "+ACK");
    const pull = `${mesh.api}.CONSUMER.MSG.NEXT.${tasks}.mallory-normal`;
    mallory.publish(pull, JSON.stringify({ no_wait: true, batch: 1 }), { reply: ack });
    return succeeds(mesh, mallory, () => holds(jsm, bobsTask, undefined));
  },
  without: { granted: { publish: [`$JS.ACK.${tasks}.bob-high.>`] } },
});

defended("an acknowledgement in the newer form takes nothing from another's consumer", {
  attack: async (mesh) => {
    await withTasks(mesh);
    const mallory = await mesh.login("mallory");
    // In the older form this is bob's consumer; the newer one has mallory's own where it looks for it.
    const ambiguous = `$JS.ACK.${tasks}.bob-high.${tasks}.mallory-high.1.1.1`;
    const own = { noMux: true, timeout: mesh.within(500) };
    const taken = mallory.request(ambiguous, "+NXT", own).catch(() => undefined);
    return (await taken)?.string() === "wipe it";
  },
  without: { granted: { publish: [`$JS.ACK.*.*.${tasks}.mallory-high.>`] } },
});

defended("nobody pulls another's tasks", {
  attack: async (mesh) => {
    await withTasks(mesh);
    const mallory = await mesh.login("mallory");
    const taken = take(mesh, mallory, "bob", mesh.within(500)).catch(() => "");
    return (await taken).includes("bob-high");
  },
  without: { granted: { publish: [`mesh.js.CONSUMER.MSG.NEXT.${tasks}.bob-high`] } },
});

for (const how of ["by subject", "with a question in the body"]) {
  defended(`nobody reads what is stored for another, ${how}`, {
    attack: async (mesh) => {
      await mesh.store(results);
      const theirs = "mesh.result.carol.t1.final.bob";
      await (await mesh.login("bob")).request(theirs, "secret", patient);
      const mallory = await mesh.login("mallory");
      const own = "mesh.js.DIRECT.GET.MESH_RESULTS.mesh.result.mallory.t1.final.mallory";
      const subject = `mesh.js.DIRECT.GET.MESH_RESULTS.${theirs}`;
      const asked =
        how === "by subject"
          ? mallory.request(subject, "", { timeout: mesh.within(500) })
          : mallory.request(
              mesh.weakness.granted === undefined ? own : "mesh.js.DIRECT.GET.MESH_RESULTS",
              JSON.stringify({ last_by_subj: theirs }),
              { timeout: mesh.within(500) },
            );
      return (await asked.catch(() => undefined))?.string() === "secret";
    },
    without: { granted: { publish: ["mesh.js.DIRECT.GET.MESH_RESULTS", "mesh.js.DIRECT.GET.>"] } },
  });
}

defended("a message schedules nothing under another's name", {
  attack: async (mesh) => {
    const jsm = await mesh.store(events);
    const mallory = await gossip(mesh, {
      "Nats-Schedule": "@at 2020-01-01T00:00:00Z",
      "Nats-Schedule-Target": carols,
    });
    return succeeds(mesh, mallory, () => holds(jsm, carols, "evil"), 1_000);
  },
  without: schedules,
});

defended("a schedule reads nothing of another's", {
  attack: async (mesh) => {
    const jsm = await mesh.store(events);
    await (await mesh.login("carol")).request(carols, "secret", patient);
    const copy = "mesh.event.mallory.copy";
    const mallory = await gossip(mesh, {
      "Nats-Schedule": "@every 1s",
      "Nats-Schedule-Source": carols,
      "Nats-Schedule-Target": copy,
    });
    return succeeds(mesh, mallory, () => holds(jsm, copy, "secret"), 2_000);
  },
  without: schedules,
});

defended("nobody cancels another's schedule", {
  attack: async (mesh) => {
    const jsm = await mesh.store(events);
    const headers = newHeaders();
    headers.set("Nats-Schedule", "@at 2100-01-01T00:00:00Z");
    headers.set("Nats-Schedule-Target", "mesh.event.carol.later");
    const carol = await mesh.login("carol");
    await carol.request(carols, "planned", { headers, ...patient });
    const mallory = await gossip(mesh, {
      "Nats-Scheduler": carols,
      "Nats-Schedule-Next": "purge",
    });
    if (mesh.weakness.streams === undefined) return false;
    return succeeds(mesh, mallory, () => holds(jsm, carols, undefined));
  },
  without: schedules,
});

defended("nobody rolls up a stream that others write to", {
  attack: async (mesh) => {
    const jsm = await mesh.store(events);
    await (await mesh.login("carol")).request(carols, "kept", patient);
    const mallory = await gossip(mesh, { "Nats-Rollup": "all" });
    return succeeds(mesh, mallory, () => holds(jsm, carols, undefined));
  },
  without: { streams: { [events]: { allow_rollup_hdrs: true } } },
});

defended("nobody swallows another's dead letter by its message id", {
  attack: async (mesh) => {
    const jsm = await mesh.store(dead);
    const letter = "mesh.dead.task.bob.wipe.t1.0";
    const headers = newHeaders();
    headers.set("Nats-Msg-Id", letter);
    const mallory = await mesh.login("mallory");
    await mallory.request("mesh.dead.task.mallory.nice.t1.0", "mine", { headers, ...patient });
    const bob = await mesh.login("bob");
    // One per subject decides which one counts; an id that others can guess decides that none does.
    await bob.request(letter, "why", {
      ...patient,
      ...(mesh.weakness.naive === true && { headers }),
    });
    return succeeds(mesh, bob, () => holds(jsm, letter, undefined));
  },
  without: { naive: true },
});

defended("nobody takes the place of another's dead letter", {
  attack: async (mesh) => {
    const jsm = await mesh.store(dead);
    const letter = "mesh.dead.task.bob.wipe.t1.0";
    await (await mesh.login("bob")).request(letter, "why", patient);
    const mallory = await mesh.login("mallory");
    mallory.publish(letter, "forged");
    return succeeds(mesh, mallory, () => holds(jsm, letter, "forged"));
  },
  without: {
    granted: { publish: ["mesh.dead.>"] },
    streams: { [dead]: { discard: "old", discard_new_per_subject: false } },
  },
});

defended("nobody overwrites another's result", {
  attack: async (mesh) => {
    const jsm = await mesh.store(results);
    const theirs = "mesh.result.carol.t1.final.bob";
    await (await mesh.login("bob")).request(theirs, "42", patient);
    const mallory = await mesh.login("mallory");
    mallory.publish(theirs, "forged");
    return succeeds(mesh, mallory, () => holds(jsm, theirs, "forged"));
  },
  without: { granted: { publish: ["mesh.result.*.*.*.bob"] } },
});

defended("an attempt that was superseded does not overwrite the final result", {
  attack: async (mesh) => {
    const jsm = await mesh.store(results);
    const final = "mesh.result.carol.t1.final.bob";
    const headers = newHeaders();
    if (mesh.weakness.naive !== true) headers.set("Nats-Expected-Last-Subject-Sequence", "0");
    const bob = await mesh.login("bob");
    await bob.request(final, "first", { headers, ...patient });
    await bob.request(final, "second", { headers, ...patient });
    return succeeds(mesh, bob, () => holds(jsm, final, "second"));
  },
  without: { naive: true },
});
