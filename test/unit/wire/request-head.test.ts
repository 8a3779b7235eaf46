import assert from "node:assert/strict";
import { test } from "node:test";
import { maxPathLength } from "@myelin/subjects";
import fc from "fast-check";
import { isMeshError } from "../../../libs/errors/index.ts";
import { type RequestHead, readRequestHead, writeRequestHead } from "../../../libs/wire/index.ts";

/** One byte a character, and characters whose low byte is another. */
const wide = fc.nat({ max: 0x3ff }).map((code) => String.fromCharCode(code));

const nothing: RequestHead = {
  traceparent: undefined,
  tracestate: undefined,
  timeoutMs: undefined,
  id: undefined,
  path: undefined,
  attempt: 1,
  credit: undefined,
  contentType: undefined,
  onBehalf: undefined,
  replay: undefined,
  conversation: undefined,
};

function block(...lines: readonly string[]): string {
  return `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

const token = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const printable = fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const fields: { [Name in keyof RequestHead]: fc.Arbitrary<RequestHead[Name]> } = {
  traceparent: optional(fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)),
  tracestate: optional(printable),
  timeoutMs: fc.integer({ min: 1, max: 2_147_483_647 }),
  id: fc.stringMatching(/^[\w.:/+=-]{1,128}$/),
  path: optional(fc.array(token, { maxLength: 31 }).map((agents) => [...agents, "me"].join(","))),
  attempt: fc.integer({ min: 1, max: 10_000 }),
  credit: optional(fc.integer({ min: 1, max: 1_073_741_824 })),
  contentType: fc.constantFrom(undefined, "application/protobuf"),
  onBehalf: optional(fc.stringMatching(/^[\w.~,-]{1,200}$/)),
  conversation: optional(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,62}$/)),
  replay: optional(
    fc.record(
      {
        stream: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,31}$/),
        sequence: fc.nat(),
        onward: fc.boolean(),
      },
      { noNullPrototype: true },
    ),
  ),
};
const written = fc.record(fields, { noNullPrototype: true });

test("what a caller writes is what the far side reads", () => {
  fc.assert(
    fc.property(written, (head) => {
      assert.deepEqual(readRequestHead(writeRequestHead(head), "me"), head);
    }),
  );
});

test("nothing that a foreign trace carries can begin another header or end the block", () => {
  const foreign = fc.string({ unit: wide, maxLength: 400 });
  fc.assert(
    fc.property(written, foreign, (head, tracestate) => {
      const bytes = Buffer.from(writeRequestHead({ ...head, tracestate }), "latin1");
      const text = bytes.toString("latin1");
      assert.equal(text.indexOf("\r\n\r\n"), text.length - 4);
      const read = readRequestHead(text, "me");
      assert.deepEqual({ ...read, tracestate: "" }, { ...head, tracestate: "" });
    }),
  );
});

test("a wide character in a foreign trace does not become a line's end on the wire", () => {
  const head = { ...nothing, timeoutMs: 5, id: "i", tracestate: "a=1\u010d\u010aMesh-Id: stolen" };
  const bytes = Buffer.from(writeRequestHead(head), "latin1");
  assert.equal(readRequestHead(bytes.toString("latin1"), "me").id, "i");
});

test("a head without headers, or none at all, says nothing", () => {
  assert.deepEqual(readRequestHead("", "me"), nothing);
  assert.deepEqual(readRequestHead("NATS/1.0\r\n\r\n", "me"), nothing);
  assert.deepEqual(readRequestHead(block("X-Other: 1", "No colon", ": empty"), "me"), nothing);
});

test("of a header that comes twice the last counts, and spaces around a value do not", () => {
  const head = readRequestHead(block("Mesh-Id: a", "Mesh-Timeout:   7  ", "Mesh-Id:b"), "me");
  assert.deepEqual([head.id, head.timeoutMs], ["b", 7]);
});

test("each header out of its bounds is refused by its name, with what came", () => {
  const long = "x".repeat(129);
  const agents = Array.from({ length: maxPathLength }, (_, n) => `a${n}`).join(",");
  const cases: readonly [string, readonly string[]][] = [
    ["Mesh-Timeout", ["-1", "1.5", "1e3", "0x10", "soon", "", "2147483648", "99999999999", "١"]],
    ["Mesh-Id", ["", "a b", "a\tb", long, "ä", 'a"b']],
    ["Mesh-Path", ["", "you", "me,you", "A,me", ",me", "*,me", `${agents},me`]],
    ["Mesh-Attempt", ["0", "-1", "10001", "first"]],
    ["Mesh-Credit", ["0", "-5", "1073741825", "all"]],
  ];
  for (const [name, values] of cases) {
    for (const value of values) {
      assert.throws(() => readRequestHead(block(`${name}: ${value}`), "me"), {
        code: "malformed_header",
        message: new RegExp(`^malformed_header: ${name} must be `),
      });
    }
  }
});

test("values at their bounds are taken", () => {
  const longest = Array.from({ length: maxPathLength - 1 }, () => "a").join(",");
  const head = readRequestHead(
    block("Mesh-Timeout: 0", `Mesh-Path: ${longest},me`, "Mesh-Attempt: 10000", "Mesh-Credit: 1"),
    "me",
  );
  assert.deepEqual([head.timeoutMs, head.attempt, head.credit], [0, 10_000, 1]);
});

test("more headers than anybody should send are refused before they are read", () => {
  assert.throws(() => readRequestHead(block(`X: ${"x".repeat(17_000)}`), "me"), {
    code: "malformed_header",
    message: /at most 16384 bytes/,
  });
});

test("no bytes in a header block make it throw anything but a MeshError", () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "Mesh-Timeout",
      "Mesh-Id",
      "Mesh-Path",
      "Mesh-Attempt",
      "Mesh-Credit",
      "Content-Type",
    ),
  );
  const lines = fc.array(fc.tuple(name, fc.string()), { maxLength: 8 });
  const head = fc.oneof(
    fc.string({ unit: wide }),
    fc.string({ unit: wide }).map((text) => `NATS/1.0${text}`),
    lines.map((pairs) => block(...pairs.map(([key, value]) => `${key}: ${value}`))),
    lines.map((pairs) => `NATS/1.0\r\n${pairs.map((pair) => pair.join(":")).join("\r\n")}`),
  );
  fc.assert(
    fc.property(head, (text) => {
      try {
        readRequestHead(text, "me");
      } catch (error) {
        assert.ok(isMeshError(error, "malformed_header"), String(error));
        assert.ok(error.message.length < 600);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a replay's mark that cannot be read is refused: it does not pass for none", () => {
  const marks = ["", "MESH_RECORDS", "MESH_RECORDS:x", "mesh:1", "A:1; onwards", "A:1; onward; b"];
  for (const mark of marks) {
    assert.throws(
      () => readRequestHead(block(`Mesh-Replay: ${mark}`), "me"),
      (error) => isMeshError(error, "malformed_header"),
      mark,
    );
  }
  const { replay } = readRequestHead(block("Mesh-Replay: MESH_RECORDS:17; onward"), "me");
  assert.deepEqual(replay, { stream: "MESH_RECORDS", sequence: 17, onward: true });
});
