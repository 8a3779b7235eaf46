import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { codeTable, isMeshError, MeshCode, MeshError } from "../../../libs/errors/index.ts";
import {
  isErrorHead,
  isPlainAnswer,
  ReplyHeads,
  readContentType,
  readError,
  readFrames,
  readFrom,
  statusOf,
} from "../../../libs/wire/index.ts";

/** One byte a character, and characters whose low byte is another. */
const wide = fc.nat({ max: 0x3ff }).map((code) => String.fromCharCode(code));

const heads = new ReplyHeads("a1");
const codes = Object.keys(codeTable) as MeshCode[];

test("an answer says who gave it and how loaded that is, for any load", () => {
  fc.assert(
    fc.property(fc.nat({ max: 100_000 }), (load) => {
      const head = heads.answer(load, undefined);
      assert.ok(isPlainAnswer(head));
      assert.ok(!isErrorHead(head));
      assert.deepEqual(readFrom(head), { instance: "a1", load });
      assert.equal(readFrames(head), undefined);
    }),
  );
});

test("an answer in another content type names it, and is not taken for a plain one", () => {
  const head = heads.answer(1, "application/protobuf");
  assert.equal(isPlainAnswer(head), false);
  assert.equal(readContentType(head), "application/protobuf");
  assert.equal(readContentType(heads.answer(1, undefined)), undefined);
  assert.deepEqual(readFrom(head), { instance: "a1", load: 1 });
});

test("the end of a stream counts its frames", () => {
  const head = heads.end(2, 1_000_000);
  assert.equal(readFrames(head), 1_000_000);
  assert.equal(isPlainAnswer(head), false);
  assert.equal(isErrorHead(head), false);
});

test("an error crosses the wire with its code, status, text and wait, in any language", () => {
  const text = fc
    .string({ unit: "grapheme", maxLength: 80 })
    .map((one) => one.replaceAll(/[\p{C}\s]+/gu, " ").trim());
  fc.assert(
    fc.property(
      fc.constantFrom(...codes),
      text,
      fc.nat({ max: 3_600_000 }),
      (code, detail, wait) => {
        const head = heads.error(1, new MeshError(code, detail || "x", { retryAfterMs: wait }));
        assert.ok(isErrorHead(head));
        assert.ok(head.includes(`\r\nNats-Service-Error-Code: ${codeTable[code].status}\r\n`));
        const error = readError(head, () => undefined);
        assert.deepEqual(
          [error.code, error.origin, error.detail, error.retryAfterMs],
          [code, "peer", detail || "x", wait],
        );
      },
    ),
  );
});

test("a text of many lines becomes one, and the block ends where it should", () => {
  fc.assert(
    fc.property(fc.string({ unit: wide, maxLength: 3_000 }), (detail) => {
      const head = heads.error(1, new MeshError(MeshCode.Internal, detail));
      const bytes = Buffer.from(head, "latin1").toString("latin1");
      assert.equal(bytes, head, "one character a byte");
      assert.equal(bytes.indexOf("\r\n\r\n"), bytes.length - 4);
      assert.ok(bytes.length < 4_500);
      assert.equal(readError(bytes, () => undefined).code, "internal");
    }),
  );
});

test("a service that knows only ADR-32 is understood by its status", () => {
  const say = (status: string) =>
    readError(
      `NATS/1.0\r\nNats-Service-Error: no\r\nNats-Service-Error-Code: ${status}\r\n\r\n`,
      () => undefined,
    );
  const expected: readonly [string, string][] = [
    ["400", "invalid_input"],
    ["403", "permission_denied"],
    ["404", "unknown_skill"],
    ["429", "overloaded"],
    ["503", "unavailable"],
    ["504", "deadline_exceeded"],
    ["500", "handler_failed"],
    ["418", "handler_failed"],
    ["many", "handler_failed"],
    ["constructor", "handler_failed"],
  ];
  for (const [status, code] of expected) assert.equal(say(status).code, code, status);
});

test("a code that nobody knows, or that is a member of every object, falls back to the status", () => {
  for (const code of ["overflow", "__proto__", "constructor", "toString", ""]) {
    const head = `NATS/1.0\r\nMesh-Error: ${code}\r\nNats-Service-Error-Code: 429\r\n\r\n`;
    assert.equal(readError(head, () => undefined).code, "overloaded", code);
  }
});

test("a wait that nobody should ask for is not believed", () => {
  for (const wait of ["-1", "soon", "1e99", "3600001", "Infinity", "NaN"]) {
    const head = `NATS/1.0\r\nMesh-Error: overloaded\r\nMesh-Retry-After: ${wait}\r\n\r\n`;
    assert.equal(readError(head, () => undefined).retryAfterMs, undefined, wait);
  }
});

test("a domain error has its data where the body has it, and the body is read for no other", () => {
  const head = (code: string) => `NATS/1.0\r\nMesh-Error: ${code}\r\n\r\n`;
  const read = (body: unknown) => readError(head("domain_error"), () => body).domain;
  assert.deepEqual(read({ name: "short", data: [1] }), { name: "short", data: [1] });
  assert.deepEqual(read({ name: "short" }), { name: "short", data: undefined });
  for (const body of [undefined, null, 7, "short", [], {}, { name: 7 }]) {
    assert.equal(read(body), undefined);
  }
  readError(head("internal"), () => assert.fail("the body is not asked for"));
});

test("a name or load that cannot be believed is as good as absent", () => {
  const odd = [
    "a1",
    "a1 ",
    " 5",
    "a1 -1",
    "a1 1.5",
    "a1 many",
    "A1 1",
    "a.b 1",
    "* 1",
    "a\tb 1",
    "a1 1 2",
  ];
  for (const text of [...odd, "a\u010ab 1", `${"x".repeat(64)} 1`]) {
    assert.equal(
      readFrom(`NATS/1.0\r\nMesh-From: ${text}\r\n\r\n`),
      undefined,
      JSON.stringify(text),
    );
  }
});

test("the server's own status is read from its first line only", () => {
  assert.equal(statusOf("NATS/1.0 503\r\n\r\n"), 503);
  assert.equal(statusOf("NATS/1.0 408 Request Timeout\r\n\r\n"), 408);
  for (const head of ["", "NATS/1.0\r\n\r\n", "NATS/1.0\r\nX: 503\r\n\r\n", "NATS/1.0 x\r\n\r\n"]) {
    assert.equal(statusOf(head), 0);
  }
});

test("no bytes in a reply's head make it throw", () => {
  const name = fc.constantFrom(
    "Mesh-From",
    "Mesh-Error",
    "Mesh-Frames",
    "Nats-Service-Error",
    "Mesh-Retry-After",
    "Content-Type",
  );
  const head = fc.oneof(
    fc.string({ unit: wide }),
    fc
      .array(fc.tuple(name, fc.string({ unit: wide })), { maxLength: 6 })
      .map((lines) => `NATS/1.0\r\n${lines.map((line) => line.join(": ")).join("\r\n")}\r\n\r\n`),
  );
  fc.assert(
    fc.property(head, fc.anything(), (text, body) => {
      for (const read of [
        isPlainAnswer,
        isErrorHead,
        readFrom,
        readFrames,
        readContentType,
        statusOf,
      ]) {
        read(text);
      }
      assert.ok(isMeshError(readError(text, () => body)));
    }),
    { numRuns: 1_000 },
  );
});
