import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode } from "@myelin/mesh";
import { startMesh, type TestMesh } from "@myelin/mesh/testing";
import { headers } from "@nats-io/transport-node";
import { copier, copierHandlers, copierMesh, textOf } from "../../support/copier.ts";
import { dial, patient } from "../../support/dial.ts";

const claimed = "application/vnd.myelin.claim";
const good = {
  claim: 1,
  id: "aaaaaaaaaaaaaaaa",
  bytes: 20,
  partBytes: 1_024,
  sha256: "A".repeat(43),
  type: "application/json",
};

/** A plain client that calls with a claim, and what it is answered. */
async function asking(mesh: TestMesh, name = "rival") {
  const nc = await dial(await mesh.options(name));
  const ask = async (body: unknown, more: Readonly<Record<string, string>> = {}) => {
    const head = headers();
    head.set("Content-Type", claimed);
    head.set("Mesh-Timeout", "8000");
    for (const [header, value] of Object.entries(more)) head.set(header, value);
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const subject = `mesh.call.copier.copy.any.${name}`;
    const { headers: said } = await nc.request(subject, payload, { headers: head, ...patient });
    return [said?.get("Mesh-Error"), said?.get("Nats-Service-Error")];
  };
  return { nc, ask, [Symbol.asyncDispose]: () => nc.close() };
}

test("a claim that cannot be one is refused with the reason, and the agent goes on", async () => {
  await using mesh = await startMesh({ jetstream: true, policy: copierMesh });
  await mesh.serve(copier, copierHandlers);
  await using rival = await asking(mesh);
  const cases: readonly (readonly [body: unknown, code: string, reason: RegExp])[] = [
    ["", "malformed_payload", /it is no JSON object/],
    ["not json", "malformed_payload", /it is no JSON object/],
    ["x".repeat(2_000), "malformed_payload", /it has 2000 bytes/],
    [null, "malformed_payload", /it is no JSON object/],
    [{ ...good, claim: 2 }, "malformed_payload", /its version is not 1/],
    [{ ...good, id: "a.b.*.>" }, "malformed_payload", /its id is none/],
    [{ ...good, id: "short" }, "malformed_payload", /its id is none/],
    [{ ...good, sha256: "" }, "malformed_payload", /its digest is none/],
    [{ ...good, bytes: -1 }, "malformed_payload", /its size is none/],
    [{ ...good, bytes: 1.5 }, "malformed_payload", /its size is none/],
    [{ ...good, partBytes: 1 }, "malformed_payload", /its parts must have/],
    [{ ...good, type: "\u0000" }, "malformed_payload", /its content type is none/],
    [{ ...good, type: "text/html" }, "unsupported_content_type", /got text\/html/],
    [{ ...good, bytes: 68_157_441 }, "payload_too_large", /68157440 at most/],
  ];
  for (const [body, code, reason] of cases) {
    const [said, text] = await rival.ask(body);
    assert.equal(said, code, JSON.stringify(body));
    assert.match(text ?? "", reason);
  }
  const boss = (await mesh.connect("boss")).client(copier);
  assert.equal((await boss.copy({ text: "x" })).text, "x");
});

test("a claim of what was never kept, or is another's, brings nothing", async () => {
  await using mesh = await startMesh({ jetstream: true, policy: copierMesh });
  await mesh.serve(copier, copierHandlers);
  await using boss = await asking(mesh, "boss");
  // Boss has kept it for copier; rival knows its id.
  await boss.nc.request(`mesh.blob.boss.copier.${good.id}.0`, '{"text":"for copier"}', patient);
  await using rival = await asking(mesh);
  const [code, text] = await rival.ask(good);
  assert.equal(code, "malformed_payload");
  assert.match(text ?? "", /the payload of rival for copier is not in the store/);
});

test("a payload that is not what its claim says is not used", async () => {
  await using mesh = await startMesh({ jetstream: true, policy: copierMesh });
  await mesh.serve(copier, copierHandlers);
  await using rival = await asking(mesh);
  const body = '{"text":"for copier"}';
  await rival.nc.request(`mesh.blob.rival.copier.${good.id}.0`, body, patient);
  const [, otherSize] = await rival.ask(good);
  assert.match(otherSize ?? "", /part 0 has 21 bytes, not 20/);
  const [code, otherDigest] = await rival.ask({ ...good, bytes: body.length });
  assert.equal(code, "malformed_payload");
  assert.match(otherDigest ?? "", /its digest is another/);
});

test("a plain client that says no timeout is told payload_too_large, not given a claim it cannot read", async () => {
  await using mesh = await startMesh({ jetstream: true, policy: copierMesh });
  await mesh.serve(copier, copierHandlers);
  await using rival = await asking(mesh);
  const body = JSON.stringify({ characters: 2_000_000 });
  const subject = "mesh.call.copier.fill.any.rival";
  const { headers: said } = await rival.nc.request(subject, body, patient);
  assert.equal(said?.get("Mesh-Error"), "payload_too_large");
});

test("a store that is full refuses with overloaded, and small calls go on", async () => {
  const policy = copierMesh.replace(
    "    agents:",
    "    streams: { blobs: { maxBytes: 1048576 } }\n    agents:",
  );
  await using mesh = await startMesh({ jetstream: true, policy });
  await mesh.serve(copier, copierHandlers);
  const boss = (await mesh.connect("boss", { retry: { attempts: 1 } })).client(copier);
  await assert.rejects(boss.weigh({ text: textOf(3_000_000) }), {
    code: MeshCode.Overloaded,
    message: /the stream is full/,
  });
  assert.equal((await boss.copy({ text: "x" })).text, "x");
});

test("a large call heeds its deadline and its signal while its payload is under way", async () => {
  await using mesh = await startMesh({ jetstream: true, policy: copierMesh });
  await mesh.serve(copier, copierHandlers);
  const boss = (await mesh.connect("boss")).client(copier);
  const text = textOf(64 * 1_048_576);
  await assert.rejects(boss.weigh({ text }, { timeoutMs: 150 }), {
    code: MeshCode.DeadlineExceeded,
  });
  const giveUp = new AbortController();
  const asked = boss.weigh({ text }, { signal: giveUp.signal });
  setImmediate(() => giveUp.abort(new RangeError("enough")));
  await assert.rejects(asked, { code: MeshCode.Cancelled, message: /enough/ });
  assert.equal((await boss.copy({ text: "x" })).text, "x");
});

test("a server that takes only small messages gets smaller parts", async () => {
  await using mesh = await startMesh({ jetstream: true, config: "max_payload: 4096" });
  await mesh.serve(copier, copierHandlers);
  const me = (await mesh.connect("me")).client(copier);
  const text = textOf(300_000);
  assert.equal((await me.copy({ text })).text, text);
});
