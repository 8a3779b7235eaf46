import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError, type Logger, MeshCode, type MeshError } from "@myelin/mesh";
import { startMesh } from "@myelin/mesh/testing";
import { lab, labour } from "../support/lab.ts";
import { scraped } from "../unit/telemetry/scraped.ts";

type Line = readonly [fields: Readonly<Record<string, unknown>>, text: string | undefined];

/** A logger that keeps what was said as an error. */
function keeping(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const quiet = () => {};
  const error = (fields: Line[0], text?: string) => void lines.push([fields, text]);
  return { logger: { debug: quiet, info: quiet, warn: quiet, error }, lines };
}

async function failure(call: Promise<unknown>): Promise<MeshError> {
  const thrown: unknown = await call.then(
    (value) => assert.fail(`it answered ${String(value)}`),
    (error: unknown) => error,
  );
  assert.ok(isMeshError(thrown), String(thrown));
  return thrown;
}

const first = (frames: AsyncIterable<unknown>) => frames[Symbol.asyncIterator]().next();

test("an answer that JSON cannot say is an error in its agent's figures and its log, with the call", async () => {
  await using mesh = await startMesh();
  const { logger, lines } = keeping();
  const agent = await mesh.serve(lab, labour(), { logger });
  const client = (await mesh.connect("ops")).client(lab);
  const error = await failure(client.odd({ what: "bigint" }, { id: "call-1" }));
  assert.equal(error.code, MeshCode.InvalidOutput);
  assert.doesNotMatch(error.message, /BigInt/);
  const [odd] = agent.metrics.snapshot().served;
  assert.deepEqual([odd?.skill, odd?.calls, odd?.errors], ["odd", 1, 1]);
  const page = await scraped(agent.metrics.registry);
  assert.deepEqual(page.values("mesh_server_errors_total"), [1]);
  const [fields, text] = lines[0] ?? [];
  assert.match(String(fields?.["err"]), /BigInt/);
  assert.deepEqual([fields?.["id"], fields?.["caller"]], ["call-1", "ops"]);
  assert.match(text ?? "", /the answer of lab\.odd cannot be sent/);
  assert.equal(lines.length, 1);
});

test("so is a frame, and an answer that no message and no store can hold", async () => {
  await using mesh = await startMesh();
  const { logger, lines } = keeping();
  const agent = await mesh.serve(lab, labour(), { logger });
  const client = (await mesh.connect("ops")).client(lab);
  const codes = [
    await failure(first(client.oddly({ what: "bigint" }))),
    await failure(client.odd({ what: "large" })),
  ].map(({ code }) => code);
  assert.deepEqual(codes, [MeshCode.InvalidOutput, MeshCode.PayloadTooLarge]);
  assert.deepEqual(
    agent.metrics.snapshot().served.map(({ skill, errors }) => [skill, errors]),
    [
      ["odd", 1],
      ["oddly", 1],
    ],
  );
  assert.equal(lines.length, 2);
});

test("what a toJSON of the answer's own throws is for the agent's log alone", async () => {
  await using mesh = await startMesh();
  const { logger, lines } = keeping();
  const toJSON = () => {
    throw new TypeError("the password is hunter2");
  };
  await mesh.serve(lab, { ...labour(), echo: () => ({ toJSON }) }, { logger });
  const error = await failure((await mesh.connect("ops")).client(lab).echo("x"));
  assert.equal(error.code, MeshCode.InvalidOutput);
  assert.doesNotMatch(error.message, /hunter2/);
  assert.match(String(lines[0]?.[0]["err"]), /hunter2/);
});
