import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceTypes } from "@myelin/subjects";
import { Cards, type VerifyCard } from "../../../libs/discovery/index.ts";
import { isMeshError, MeshCode, MeshError } from "../../../libs/errors/index.ts";
import type { CardVerdict } from "../../../libs/identity/index.ts";
import type { Inbound } from "../../../libs/nats/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { ManualClock } from "../../../libs/testing/index.ts";

/** Cards whose verdict is what they say themselves. */
const asSaid: VerifyCard = async ({ verdict, id }) =>
  verdict === "verified"
    ? { is: "verified", name: "far", instance: String(id), role: "agent:far", sealingKey: `X${id}` }
    : (verdict as CardVerdict);

function world(verify: VerifyCard = asSaid) {
  const clock = new ManualClock();
  const asked: { subject: string; answer: (message: Inbound) => void }[] = [];
  const refused: string[] = [];
  const cards = new Cards({
    clock,
    verify,
    ask: (subject, answer) => {
      asked.push({ subject, answer });
      return () => {};
    },
    refused: (reason) => refused.push(reason),
  });
  const signal = new CallSignal(new Wheel(clock));
  const find = (instance?: string) => cards.find("far", instance, signal);
  const answer = (id: string, verdict: unknown = "verified"): void =>
    asked.at(-1)?.answer(message({ type: serviceTypes.INFO, name: "far", id, verdict }));
  return { cards, clock, asked, refused, find, answer, signal };
}

function message(document: unknown): Inbound {
  const payload = document === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(document));
  return { subject: "", reply: "", head: "", payload };
}

test("the first call asks the agent, the next ones know", async () => {
  const { asked, find, answer } = world();
  const found = find();
  assert.deepEqual(
    asked.map(({ subject }) => subject),
    ["$SRV.INFO.far"],
  );
  answer("i1");
  assert.deepEqual(await found, { instance: "i1", key: "Xi1" });
  assert.deepEqual(await find("i1"), { instance: "i1", key: "Xi1" });
  assert.equal(asked.length, 1);
});

test("calls that come while the question is out wait for the same answer", async () => {
  const { asked, find, answer } = world();
  const found = [find(), find("i2"), find()];
  answer("i1");
  answer("i2");
  const [any, second] = await Promise.all(found);
  assert.ok(any?.instance === "i1" || any?.instance === "i2");
  assert.equal(second?.instance, "i2");
  assert.equal(asked.length, 1);
});

test("an instance that shows no card is passed over for one that did", async () => {
  const { clock, find, answer } = world();
  const found = find("i9");
  answer("i1");
  await clock.advanceAsync(2_000);
  assert.equal((await found).instance, "i1");
  assert.equal((await find("i9")).instance, "i1");
});

test("a refused card is counted, and why it was is told when no other comes", async () => {
  const { clock, find, answer, refused } = world();
  const found = assert.rejects(find(), (error) => {
    assert.ok(isMeshError(error, MeshCode.PermissionDenied));
    assert.match(error.message, /no verified card says for which key: it lies/);
    return true;
  });
  answer("i1", { is: "refused", fault: "card_name", why: "it lies" });
  await clock.advanceAsync(2_000);
  await found;
  assert.deepEqual(refused, ["card_name"]);
});

test("where nobody can be judged it fails at once", async () => {
  const { find, answer } = world(() => undefined);
  const found = assert.rejects(find(), /there is no operator to trust here/);
  answer("i1");
  await found;
});

test("a card that cannot be judged now makes its agent unavailable: it may be known in a moment", async () => {
  const { find, answer } = world();
  const found = assert.rejects(
    find(),
    (error) => isMeshError(error, MeshCode.Unavailable) && /no card says/.test(error.message),
  );
  answer("i1", { is: "unknown", why: "the store says nothing" });
  await found;
});

test("an agent that nobody serves is unknown at once, and asked for again by the next call", async () => {
  const { asked, find } = world();
  const found = assert.rejects(find(), (error) => isMeshError(error, MeshCode.UnknownAgent));
  asked[0]?.answer(message(undefined));
  await found;
  const again = find();
  assert.equal(asked.length, 2);
  asked[1]?.answer(
    message({ type: serviceTypes.INFO, name: "far", id: "i1", verdict: "verified" }),
  );
  assert.equal((await again).instance, "i1");
});

test("a key is asked for anew after ten minutes, or when it is doubted", async () => {
  const { cards, clock, asked, find, answer } = world();
  const first = find();
  answer("i1");
  await first;
  clock.advance(600_001);
  const second = find("i1");
  assert.equal(asked.length, 2);
  answer("i1");
  await second;
  cards.forget("far");
  void find("i1").catch(() => {});
  assert.equal(asked.length, 3);
});

test("a call that ends meanwhile waits no longer", async () => {
  const { find, signal } = world();
  const found = find();
  signal.end(new MeshError(MeshCode.Cancelled, "enough"));
  await assert.rejects(found, (error) => isMeshError(error, MeshCode.Cancelled));
});

test("answers of other names and other kinds are none", async () => {
  const { asked, clock, find } = world();
  const found = assert.rejects(
    find(),
    (error) =>
      isMeshError(error, MeshCode.Unavailable) && /nobody answered within 2000/.test(error.message),
  );
  for (const wrong of [{ name: "near" }, { type: "other" }, { name: 7 }, "text", []]) {
    const usual = { type: serviceTypes.INFO, name: "far", id: "i1", verdict: "verified" };
    const isObject = typeof wrong === "object" && !Array.isArray(wrong);
    asked[0]?.answer(message(isObject ? { ...usual, ...wrong } : wrong));
  }
  await clock.advanceAsync(2_000);
  await found;
});
