import assert from "node:assert/strict";
import { test } from "node:test";
import { findProgram, steps } from "../../../setup/find.mjs";
import { natsServer } from "../../../setup/programs.mjs";
import { SetupError, type Step, StepFailed } from "../../../setup/step.mjs";
import { emptyMachine } from "./machine.ts";

const absent = (name: string): Step => failing(name, `no ${name}`, true);

test("the ladder goes from a person's word to a build", () => {
  assert.deepEqual(
    [...steps.look, ...steps.fetch].map((step) => step.name),
    [
      "the environment",
      "PATH",
      "the cache",
      "the cache",
      "the official release archive",
      "a build by Go",
      "Debian's package",
      "a build by Debian's Go",
    ],
  );
});

test("the first step that finds a program ends the search without a word", async () => {
  await using machine = await emptyMachine();
  const never = failing("never", "must not be asked");
  const ladder = { look: [absent("a"), finding("/b"), never], fetch: [never] };
  assert.equal(await findProgram(natsServer, machine, ladder), "/b");
  assert.deepEqual(machine.lines, []);
});

test("a step that fails says in one line why and what is next", async () => {
  await using machine = await emptyMachine();
  const ladder = {
    look: [absent("a"), failing("b", "b is too old\nand more"), absent("c")],
    fetch: [failing("d", "d is down"), finding("/e")],
  };
  assert.equal(await findProgram(natsServer, machine, ladder), "/e");
  assert.deepEqual(machine.lines, [
    "nats-server: no a; next: b",
    "nats-server: b is too old; next: c",
    "nats-server: no c; next: fetching one",
    "nats-server: d is down; next: found",
  ]);
});

test("when every step fails the message tells each reason and what a person can do", async () => {
  await using machine = await emptyMachine();
  const ladder = { look: [absent("a")], fetch: [absent("a"), failing("b", "b is down")] };
  await assert.rejects(findProgram(natsServer, machine, ladder), (error: Error) => {
    assert.ok(error instanceof SetupError);
    assert.match(error.message, /^nats-server 2\.12\.0 or newer could not be had:\n {2}- no a\n/);
    assert.match(error.message, /- b is down\n/);
    assert.match(error.message, /install nats-server \(https:\/\/nats\.io\/download\)/);
    assert.match(error.message, /set MYELIN_NATS_SERVER/);
    assert.equal(error.message.match(/no a/g)?.length, 1);
    return true;
  });
});

test("a mistake of a person ends the search at once", async () => {
  await using machine = await emptyMachine();
  const wrong: Step = { name: "wrong", find: () => Promise.reject(new SetupError("put it right")) };
  const ladder = { look: [wrong, finding("/never")], fetch: [] };
  await assert.rejects(findProgram(natsServer, machine, ladder), /put it right/);
});

function finding(path: string): Step {
  return { name: "found", find: async () => path };
}

function failing(name: string, reason: string, isAbsent = false): Step {
  return { name, find: () => Promise.reject(new StepFailed(reason, { absent: isAbsent })) };
}
