import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Logger, MeshCode, MeshError } from "@myelin/mesh";
import { eventually, startMesh } from "@myelin/mesh/testing";
import { callSubject, inboxPrefix, presenceSubject } from "@myelin/subjects";
import { Link } from "../../libs/nats/index.ts";
import { greeter, handlers } from "../support/greeter.ts";
import { HomeMesh } from "../support/home-mesh.ts";
import { movedMs } from "../support/moved.ts";

const policy = `
version: 1
workspaces:
  test:
    agents:
      greeter: { skills: [greet, echo] }
      friend: { calls: [greeter.greet] }
      stranger: {}
`;
const seen = () => ({ aborted: [], yielded: 0, left: 0, calls: 0 });

/** A logger that keeps what was said. */
function keeping(): { readonly logger: Logger; readonly said: string[] } {
  const said: string[] = [];
  const keep = (_fields: unknown, text = ""): void => void said.push(text);
  return { logger: { debug: keep, info: keep, warn: keep, error: keep }, said };
}

test("a call without a grant fails within milliseconds, and names subject and line", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(greeter, handlers(seen()));
  const { logger, said } = keeping();
  const stranger = await mesh.connect("stranger", { logger });
  // Twice: what discovery was refused the first time must not hold up the second.
  for (let attempt = 0; attempt < 2; attempt++) {
    const from = movedMs();
    const refused = await stranger
      .client(greeter)
      .echo({ text: "x" })
      .catch((error: unknown) => error);
    assert.ok(refused instanceof MeshError, String(refused));
    assert.equal(refused.code, MeshCode.PermissionDenied);
    assert.match(refused.message, /publish to mesh\.call\.greeter\.echo\.any\.stranger/);
    assert.match(refused.message, /agents\.stranger\.calls: \[greeter\.echo\]/);
    assert.ok(movedMs() - from < 250, `took ${movedMs() - from} ms`);
  }
  assert.deepEqual(said, []);
});

test("a stream without a grant fails at its first frame, in the same way", async () => {
  await using mesh = await startMesh({ policy });
  const stranger = (await mesh.connect("stranger")).client(greeter);
  const from = movedMs();
  await assert.rejects(
    async () => {
      for await (const _frame of stranger.count({ to: 3 })) assert.fail("a frame came");
    },
    { code: MeshCode.PermissionDenied, message: /agents\.stranger\.calls: \[greeter\.count\]/ },
  );
  assert.ok(movedMs() - from < 250);
});

test("one skill that is not granted disturbs no call to another of the same agent", async () => {
  await using mesh = await startMesh({ policy });
  await mesh.serve(greeter, handlers(seen()));
  const friend = (await mesh.connect("friend")).client(greeter);
  const calls = Array.from({ length: 50 }, (_, at) => [
    friend.greet({ name: `${at}` }).then(({ text }) => text),
    friend.echo({ text: `${at}` }).then(
      () => "came through",
      (error: MeshError) => error.code,
    ),
  ]);
  const answers = await Promise.all(calls.flat());
  for (const [at, answer] of answers.entries()) {
    if (at % 2 === 1) assert.equal(answer, MeshCode.PermissionDenied);
    else assert.match(answer, /^Hello \d+ from friend/);
  }
});

test("an agent that serves without being granted skills learns the line when it serves", async () => {
  await using mesh = await startMesh({
    policy: policy
      .replace("{ skills: [greet, echo] }", "{}")
      .replace("{ calls: [greeter.greet] }", "{}"),
  });
  await assert.rejects(mesh.serve(greeter, handlers(seen())), {
    code: MeshCode.PermissionDenied,
    message: /mesh\.control\.greeter\.any\.\*; mesh\.yaml would with agents\.greeter\.skills/,
  });
});

test("an agent that serves a contract without skills learns that it need not", async () => {
  await using mesh = await startMesh({
    policy: policy
      .replace("{ skills: [greet, echo] }", "{}")
      .replace("{ calls: [greeter.greet] }", "{}"),
  });
  await assert.rejects(mesh.serve({ ...greeter, skills: {} }, {}), {
    code: MeshCode.PermissionDenied,
    message: /serve greeter: its contract has no skills.*it need not serve/,
  });
});

test("a refusal that nobody waits for is told once a line, however often it comes", async () => {
  await using mesh = await startMesh({ policy });
  const said: string[] = [];
  await mesh.credentials("friend");
  await using link = await Link.connect({
    name: "friend",
    ...mesh.access,
    onTrouble: ({ message }) => said.push(message),
  });
  for (let beat = 0; beat < 20; beat++) {
    link.publish(presenceSubject("friend", "a1"), "");
    link.publish(`${inboxPrefix("stranger", "a1")}${beat}`, "");
    link.publish(callSubject("greeter", "greet", "any", "stranger"), "");
  }
  await link.flush();
  // One line would allow both the beats and the replies; nothing allows speaking as another.
  const told = [/presence\.friend\.a1; .* agents\.friend\.skills/, /any\.stranger; no line/];
  await eventually("everything is told", () => said.length >= told.length);
  assert.equal(said.length, told.length, said.join("\n"));
  for (const [at, line] of told.entries()) assert.match(said[at] ?? "", line);
});

test("a grant that is applied opens what was refused, to the same connection", async () => {
  await using mesh = await HomeMesh.start({
    mesh: policy.replace("  test:", "  desk:"),
  });
  const agent = await mesh.connect("greeter");
  await agent.serve(greeter, handlers(seen()));
  const stranger = (await mesh.connect("stranger")).client(greeter);
  await assert.rejects(stranger.echo({ text: "x" }), { code: MeshCode.PermissionDenied });
  const file = join(mesh.cwd, "mesh", "mesh.yaml");
  const granted = readFileSync(file, "utf8").replace(
    "stranger: {}",
    "stranger: { calls: [greeter.echo] }",
  );
  writeFileSync(file, granted);
  const { exit, err } = await mesh.run("apply");
  assert.equal(exit, 0, err);
  await eventually("the call comes through", async () => {
    const answer = await stranger.echo({ text: "x" }).catch(() => undefined);
    return answer?.text === "x";
  });
});
