import assert from "node:assert/strict";
import { test } from "node:test";
import { MeshCode, MeshError } from "../../../libs/errors/index.ts";
import { CallSignal, Wheel } from "../../../libs/pipeline/index.ts";
import { call, ManualClock } from "../../../libs/testing/index.ts";
import {
  type ForeignLetter,
  Inbox,
  Outgoing,
  type SignForeign,
} from "../../../libs/transport/index.ts";
import { readForeignProof, readRequestHead } from "../../../libs/wire/index.ts";
import { block, FakeLink } from "./world.ts";

const operation = { agent: "desk/far", workspace: "desk", key: "desk/far.work" };

/** A caller of another workspace's agent `far`. */
function calling(sign?: SignForeign) {
  const far = new FakeLink();
  const clock = new ManualClock(1_000);
  const wheel = new Wheel(clock);
  const told: string[] = [];
  const tell = (agent: string) => void told.push(agent);
  const inbox = new Inbox(far.link, "pricer", "p1", () => {});
  const outgoing = new Outgoing({
    ...{ link: far.link, inbox, name: "pricer", clock, wheel },
    membership: { lost: tell, suspected: tell, heard: tell },
    ...(sign === undefined ? {} : { sign }),
  });
  const ask = (more: object = {}) => {
    const signal = new CallSignal(wheel);
    signal.expire(clock.now() + 5_000, 5_000, "desk/far.work");
    const sending = call({ signal, path: "pricer", operation: { ...operation, ...more } });
    const answer = outgoing.send(sending);
    answer.catch(() => undefined);
    return { answer, signal };
  };
  const controls = () => far.sent.filter(({ subject }) => subject.startsWith("mesh.outcontrol."));
  return { far, clock, told, ask, controls };
}

const proved: SignForeign = ({ token }) => ({ token, envelope: "a.b", signer: "x.y.z" });

test("a call to another workspace goes there by name, signed, with its token", async () => {
  const letters: ForeignLetter[] = [];
  const { far, ask } = calling((letter) => {
    letters.push(letter);
    return proved(letter);
  });
  const { answer } = ask();
  const [sent] = far.sent;
  assert.equal(sent?.subject, "mesh.outcall.desk.far.work.any.pricer");
  const proof = readForeignProof(sent?.head ?? "");
  assert.deepEqual(proof, { token: letters[0]?.token, envelope: "a.b", signer: "x.y.z" });
  assert.equal(sent?.reply, `_INBOX.pricer.p1.${proof?.token}`);
  assert.equal(readRequestHead(sent?.head ?? "", "pricer").timeoutMs, 5_000);
  assert.deepEqual([letters[0]?.leftMs, letters[0]?.route], [5_000, "any"]);
  far.deliver(sent?.reply ?? "", "7", block("Mesh-From: f1 1"));
  assert.equal((await answer).value, 7);
});

test("without somebody to sign, or without a key to sign with, nothing leaves", async () => {
  const none = calling();
  await assert.rejects(none.ask().answer, { code: MeshCode.PermissionDenied });
  const { far, ask } = calling(() => {
    throw new MeshError(MeshCode.PermissionDenied, "no credentials");
  });
  await assert.rejects(ask().answer, { message: /no credentials/ });
  assert.deepEqual([...none.far.sent, ...far.sent], []);
});

test("a cancel follows the call, and a refusal of its subject reaches its caller", async () => {
  const { far, ask, controls } = calling(proved);
  const { signal } = ask();
  const token = readForeignProof(far.sent[0]?.head ?? "")?.token;
  signal.end(new MeshError(MeshCode.Cancelled, "enough"));
  assert.equal(controls()[0]?.subject, "mesh.outcontrol.desk.far.any.pricer");
  assert.deepEqual(JSON.parse(controls()[0]?.text ?? ""), { cancel: { token } });
  const { answer } = ask();
  far.deny("mesh.outcall.desk.far.work.any.pricer");
  await assert.rejects(answer, { code: MeshCode.PermissionDenied });
});

test("nobody there is unknown_agent, and says that it may not be shared", async () => {
  const { far, ask } = calling(proved);
  const { answer } = ask();
  far.deliver(far.sent[0]?.reply ?? "", "", "NATS/1.0 503\r\n\r\n");
  await assert.rejects(answer, {
    code: MeshCode.UnknownAgent,
    message: /shared with this workspace/,
  });
});

test("calls that any instance may have are asked after one by one; those of a known one together", () => {
  const { far, clock, ask, controls, told } = calling(proved);
  for (let at = 0; at < 3; at++) ask();
  clock.advance(300);
  const probes = () =>
    controls().map(({ subject, text }) => [subject, JSON.parse(text).probe.tokens]);
  const first = probes();
  assert.equal(first.length, 3);
  assert.ok(first.every(([subject, tokens]) => subject.includes(".any.") && tokens.length === 1));
  for (const { text, reply } of controls()) {
    const held = JSON.parse(text).probe.tokens;
    far.deliver(reply, JSON.stringify({ instance: "f1", held, load: 1 }));
    // The end of the way back follows.
    far.deliver(reply);
  }
  far.sent.length = 0;
  clock.advance(300);
  assert.deepEqual(
    probes().map(([subject, tokens]) => [subject, tokens.length]),
    [["mesh.outcontrol.desk.far.i-f1.pricer", 3]],
  );
  assert.deepEqual(new Set(told), new Set(["desk/far"]));
});
