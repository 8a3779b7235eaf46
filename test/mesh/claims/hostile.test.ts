import { Store, storeApi } from "@myelin/subjects";
import { type MsgHdrs, headers as newHeaders } from "@nats-io/transport-node";
import { patient } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import type { HostileMesh } from "../../support/hostile/mesh.ts";
import { holds, succeeds } from "../../support/hostile/store.ts";

/** What carol keeps, each in its stream: a large input for bob, something it made, and a conversation. */
const carols = [
  [Store.blobs, "mesh.blob.carol.bob.aaaaaaaaaaaaaaaa.0"],
  [Store.artifacts, "mesh.artifact.carol.page.=versions"],
  [Store.conversations, "$KV.mesh-conversations.carol.bob=1"],
] as const;

async function withCarols(mesh: HostileMesh, stream: string, subject: string) {
  const jsm = await mesh.store(stream);
  const carol = await mesh.login("carol");
  await carol.request(subject, "carol's own", patient);
  return jsm;
}

const rollup = (): MsgHdrs => {
  const head = newHeaders();
  head.set("Nats-Rollup", "all");
  return head;
};

for (const [stream, subject] of carols) {
  defended(`nobody writes into ${stream} under another's name`, {
    attack: async (mesh) => {
      const jsm = await mesh.store(stream);
      const mallory = await mesh.login("mallory");
      mallory.publish(subject, "evil");
      return succeeds(mesh, mallory, () => holds(jsm, subject, "evil"));
    },
    without: { granted: { publish: [subject] } },
  });

  defended(`nobody reads from ${stream} what is not for it`, {
    attack: async (mesh) => {
      await withCarols(mesh, stream, subject);
      const mallory = await mesh.login("mallory");
      const question = storeApi.last(stream, subject);
      const within = { timeout: mesh.within(500) };
      const found = mallory.request(question, "", within).catch(() => undefined);
      return (await found)?.string() === "carol's own";
    },
    without: { granted: { publish: [storeApi.last(stream, subject)] } },
  });

  defended(`nobody has an answer of the store stored in ${stream} under another's name`, {
    attack: async (mesh) => {
      const jsm = await mesh.store(...new Set([stream, Store.artifacts]));
      const mallory = await mesh.login("mallory");
      const own = "mesh.artifact.mallory.page.=versions";
      await mallory.request(own, "evil", patient);
      mallory.publish(`${mesh.api}.DIRECT.GET.${Store.artifacts}.${own}`, "", { reply: subject });
      return succeeds(mesh, mallory, () => holds(jsm, subject, "evil"));
    },
    without: {
      oneAccount: true,
      granted: { publish: [`$JS.API.DIRECT.GET.${Store.artifacts}.>`] },
    },
  });

  defended(`nobody wipes ${stream} by a message of its own`, {
    attack: async (mesh) => {
      const jsm = await withCarols(mesh, stream, subject);
      const mallory = await mesh.login("mallory");
      mallory.publish(subject.replace("carol", "mallory"), "evil", { headers: rollup() });
      return succeeds(mesh, mallory, () => holds(jsm, subject, undefined));
    },
    without: {
      streams: { [stream]: { allow_rollup_hdrs: true, deny_purge: false } },
    },
  });
}

defended("nobody changes a blob that is there, not even who wrote it", {
  attack: async (mesh) => {
    const [stream, subject] = carols[0];
    const jsm = await withCarols(mesh, stream, subject);
    const carol = await mesh.login("carol");
    carol.publish(subject, "changed");
    return succeeds(mesh, carol, () => holds(jsm, subject, "changed"));
  },
  without: {
    streams: { [Store.blobs]: { discard_new_per_subject: false } },
  },
});

defended("a stranger reads no artifacts of an agent that it may ask for nothing", {
  attack: async (mesh) => {
    await withCarols(mesh, ...carols[1]);
    const eve = await mesh.login("eve");
    const question = storeApi.last(...carols[1]);
    const within = { timeout: mesh.within(500) };
    const found = eve.request(question, "", within).catch(() => undefined);
    const mallory = await mesh.login("mallory");
    const other = mallory.request(question, "", within).catch(() => undefined);
    return [await found, await other].some((answer) => answer?.string() === "carol's own", patient);
  },
  without: { granted: { publish: [storeApi.last(...carols[1])] } },
});
