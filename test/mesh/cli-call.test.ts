import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { eventually } from "@myelin/mesh/testing";
import { run } from "../../services/cli/cli.ts";
import { CliMesh } from "../support/cli-mesh.ts";

test("call prints an answer on one line for a pipe, and laid out for a person", async () => {
  await using mesh = await CliMesh.start();
  const args = ["call", "scribe", "shout", '{"text":"hi"}'];
  assert.deepEqual(await mesh.run(args), { exit: 0, out: '{"text":"HI!"}\n', err: "" });
  assert.equal((await mesh.run(args, { isTty: true })).out, '{\n  "text": "HI!"\n}\n');
  assert.equal((await mesh.run([...args, "--json"], { isTty: true })).out, '{"text":"HI!"}\n');
});

test("call takes its input from standard input as well", async () => {
  await using mesh = await CliMesh.start();
  const ran = await mesh.run(["call", "scribe", "shout", "-"], { input: '{"text":"in"}' });
  assert.equal(ran.out, '{"text":"IN!"}\n');
});

test("call prints each frame of a stream on a line of its own", async () => {
  await using mesh = await CliMesh.start();
  const args = ["call", "scribe", "spell", '{"text":"abc"}'];
  assert.deepEqual(await mesh.run(args), { exit: 0, out: '"a"\n"b"\n"c"\n', err: "" });
  assert.equal((await mesh.run(args, { isTty: true })).out, "a\nb\nc\n");
});

test("what an agent sends cannot steer a person's terminal", async () => {
  await using mesh = await CliMesh.start();
  const input = JSON.stringify({ text: "\u001b\u0007x" });
  const ran = await mesh.run(["call", "scribe", "spell", input], { isTty: true });
  assert.equal(ran.out, "\n\nx\n");
});

test("call says which agents are there when the one asked for is not", async () => {
  await using mesh = await CliMesh.start();
  const { exit, out, err } = await mesh.run(["call", "scribble", "shout"]);
  assert.equal(exit, 4);
  assert.equal(out, "");
  assert.match(err, /unknown_agent: nobody serves scribble; agents here: scribe\n/);
  assert.match(err, /next: `myelin agents` lists who is there/);
});

test("call says that nobody is there at all", async () => {
  await using mesh = await CliMesh.start(0);
  const { exit, err } = await mesh.run(["call", "scribe", "shout"]);
  assert.equal(exit, 4);
  assert.match(err, /nobody serves scribe, and no other agent is there/);
});

test("call says which skills there are when the one asked for is not", async () => {
  await using mesh = await CliMesh.start();
  const { exit, err } = await mesh.run(["call", "scribe", "shot"]);
  assert.equal(exit, 4);
  assert.match(err, /scribe has no skill shot; its skills: shout, spell, wait, fall\n/);
  assert.match(err, /next: `myelin card scribe`/);
});

test("call says where its input stops being JSON, without asking anybody", async () => {
  await using mesh = await CliMesh.start(0);
  const { exit, err } = await mesh.run(["call", "scribe", "shout", '{"text": oops}']);
  assert.equal(exit, 2);
  assert.match(err, /the argument is not JSON: unexpected "o", line 1, column 10/);
});

test("call says what in its input breaks the contract", async () => {
  await using mesh = await CliMesh.start();
  const { exit, err } = await mesh.run(["call", "scribe", "shout", '{"text":5}']);
  assert.equal(exit, 2);
  assert.match(err, /invalid_input: .*text: .*string/);
});

test("call shows an error that the skill declares, with its data", async () => {
  await using mesh = await CliMesh.start();
  const args = ["call", "scribe", "shout", '{"text":""}'];
  const { exit, err } = await mesh.run(args);
  assert.equal(exit, 5);
  assert.match(err, /domain_error: .*too_quiet\n\{\n {2}"letters": 0\n\}/);
  const { error } = JSON.parse((await mesh.run([...args, "--json"])).err);
  assert.equal(error.code, "domain_error");
  assert.deepEqual(error.domain, { name: "too_quiet", data: { letters: 0 } });
});

test("call tells of a handler that failed, but nothing from inside it", async () => {
  await using mesh = await CliMesh.start();
  const { exit, err } = await mesh.run(["call", "scribe", "fall"]);
  assert.equal(exit, 1);
  assert.match(err, /handler_failed/);
  assert.doesNotMatch(err, /secret/);
});

test("--timeout ends a call that takes longer", async () => {
  await using mesh = await CliMesh.start();
  const { exit, err } = await mesh.run(["call", "scribe", "wait", "--timeout", "100ms"]);
  assert.equal(exit, 1);
  assert.match(err, /deadline_exceeded/);
  assert.match(err, /next: --timeout allows more time/);
});

test("Ctrl-C cancels the call at the agent as well", async () => {
  await using mesh = await CliMesh.start();
  const terminal = mesh.terminal();
  const ran = run(["call", "scribe", "wait"], terminal);
  await eventually("the handler waits", () => mesh.waiting === 1);
  terminal.interrupt();
  assert.equal(await ran, 130);
  assert.match(terminal.complained, /cancelled: .*interrupted\n/);
  await eventually("the handler was told", () => mesh.aborted === 1);
});

test("a call begins a trace when the environment names a collector", async () => {
  await using mesh = await CliMesh.start();
  const posted: (string | undefined)[] = [];
  const collector = createServer((request, response) => {
    posted.push(request.url);
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const { port } = collector.address() as AddressInfo;
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const { exit } = await mesh.run(["call", "scribe", "shout", '{"text":"a"}'], { env });
  assert.equal(exit, 0);
  assert.deepEqual(posted, ["/v1/traces"]);
  collector.closeAllConnections();
  collector.close();
});

test("--as is the caller's name, and must be a token", async () => {
  await using mesh = await CliMesh.start();
  const good = await mesh.run(["call", "scribe", "shout", '{"text":"a"}', "--as", "alice"]);
  assert.equal(good.exit, 0);
  const bad = await mesh.run(["call", "scribe", "shout", "--as", "Alice *"]);
  assert.equal(bad.exit, 2);
  assert.match(bad.err, /invalid_name: .*"Alice \*"/);
});

test("wrong usage is told with exit code 2", async () => {
  await using mesh = await CliMesh.start(0);
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["cal"], /Did you mean call\?/],
    [["call", "scribe"], /missing required argument 'skill'/],
    [["call", "scribe", "shout", "{}", "--timeout", "soon"], /--timeout must be a time above 0/],
    [["call", "scribe", "shout", "--tmeout", "5"], /Did you mean --timeout\?/],
    [["call", "Scribe", "shout"], /invalid_name: agent name/],
    [["tap", "--count", "none"], /--count must be a whole number from 1 up/],
    [["agents", "--as", "."], /invalid_name/],
    [["env", "--as", "."], /invalid_|--as must be/],
  ];
  for (const [args, says] of wrong) {
    const { exit, err } = await mesh.run(args);
    assert.match(err, says);
    assert.equal(exit, 2, args.join(" "));
    const forScript = await mesh.run([...args, "--json"]);
    assert.equal(forScript.exit, 2, args.join(" "));
    assert.equal(typeof JSON.parse(forScript.err).error.message, "string");
  }
});

test("a server that cannot be reached is told with where it was looked for", async () => {
  await using mesh = await CliMesh.start(0);
  await mesh.mesh.server.stop();
  for (const command of [["agents"], ["card", "a"], ["call", "a", "b"], ["tap"], ["env"]]) {
    const { exit, err } = await mesh.run(command);
    assert.equal(exit, 3, command[0]);
    assert.match(err, /unavailable: cannot connect to nats:\S+: .*\(from MYELIN_URL\)\n/);
    assert.match(err, /next: start a mesh with `myelin up`/);
  }
});
