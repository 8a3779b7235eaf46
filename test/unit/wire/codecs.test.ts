import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMeshError } from "../../../libs/errors/index.ts";
import type { Codec } from "../../../libs/pipeline/index.ts";
import { json, parseProtobuf } from "../../../libs/wire/index.ts";

const source = `
syntax = "proto3";
package lib;
enum Kind { NONE = 0; BOOK = 1; }
message Item {
  string title = 1;
  uint32 pages = 2;
  int64 bytes = 3;
  bool lent = 4;
  Kind kind = 5;
  repeated string tags = 6;
  double score = 7;
  Item inner = 8;
  string snake_case = 9;
}`;

const item = parseProtobuf(source)("lib.Item");
const zero = {
  ...{ title: "", pages: 0, bytes: 0, lent: false, kind: "NONE", tags: [], score: 0 },
  snake_case: "",
};

function refuses(codec: Codec, payload: Uint8Array): void {
  try {
    codec.decode(payload);
  } catch (error) {
    assert.ok(isMeshError(error, "malformed_payload"), String(error));
  }
}

test("what JSON can carry comes back as it was, and nothing is an empty payload", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.parse(JSON.stringify(value));
      assert.deepEqual(json.decode(json.encode(plain)), plain);
    }),
  );
  assert.equal(json.encode(undefined).length, 0);
  assert.equal(json.decode(new Uint8Array(0)), undefined);
});

test("what JSON cannot carry is refused with the reason", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const thrower = {
    toJSON() {
      throw "odd";
    },
  };
  for (const value of [10n, circle, thrower]) {
    assert.throws(() => json.encode(value), { code: "malformed_payload" });
  }
});

test("bytes that are no JSON are refused with their number, and nothing else is thrown", () => {
  assert.throws(() => json.decode(Buffer.from("{nope")), {
    code: "malformed_payload",
    message: /^malformed_payload: 5 bytes are not JSON/,
  });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => refuses(json, bytes)));
});

test("text in another encoding is refused, and the mark for what is lost is a letter like others", () => {
  for (const text of ['{"a":"\u00e9"}', '"\u00ff"']) {
    const latin1 = Buffer.from(text, "latin1");
    assert.throws(() => json.decode(latin1), { code: "malformed_payload" });
    assert.deepEqual(json.decode(Buffer.from(text, "utf8")), JSON.parse(text));
  }
  assert.equal(json.decode(Buffer.from('"\ufffd"')), "\ufffd");
});

test("a payload that lies in a larger buffer is read from its own bytes only", () => {
  const whole = Buffer.from("xx[1,2]yy");
  assert.deepEqual(json.decode(whole.subarray(2, 7)), [1, 2]);
});

test("a protobuf message comes back with every field, and its names as the source has them", () => {
  const fields = fc.record(
    {
      title: fc.string(),
      pages: fc.nat({ max: 4_294_967_295 }),
      bytes: fc.maxSafeInteger(),
      lent: fc.boolean(),
      kind: fc.constantFrom("NONE", "BOOK"),
      tags: fc.array(fc.string()),
      score: fc.double({ noNaN: true }).map((score) => score + 0),
      snake_case: fc.string(),
    },
    { requiredKeys: [] },
  );
  // Protobuf's strings are UTF-8, which has no half characters.
  const wellFormed = (value: object) => !/\p{Cs}/u.test(JSON.stringify(Object.values(value)));
  fc.assert(
    fc.property(fields.filter(wellFormed), (value) => {
      const read = item.decode(item.encode(value)) as Record<string, unknown>;
      assert.deepEqual({ ...read, inner: null }, { ...zero, ...value, inner: null });
    }),
  );
});

test("a protobuf message inside another comes back in its place", () => {
  const read = item.decode(item.encode({ inner: { title: "deep" } })) as { inner: object };
  assert.deepEqual({ ...read.inner, inner: null }, { ...zero, title: "deep", inner: null });
});

test("a value that does not fit its protobuf message is refused", () => {
  for (const value of [{ tags: "one" }, { inner: 7 }, null, undefined]) {
    assert.throws(() => item.encode(value), { code: "malformed_payload" }, JSON.stringify(value));
  }
});

test("no bytes make a protobuf message throw anything but malformed_payload", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => refuses(item, bytes)));
  refuses(item, Buffer.alloc(200_000, 0x42));
  refuses(item, Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]));
});

test("messages nested without end are refused, not followed", () => {
  let deep: Buffer = Buffer.alloc(0);
  for (let depth = 0; depth < 2_000; depth++)
    deep = Buffer.concat([Buffer.from([0x42]), varint(deep.length), deep]);
  refuses(item, deep);
});

test("a contract's protobuf that cannot be read, or lacks the message, is refused at once", () => {
  assert.throws(() => parseProtobuf("message {"), { code: "invalid_argument" });
  assert.throws(() => parseProtobuf('syntax = "proto3"; message A { Missing m = 1; }'), {
    code: "invalid_argument",
  });
  assert.throws(() => parseProtobuf(source)("lib.Other"), {
    code: "invalid_argument",
    message: /no message lib\.Other/,
  });
});

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.from(bytes);
}
