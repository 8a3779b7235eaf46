import assert from "node:assert/strict";
import { test } from "node:test";
import { type Artifacts, defineAgent, MeshCode, skill } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { Store } from "@myelin/subjects";
import { z } from "zod";
import { digestOf, textOf } from "../../support/copier.ts";
import { left } from "../../support/durable-facts.ts";
import { storedMesh } from "../../support/stores.ts";

const writer = defineAgent({
  name: "writer",
  version: "1.0.0",
  skills: { write: skill({ input: z.object({ text: z.string() }), output: z.number() }) },
});
const writerMesh = `version: 1
workspaces:
  desk:
    agents:
      writer: { skills: [write] }
      boss: { submits: [writer.write] }
      caller: { calls: [writer.write] }
      stranger: { hears: [writer.*] }
    roles:
      keeper: { members: [keeper] }
      operator: { members: [ops] }
`;

const textIn = async (artifacts: Artifacts, name: string, version?: number): Promise<string> =>
  Buffer.from(
    (await artifacts.get(name, version === undefined ? {} : { version })).content,
  ).toString();

test("an artifact is put, read, listed, put again and rolled back, and every version stays", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const { artifacts } = await mesh.connect("writer");
  const first = await artifacts.put("page.html", "<p>one</p>", { contentType: "text/html" });
  assert.deepEqual([first.version, first.bytes, first.contentType], [1, 10, "text/html"]);
  await artifacts.put("page.html", "<p>two</p>", { note: "sent back" });
  await artifacts.put("logo", Uint8Array.of(1, 2, 3));
  assert.equal(await textIn(artifacts, "page.html"), "<p>two</p>");
  assert.equal(await textIn(artifacts, "page.html", 1), "<p>one</p>");
  assert.deepEqual(
    (await artifacts.list()).map(({ name, version, contentType }) => [name, version, contentType]),
    [
      ["logo", 1, "application/octet-stream"],
      ["page.html", 2, "text/plain; charset=utf-8"],
    ],
  );
  const back = await artifacts.rollBack("page.html", 1, { note: "two was wrong" });
  assert.deepEqual([back.version, back.rolledBackTo, back.sha256], [3, 1, first.sha256]);
  assert.equal(await textIn(artifacts, "page.html"), "<p>one</p>");
  assert.deepEqual(
    (await artifacts.versions("page.html")).map(({ version, note }) => [version, note]),
    [
      [3, "two was wrong"],
      [2, "sent back"],
      [1, undefined],
    ],
  );
});

test("64 MiB and nothing at all are artifacts, too; more is refused", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const { artifacts } = await mesh.connect("writer");
  const text = textOf(64 * 1_048_576);
  await artifacts.put("large", text);
  assert.equal(digestOf(await textIn(artifacts, "large")), digestOf(text));
  await artifacts.put("empty", "");
  assert.equal((await artifacts.get("empty")).content.length, 0);
  await assert.rejects(artifacts.put("more", Buffer.alloc(69_000_000)), {
    code: MeshCode.PayloadTooLarge,
    message: /68157440/,
  });
});

test("what a task makes bears its id and trace, and is read by who may submit or call, and by nobody else", async () => {
  await using home = await storedMesh(writerMesh, ["writer"]);
  const worker = await home.connect("writer");
  await worker.serve(
    writer,
    { write: async ({ text }, ctx) => (await ctx.artifacts.put("draft", text)).version },
    { tasks: { attempts: 3, firstDelayMs: 20 } },
  );
  const boss = await home.connect("boss");
  const task = await boss.client(writer).write.submit({ text: "hello" }, { id: "t1" });
  assert.equal(await task.result({ timeoutMs: 20_000 }), 1);
  for (const name of ["boss", "caller"]) {
    const { artifacts } = name === "boss" ? boss : await home.connect(name);
    const { content, ...draft } = await artifacts.get("draft", { owner: "writer" });
    assert.equal(Buffer.from(content).toString(), "hello");
    assert.deepEqual([draft.owner, draft.task, draft.call], ["writer", "t1", undefined]);
    assert.match(draft.trace ?? "", /^[0-9a-f]{32}$/);
    const made = await artifacts.list({ owner: "writer", task: "t1" });
    assert.deepEqual(
      made.map(({ name }) => name),
      ["draft"],
    );
    assert.deepEqual(await artifacts.list({ owner: "writer", task: "t2" }), []);
  }
  const { artifacts } = await home.connect("stranger");
  await assert.rejects(artifacts.get("draft", { owner: "writer" }), {
    code: MeshCode.PermissionDenied,
  });
});

test("an attempt that is made again puts the same version, not another one", async () => {
  await using home = await storedMesh(writerMesh, ["writer"]);
  const worker = await home.connect("writer");
  const seen: number[] = [];
  await worker.serve(
    writer,
    {
      write: async ({ text }, ctx) => {
        const { version } = await ctx.artifacts.put("draft", text);
        seen.push(version);
        if (ctx.attempt < 3) throw new RangeError("again");
        return version;
      },
    },
    { tasks: { attempts: 3, firstDelayMs: 20, maxDelayMs: 50 } },
  );
  const task = await (await home.connect("boss")).client(writer).write.submit({ text: "hello" });
  assert.equal(await task.result({ timeoutMs: 20_000 }), 1);
  assert.deepEqual(seen, [1, 1, 1]);
});

test("two instances that put at once both do, and who expects another version puts nothing", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const [one, other] = [await mesh.connect("writer"), await mesh.connect("writer")];
  await Promise.all(
    Array.from({ length: 8 }, (_, at) => (at % 2 ? one : other).artifacts.put("page", `${at}`)),
  );
  const versions = await one.artifacts.versions("page");
  assert.deepEqual(
    versions.map(({ version }) => version),
    [8, 7, 6, 5, 4, 3, 2, 1],
  );
  await assert.rejects(one.artifacts.put("page", "late", { expected: 7 }), {
    code: MeshCode.Conflict,
    message: /page is at version 8, not at 7/,
  });
  assert.equal((await one.artifacts.put("page", "next", { expected: 8 })).version, 9);
});

test("of more than a hundred versions the oldest give up their room", async () => {
  await using home = await storedMesh(writerMesh, []);
  const { artifacts } = await home.connect("writer");
  for (let at = 1; at <= 102; at++) await artifacts.put("page", `version ${at}`);
  const versions = await artifacts.versions("page");
  assert.deepEqual([versions.length, versions.at(-1)?.version], [100, 3]);
  assert.equal(await textIn(artifacts, "page", 3), "version 3");
  await assert.rejects(artifacts.get("page", { version: 1 }), { code: MeshCode.UnknownArtifact });
  // Each version's part, the list of versions, and the list of names.
  assert.equal(await left(home, Store.artifacts), 104);
});

test("names, versions and owners that cannot be are refused with what is allowed", async () => {
  await using mesh = await startMesh({ jetstream: true });
  const { artifacts } = await mesh.connect("writer");
  for (const name of ["", "A", "a b", "=list", "a.>", "../a", "a".repeat(64)]) {
    await assert.rejects(artifacts.put(name, "x"), {
      code: MeshCode.InvalidArgument,
      message: /tokens joined by dots/,
    });
  }
  await assert.rejects(artifacts.get("none"), {
    code: MeshCode.UnknownArtifact,
    message: /writer has no artifact none/,
  });
  await assert.rejects(artifacts.get("none", { owner: "*" }), { code: MeshCode.InvalidArgument });
  await assert.rejects(artifacts.rollBack("none", 1), { code: MeshCode.UnknownArtifact });
  assert.deepEqual(await artifacts.list(), []);
  assert.deepEqual(await artifacts.versions("none"), []);
});
