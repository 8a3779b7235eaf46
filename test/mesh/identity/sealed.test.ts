import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, isDomainError, MeshCode, serve } from "@myelin/mesh";
import { observe } from "@myelin/mesh/operate";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { Link } from "../../../libs/nats/index.ts";
import { rejects } from "../../unit/identity/issuer.ts";
import { serveVault, trustedMesh, vault } from "./trusted.ts";

const secret = { text: "the-word-that-nobody-hears" };

/** Everything that crosses the mesh, as the operator hears it. */
async function everything(access: ConstructorParameters<typeof Object>[0]) {
  const { servers, ...rest } = access as Parameters<typeof observe>[0] & { servers: string };
  const link = await Link.connect({ ...rest, servers: [servers], user: "ops" });
  const heard: string[] = [];
  for (const subject of ["mesh.>", "_INBOX.>"]) {
    link.subscribe(subject, ({ head, payload }) => {
      heard.push(head + Buffer.from(payload).toString("latin1"));
    });
  }
  await link.flush();
  return {
    heard,
    [Symbol.asyncDispose]: () => link.close(),
  };
}

test("of a sealed call the broker sees ciphertext only, and both sides read it", async () => {
  await using home = await trustedMesh();
  await serveVault(home);
  await using ears = await everything(home.access("ops"));
  const editor = await home.connect("editor");
  const client = editor.client(vault);
  assert.deepEqual(await client.keep(secret), { said: `kept ${secret.text}` });
  const lines: string[] = [];
  for await (const { line } of client.list(secret)) lines.push(line);
  assert.deepEqual(
    lines,
    ["one", "two", "three"].map((word) => `${secret.text} ${word}`),
  );
  // In the clear beside it, so that the ears are known to hear.
  await client.shout({ text: "in the clear" });
  await eventually("the answer in the clear is heard", () =>
    ears.heard.some((one) => one.includes("IN THE CLEAR")),
  );
  assert.ok(ears.heard.some((one) => one.includes("xkv1")));
  assert.equal(ears.heard.filter((one) => one.includes(secret.text)).length, 0);
});

test("what an error of a sealed skill says is sealed as well", async () => {
  await using home = await trustedMesh();
  await serveVault(home);
  await using ears = await everything(home.access("ops"));
  const editor = await home.connect("editor");
  await assert.rejects(editor.client(vault).keep({ text: "locked" }), (error) => {
    assert.ok(isDomainError(error, vault.skills.keep, "locked"));
    assert.equal(error.domain.data.until, "noon-of-secrets");
    return true;
  });
  await eventually("the error is heard", () =>
    ears.heard.some((one) => one.includes("Mesh-Error: domain_error")),
  );
  assert.equal(ears.heard.filter((one) => one.includes("noon-of-secrets")).length, 0);
});

test("many sealed calls go to several instances, and on when one of them ends", async () => {
  await using home = await trustedMesh();
  const first = await serveVault(home);
  await serveVault(home);
  const editor = await home.connect("editor");
  const client = editor.client(vault);
  const ask = (at: number) => client.keep({ text: `${at}` });
  await Promise.all(Array.from({ length: 50 }, (_, at) => ask(at)));
  await first.drain();
  const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(at)));
  assert.equal(answers[49]?.said, "kept 49");
});

test("a sealed skill refuses a plain caller, and says what it takes", async () => {
  await using home = await trustedMesh();
  await serveVault(home);
  const { servers, ...access } = home.access("editor");
  const link = await Link.connect({ ...access, servers: [servers], user: "editor" });
  await using _closing = link;
  const answer = new Promise<string>((resolve) => {
    link.subscribe("_INBOX.editor.plain.*", ({ head }) => resolve(head));
  });
  await link.flush();
  link.publish("mesh.call.vault.keep.any.editor", JSON.stringify(secret), {
    reply: "_INBOX.editor.plain.1",
  });
  const head = await answer;
  assert.match(head, /Mesh-Error: unsupported_content_type/);
  assert.match(head, /takes sealed payloads only/);
});

test("without a verified card a sealed call fails, and says why", async () => {
  await using mesh = await startMesh();
  await mesh.serve(vault, {
    keep: () => ({ said: "" }),
    async *list() {},
    shout: () => ({ said: "" }),
  });
  const trust = { operatorKeys: [], accountJwt: async () => undefined };
  await using caller = await connect({ name: "caller", ...mesh.access, trust });
  await rejects(MeshCode.Unavailable, ["no card says", "vault"], () =>
    caller.client(vault).keep(secret),
  );
  assert.equal((await caller.client(vault).shout(secret)).said, "");
});

test("an agent of another name cannot take a sealed call's key for its own", async () => {
  await using home = await trustedMesh();
  const { name, ...access } = home.access("rogue");
  await assert.rejects(serve(vault, {} as never, { ...access }), (error) => {
    assert.match(String(error), new RegExp(`vault|${name}`));
    return true;
  });
  const editor = await home.connect("editor");
  await rejects(MeshCode.UnknownAgent, ["nobody serves vault now"], () =>
    editor.client(vault).keep(secret, { timeoutMs: 5_000 }),
  );
});

test("an agent with another key is sealed for by the new one, and a renewed one is verified anew", async () => {
  await using home = await trustedMesh();
  await serveVault(home);
  const editor = await home.connect("editor");
  const client = editor.client(vault);
  await client.keep(secret);
  const { servers, ...access } = home.access("ops");
  await using observer = await observe({ ...access, servers: [servers] });
  const look = async () => (await observer.info("vault", { most: 1 }))[0];
  const first = await look();
  assert.equal((await home.run("identity", "renew", "vault", "--days", "90")).exit, 0);
  await eventually("the renewed card is shown", async () => {
    const card = await look();
    return (
      card?.verified === true && card.metadata["mesh.signer"] !== first?.metadata["mesh.signer"]
    );
  });
  assert.equal((await home.run("identity", "revoke", "vault")).exit, 0);
  assert.equal((await home.run("identity", "add", "vault")).exit, 0);
  await eventually("the sealed call is answered under the new key", async () => {
    const answer = await client.keep(secret).catch(() => undefined);
    return answer?.said === `kept ${secret.text}`;
  });
  const card = await look();
  assert.equal(card?.verified, true);
  assert.notEqual(card?.metadata["mesh.sealing_key"], first?.metadata["mesh.sealing_key"]);
});
