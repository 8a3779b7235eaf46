import assert from "node:assert/strict";
import { test } from "node:test";
import type { Original } from "../../../libs/durable/dead/moved.ts";
import { isMeshError } from "../../../libs/errors/index.ts";
import type { DeadLetter } from "../../../libs/operate/dead/letter.ts";
import { Redrive } from "../../../libs/operate/dead/redrive.ts";
import type { Standing } from "../../../libs/operate/standing.ts";

const original: Original = {
  ...{ subject: "mesh.event.accounts.user.left", head: "NATS/1.0\r\nce-id: e1\r\n\r\n" },
  ...{ payload: Buffer.from("{}"), sequence: 1, storedAt: new Date(0) },
};

function letter(task: string): DeadLetter {
  const letter: Partial<DeadLetter> = {
    ...{ kind: "event", agent: "crm", skill: "users", task, generation: 0, markers: [], original },
    ...{ subject: `mesh.dead.event.crm.users.${task}.0`, sequence: 1 },
    facts: {
      attempts: 1,
      instance: "i",
      subject: original.subject,
      sequence: 1,
      storedAt: "",
      givenUpAt: "",
    },
  };
  return letter as DeadLetter;
}

/** A store that takes everything, and when each letter was brought to it. */
function world() {
  const broughtAt: number[] = [];
  const store = {
    api: async () => ({}),
    put: async ({ subject }: { readonly subject: string }) => {
      if (subject.startsWith("mesh.moved.")) broughtAt.push(performance.now());
      return { is: "stored", sequence: 1, duplicate: false } as const;
    },
  };
  const standing = { name: "ops", store, signer: () => undefined } as unknown as Standing;
  return { broughtAt, standing };
}

/** What waits for its turn keeps no process alive. */
function awake(): Disposable {
  const timer = setInterval(() => {}, 60_000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

test("letters are brought back no faster than the rate, whoever asks for several at once", async () => {
  const { broughtAt, standing } = world();
  const redrive = new Redrive(standing, { rate: 20 });
  using _awake = awake();
  const begun = performance.now();
  await Promise.all(["1", "2", "3", "4"].map((task) => redrive.bring(letter(task))));
  assert.equal(broughtAt.length, 4);
  // Later is no harm, and a timer may be a millisecond early.
  for (const [place, at] of broughtAt.entries()) {
    assert.ok(at - begun >= 50 * place - 2, `number ${place + 1} came after ${at - begun} ms`);
  }
});

test("a letter whose turn is far off is given up at once, and not brought back", async () => {
  const { broughtAt, standing } = world();
  using _awake = awake();
  const abort = new AbortController();
  const redrive = new Redrive(standing, { rate: 0.001, signal: abort.signal });
  assert.equal((await redrive.bring(letter("1"))).is, "redriven");
  const second = redrive.bring(letter("2"));
  setImmediate(() => abort.abort());
  await assert.rejects(second, (error) => isMeshError(error, "cancelled"));
  assert.equal(broughtAt.length, 1);
});
