import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NatsConnection, headers as newHeaders } from "@nats-io/transport-node";
import { createKey, formatCredentials, issueUser, type Key } from "../../../libs/identity/index.ts";
import { eventually } from "../../../libs/testing/eventually.ts";
import { guardedFolder } from "../../../libs/testing/guard.ts";
import { startNats } from "../../../libs/testing/nats-server.ts";
import { dial } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import { type HostileMesh, listen, settled } from "../../support/hostile/mesh.ts";
import type { Weakness } from "../../support/hostile/weakness.ts";

/** Each what only carol or bob may say, or the store. */
const foreign = [
  "mesh.call.bob.wipe.any.carol",
  "mesh.call.bob.list.any.carol",
  "mesh.control.bob.any.carol",
  "mesh.presence.carol.i1",
  "mesh.event.carol.done",
  "mesh.task.bob.wipe.high.carol",
  "mesh.later.bob.wipe.carol",
  "mesh.result.carol.t1.final.bob",
  "mesh.dead.task.bob.wipe.t1.0",
  "mesh.record.carol.sum",
  "mesh.config.account.x",
];

for (const subject of foreign) {
  defended(`nobody else publishes ${subject}`, {
    attack: async (mesh) => {
      const heard = await mesh.watch(subject);
      const mallory = await mesh.login("mallory");
      mallory.publish(subject, "forged", { reply: "_INBOX.mallory.i1.t1" });
      await seen(mesh, mallory);
      return heard.length > 0;
    },
    without: { granted: { publish: [subject] } },
  });
}

defended("an agent asks only the skills that its policy names", {
  attack: async (mesh) => {
    const heard = await mesh.watch("mesh.call.>");
    const mallory = await mesh.login("mallory");
    for (const call of ["bob.wipe", "carol.sum"])
      mallory.publish(`mesh.call.${call}.any.mallory`, "{}", { reply: "_INBOX.mallory.i1.t1" });
    await seen(mesh, mallory);
    return heard.length > 0;
  },
  without: { granted: { publish: ["mesh.call.*.*.*.mallory"] } },
});

/** What mallory tries to hear, and what somebody says there. */
const overheard: readonly (readonly [filter: string, subject: string])[] = [
  ["_INBOX.carol.>", "_INBOX.carol.i1.t1"],
  ["_INBOX.>", "_INBOX.carol.i1.t1"],
  ["_INBOX.*.i1.t1", "_INBOX.carol.i1.t1"],
  ["mesh.call.bob.>", "mesh.call.bob.wipe.any.carol"],
  ["mesh.call.*.*.*.*", "mesh.call.bob.wipe.any.carol"],
  ["mesh.control.bob.*.*", "mesh.control.bob.any.carol"],
  ["mesh.task.bob.>", "mesh.task.bob.wipe.high.carol"],
  ["mesh.task.>", "mesh.task.bob.wipe.high.carol"],
  ["mesh.result.carol.>", "mesh.result.carol.t1.final.bob"],
  ["mesh.event.carol.>", "mesh.event.carol.done"],
  ["$SRV.INFO.bob", "$SRV.INFO.bob"],
  ["$SRV.>", "$SRV.INFO.bob"],
  ["$JS.>", "$JS.ACK.MESH_TASKS.bob-high.1.1.1.1.0"],
  ["mesh.>", "mesh.call.bob.wipe.any.carol"],
  [">", "mesh.call.bob.wipe.any.carol"],
];

for (const [filter, subject] of overheard) {
  defended(`nobody else hears ${subject} by listening on ${filter}`, {
    attack: async (mesh) => {
      const mallory = await mesh.login("mallory");
      const heard = await listen(mallory, filter);
      const witness = await mesh.login("witness");
      witness.publish(subject, "secret");
      await settled(witness, mallory);
      return heard.some((message) => message.string() === "secret");
    },
    without: { granted: { subscribe: [filter] } },
  });
}

defended("nobody joins the queue group that another's calls go to", {
  attack: async (mesh) => {
    const mallory = await mesh.login("mallory");
    let taken = 0;
    const callback = (error: unknown): void => void (error === null && taken++);
    mallory.subscribe("mesh.call.bob.*.any.*", { queue: "bob", callback });
    await mallory.flush();
    const carol = await mesh.login("carol");
    carol.publish("mesh.call.bob.wipe.any.carol", "{}", { reply: "_INBOX.carol.i1.t1" });
    await settled(carol, mallory);
    return taken > 0;
  },
  without: { granted: { subscribe: ["mesh.call.bob.*.any.*"] } },
});

for (const subject of foreign) {
  defended(`nobody borrows the right to publish ${subject} by answering its own message`, {
    attack: async (mesh) => {
      const heard = await mesh.watch(subject);
      const mallory = await mesh.login("mallory");
      // Its own presence is something it may both say and hear: it asks itself.
      mallory.subscribe("mesh.presence.mallory.*", {
        callback: (_error, message) => void message.respond("forged", { reply: "_INBOX.bob.i1.z" }),
      });
      mallory.publish("mesh.presence.mallory.i1", "{}", { reply: subject });
      await settled(mallory);
      await seen(mesh, mallory);
      return heard.some((message) => message.string() === "forged");
    },
    without: { borrowing: true },
  });
}

defended("the server's account of a message's way goes nowhere that its sender may not publish", {
  attack: async (mesh) => {
    const subject = "mesh.call.bob.wipe.any.carol";
    const own = "mesh.presence.mallory.i2";
    const heard = await mesh.watch("mesh.>");
    const mallory = await mesh.login("mallory");
    // The server sends its accounts one after the other, later than the messages: once the second is there, the first
    // is, too, or never comes.
    for (const wanted of [subject, own]) {
      const headers = newHeaders();
      headers.set("Nats-Trace-Dest", wanted);
      mallory.publish("mesh.presence.mallory.i1", "{}", { headers });
    }
    const isHeard = (wanted: string) => heard.some((message) => message.subject === wanted);
    await eventually("the server has given its accounts", () => isHeard(own));
    return isHeard(subject);
  },
  without: { granted: { publish: ["mesh.call.bob.wipe.any.carol"] } },
});

defended("nobody joins as a server, whose messages are checked less than a client's", {
  attack: async (mesh) => {
    const credentials = join(guardedFolder(), "mallory.creds");
    writeFileSync(credentials, await mesh.accounts.credentials("mallory"), { mode: 0o600 });
    const remote = `url: "${mesh.leafUrl}", credentials: "${credentials}", tls { ca_file: "${mesh.caFile}" }`;
    await using own = await startNats({ config: `leafnodes { remotes: [{ ${remote} }] }` });
    const heard = await mesh.watch("mesh.presence.mallory.i1");
    const mallory = await dial({ servers: own.url });
    // Only this word is a refusal: a server that found no time for it within two seconds is asked again.
    await eventually("it is through, or refused", () => {
      mallory.publish("mesh.presence.mallory.i1", "{}");
      return heard.length > 0 || /Leafnode Error 'Authorization Violation'/.test(own.log);
    });
    await mallory.close();
    return heard.length > 0;
  },
  without: { leaves: true },
});

/** A name and a tag that a permission's template would turn into a wildcard. */
const templates: Readonly<Record<string, Template>> = {
  name: { claims: { name: "*" }, without: { naive: true } },
  tag: {
    claims: { tags: ["team:*"] },
    without: { naive: true, gateway: { subscribe: ["_INBOX.{{tag(team)}}.>"] } },
  },
};

interface Template {
  readonly claims: { readonly name?: string; readonly tags?: readonly string[] };
  readonly without: Weakness;
}

for (const [what, { claims, without }] of Object.entries(templates)) {
  defended(`a user's ${what} becomes no wildcard in a permission`, {
    attack: async (mesh) => {
      const credentials = await gatewayWith(mesh, claims);
      if (credentials === undefined) return false;
      const star = await mesh.login("door", { credentials });
      const heard = await listen(star, "_INBOX.*.>");
      const witness = await mesh.login("witness");
      witness.publish("_INBOX.carol.i1.t1", "secret");
      await settled(witness, star);
      return heard.length > 0;
    },
    without,
  });
}

/** Credentials of the gateway's role that say this; undefined where the issuer refuses, as ours does. */
async function gatewayWith(
  mesh: HostileMesh,
  claims: Template["claims"],
): Promise<string | undefined> {
  const { account, roleKey } = mesh.accounts;
  const user = createKey("user");
  const signer = roleKey("gateway");
  const given = { name: "door", user: user.publicKey, account, signer };
  if (mesh.weakness.naive === true)
    return formatCredentials(rewritten(await issueUser(given), claims, signer), user);
  try {
    return formatCredentials(await issueUser({ ...given, ...claims }), user);
  } catch {
    return undefined;
  }
}

/** A user's JWT that says something else, signed as an issuer would that does not look. */
function rewritten(jwt: string, { name, tags }: Template["claims"], signer: Key): string {
  const [header = "", payload = ""] = jwt.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  if (name !== undefined) claims.name = name;
  if (tags !== undefined) claims.nats.tags = tags;
  const body = `${header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  return `${body}.${Buffer.from(signer.sign(Buffer.from(body))).toString("base64url")}`;
}

/** Waits until what this client published has gone everywhere, the test's own ears included. */
async function seen(mesh: HostileMesh, client: NatsConnection): Promise<void> {
  await settled(client, ...mesh.connections);
}
