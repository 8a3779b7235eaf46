import assert from "node:assert/strict";
import { test } from "node:test";
import { Parts, type PartsParts, type Place } from "../../../libs/durable/claims/parts.ts";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { Clock } from "../../../libs/pipeline/index.ts";

/** Every wait is over with the next turn. */
const clock: Clock = {
  now: () => 0,
  schedule: (_ms, run) => {
    const waiting = setImmediate(run);
    return () => clearImmediate(waiting);
  },
};

const place: Place = { stream: "S", subject: (part) => `s.${part}`, what: "the thing" };

/** A store in memory, of which a test says how it misbehaves. */
function stored({ missing = 0, failing = 0 } = {}) {
  const kept = new Map<string, Buffer>();
  const seen = { puts: 0, looks: 0, most: 0, now: 0 };
  let left = { missing, failing };
  const busy = async <T>(answer: () => T): Promise<T> => {
    seen.most = Math.max(seen.most, ++seen.now);
    await new Promise((resolve) => setImmediate(resolve));
    seen.now--;
    return answer();
  };
  const store = {
    put: ({ subject, payload }: { subject: string; payload: Uint8Array | string }) =>
      busy(() => {
        seen.puts++;
        if (left.failing > 0) {
          left = { ...left, failing: left.failing - 1 };
          throw new MeshError(MeshCode.UnknownOutcome, "said nothing");
        }
        const isThere = kept.has(subject);
        kept.set(subject, Buffer.from(payload));
        return isThere ? { is: "outdated" } : { is: "stored", sequence: 1, duplicate: false };
      }),
    last: (_stream: string, subject: string) =>
      busy(() => {
        seen.looks++;
        if (left.missing > 0) {
          left = { ...left, missing: left.missing - 1 };
          return undefined;
        }
        const payload = kept.get(subject);
        return payload === undefined ? undefined : { payload };
      }),
  };
  const link = { isUp: true, maxPayload: 2_560 };
  const parts = { link, store, clock } as unknown as PartsParts;
  return { parts: new Parts(parts), kept, seen };
}

const nothing = { headers: [], signal: undefined };
const body = Buffer.from(Array.from({ length: 50_001 }, (_, at) => at % 251));

test("what is written in parts is read as it was, a few parts at a time", async () => {
  const { parts, seen } = stored();
  const measure = await parts.write(place, body, nothing);
  assert.deepEqual([measure.bytes, measure.partBytes, seen.puts], [50_001, 2_048, 25]);
  assert.ok(Buffer.from(await parts.read(place, measure, undefined)).equals(body));
  assert.ok(seen.most <= 6, `${seen.most} at once`);
});

test("a part of which it is not known whether it is stored is written again", async () => {
  const { parts, seen } = stored({ failing: 2 });
  const measure = await parts.write(place, body, nothing);
  assert.equal(seen.puts, 27);
  assert.ok(Buffer.from(await parts.read(place, measure, undefined)).equals(body));
});

test("a part that a replica does not have yet is looked for again", async () => {
  const { parts } = stored({ missing: 4 });
  const measure = await parts.write(place, body, nothing);
  assert.ok(Buffer.from(await parts.read(place, measure, undefined)).equals(body));
});

test("a part that is gone, short or another one is said to be", async () => {
  const { parts, kept } = stored();
  const measure = await parts.write(place, body, nothing);
  kept.set("s.3", Buffer.alloc(2_048));
  const lost = { code: MeshCode.MalformedPayload };
  await assert.rejects(parts.read(place, measure, undefined), { ...lost, message: /its digest/ });
  kept.set("s.3", Buffer.alloc(7));
  await assert.rejects(parts.read(place, measure, undefined), {
    ...lost,
    message: /part 3 has 7 bytes, not 2048/,
  });
  kept.delete("s.3");
  await assert.rejects(parts.read(place, measure, undefined), {
    ...lost,
    message: /the thing is not in the store: it has expired, or was removed \(s\.3\)/,
  });
});
