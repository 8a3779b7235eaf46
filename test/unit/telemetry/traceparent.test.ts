import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTraceparent, parseTraceparent } from "../../../libs/telemetry/index.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

test("a traceparent is read as the standard has it", () => {
  assert.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-01`), {
    traceId,
    spanId,
    sampled: true,
    state: undefined,
  });
  assert.equal(parseTraceparent(`00-${traceId}-${spanId}-00`)?.sampled, false);
});

test("of the flags only the lowest bit says sampled", () => {
  assert.equal(parseTraceparent(`00-${traceId}-${spanId}-03`)?.sampled, true);
  assert.equal(parseTraceparent(`00-${traceId}-${spanId}-fe`)?.sampled, false);
});

test("a traceparent is written in version 00 and read back the same", () => {
  const context = { traceId, spanId, sampled: true, state: undefined };
  assert.equal(formatTraceparent(context), `00-${traceId}-${spanId}-01`);
  assert.equal(formatTraceparent({ ...context, sampled: false }), `00-${traceId}-${spanId}-00`);
  assert.deepEqual(parseTraceparent(formatTraceparent(context)), context);
});

test("a version to come is read as far as it is known", () => {
  assert.equal(parseTraceparent(`cc-${traceId}-${spanId}-01`)?.traceId, traceId);
  assert.equal(parseTraceparent(`cc-${traceId}-${spanId}-01-what-else`)?.traceId, traceId);
  assert.equal(parseTraceparent(`cc-${traceId}-${spanId}-01.what-else`), undefined);
});

test("a traceparent that is not valid is as good as absent", () => {
  const bad = [
    "",
    "00",
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}-01 `,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId}-${spanId}-0x`,
    `0g-${traceId}-${spanId}-01`,
    `00-${"0".repeat(32)}-${spanId}-01`,
    `00-${traceId}-${"0".repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId.slice(1)}é-${spanId}-01`,
    `00_${traceId}_${spanId}_01`,
    ` 00-${traceId}-${spanId}-01`,
  ];
  for (const header of bad) assert.equal(parseTraceparent(header), undefined, header);
  assert.equal(parseTraceparent(undefined, "vendor=1"), undefined);
});

test("tracestate is passed on as it came, within a bound", () => {
  const header = `00-${traceId}-${spanId}-01`;
  assert.equal(parseTraceparent(header, "a=1,b=2")?.state, "a=1,b=2");
  assert.equal(parseTraceparent(header, "")?.state, undefined);
  assert.equal(parseTraceparent(header, `a=${"1".repeat(5_000)}`)?.state, undefined);
});

test("no text makes the parser throw, and what it takes is well formed", () => {
  const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdefg-"), maxLength: 60 });
  fc.assert(
    fc.property(fc.oneof(fc.string(), hex, fc.string({ unit: "binary" })), (text) => {
      for (const header of [text, `00-${text}`, `00-${traceId}-${spanId}-01${text}`]) {
        const context = parseTraceparent(header, text);
        if (context === undefined) continue;
        assert.match(context.traceId, /^[0-9a-f]{32}$/);
        assert.match(context.spanId, /^[0-9a-f]{16}$/);
      }
    }),
  );
});
