import assert from "node:assert/strict";
import { test } from "node:test";
import { isMeshError } from "@myelin/mesh";
import fc from "fast-check";
import { readCloud, writeCloud } from "../../../../libs/durable/events/cloud.ts";
import { writeHead } from "../../../../libs/durable/stored/store.ts";

const told = {
  publisher: "accounts",
  name: "user.left",
  id: "e1",
  time: new Date(0),
  subject: undefined,
  contentType: "application/json",
};
const body = (text: string) => Buffer.from(text);
const empty = body("");
const head = (...lines: string[]) => `NATS/1.0\r\n${lines.join("\r\n")}\r\n\r\n`;

test("the headers of an event are CloudEvents' own, in binary mode", () => {
  assert.deepEqual(writeCloud({ ...told, subject: "ada" }), [
    ["ce-specversion", "1.0"],
    ["ce-id", "e1"],
    ["ce-source", "/accounts/user.left"],
    ["ce-type", "accounts.user.left"],
    ["ce-time", "1970-01-01T00:00:00.000Z"],
    ["ce-subject", "ada"],
    ["ce-datacontenttype", "application/json"],
  ]);
});

test("any well-formed subject and id survive the way through a header, which stays printable", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(text, text, (id, subject) => {
      const block = writeHead(writeCloud({ ...told, id, subject }));
      assert.match(block.replaceAll("\r\n", ""), /^[\x20-\x7e]+$/);
      const read = readCloud(block, empty);
      assert.deepEqual([read.id, read.subject], [id, subject]);
    }),
  );
});

test("bytes from anybody are an event, or a MeshError that says why not", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "ce-id: e1",
      "ce-id: %",
      "ce-time: soon",
      "Content-Type: application/cloudevents+json",
    ),
    fc.string().map((text) => text.replaceAll(/[\r\n]/g, "")),
  );
  fc.assert(
    fc.property(fc.array(line), fc.uint8Array({ maxLength: 200 }), (lines, payload) => {
      try {
        const read = readCloud(head(...lines), payload);
        assert.ok(read.id.length > 0);
        void [read.type, read.source, read.time, read.subject, read.data];
      } catch (error) {
        assert.ok(isMeshError(error), String(error));
      }
    }),
  );
});

test("an event in structured mode is read from its body", () => {
  const block = head("Content-Type: application/cloudevents+json; charset=utf-8");
  const event = { id: "s1", type: "t", source: "/s", time: "2026-01-02T03:04:05Z", data: { a: 1 } };
  const { id, type, source, time, data } = readCloud(block, body(JSON.stringify(event)));
  assert.deepEqual(
    [id, type, source, time?.getTime(), data],
    ["s1", "t", "/s", Date.UTC(2026, 0, 2, 3, 4, 5), { a: 1 }],
  );
  for (const wrong of ["7", "null", "{}", '{"id":""}', '{"id":7}']) {
    assert.throws(
      () => readCloud(block, body(wrong)),
      (error) => isMeshError(error, "malformed_payload"),
    );
  }
});

test("data is read as JSON where it says so, or says nothing, and refused otherwise", () => {
  const read = (type: string) =>
    readCloud(head("ce-id: e1", `ce-datacontenttype: ${type}`), body("[1]")).data;
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "application/x+json",
  ]) {
    assert.deepEqual(read(type), [1]);
  }
  assert.deepEqual(readCloud(head("ce-id: e1"), body("[1]")).data, [1]);
  assert.throws(
    () => read("text/plain"),
    (error) => isMeshError(error, "unsupported_content_type"),
  );
});
