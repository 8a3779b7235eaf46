import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { eventually, startNats } from "@myelin/mesh/testing";
import { connect } from "@nats-io/transport-node";

test("startNats gives a server that answers, and stop leaves no process", async () => {
  const server = await startNats();
  const nc = await connect({ servers: server.url });
  await nc.flush();
  await nc.close();
  const { pid } = server;
  assert.ok(pid !== undefined);
  await server.stop();
  await server.stop();
  assert.equal(server.pid, undefined);
  assert.equal(isAlive(pid), false);
});

test("a killed server comes back on the same port, with what it stored", async () => {
  await using server = await startNats({ jetstream: true });
  const { url } = server;
  const first = await connect({ servers: url });
  await first.request("$JS.API.STREAM.CREATE.kept", '{"name":"kept","subjects":["kept"]}', {
    timeout: 20_000,
  });
  await first.close();
  await server.kill();
  await assert.rejects(connect({ servers: url }), /refused/);
  await server.restart();
  assert.equal(server.url, url);
  const second = await connect({ servers: url });
  const listed = await second.request("$JS.API.STREAM.NAMES", "", { timeout: 20_000 });
  assert.deepEqual(listed.json<{ streams: string[] }>().streams, ["kept"]);
  await second.close();
});

test("a paused server answers nothing until it is resumed", async () => {
  await using server = await startNats();
  await using other = await startNats();
  const nc = await connect({ servers: server.url });
  const elsewhere = await connect({ servers: other.url });
  await server.pause();
  let answered = false;
  const flushed = nc.flush().then(() => {
    answered = true;
  });
  // One that is not paused answers many questions meanwhile.
  for (let asked = 0; asked < 50; asked++) await elsewhere.flush();
  await elsewhere.close();
  assert.equal(answered, false);
  server.resume();
  await flushed;
  await nc.close();
});

test("config text reaches the server, at the start and by reload", async () => {
  await using server = await startNats({ config: "max_payload: 2048", monitor: true });
  const nc = await connect({ servers: server.url });
  const { max_payload: limit } = nc.info ?? {};
  await nc.close();
  assert.equal(limit, 2048);
  await server.reload("max_payload: 4096");
  const state = await fetch(`${server.monitorUrl}/varz`);
  assert.equal(((await state.json()) as { max_payload: number }).max_payload, 4096);
  await assert.rejects(server.reload("nonsense {"), /Failed to reload/);
});

test("a server that cannot start says why", async () => {
  await assert.rejects(startNats({ config: "max_payload: nonsense" }), /nats\.conf:2/);
});

test("two servers that want the same port do not share it", async () => {
  await using first = await startNats();
  await assert.rejects(startNats({ port: first.port }), /address already in use/);
});

test("a program that is nowhere is an error, not a skipped test", async () => {
  const before = process.env.MYELIN_NATS_SERVER;
  process.env.MYELIN_NATS_SERVER = "/nowhere/nats-server";
  try {
    await assert.rejects(startNats(), /MYELIN_NATS_SERVER is \/nowhere\/nats-server/);
  } finally {
    if (before === undefined) delete process.env.MYELIN_NATS_SERVER;
    else process.env.MYELIN_NATS_SERVER = before;
  }
});

test("a test process that is killed leaves no server behind", async () => {
  const code = `import { startNats } from "@myelin/mesh/testing";
    const server = await startNats();
    console.log(server.pid);
    setInterval(() => {}, 1000);`;
  const args = ["--conditions=development", "--import", "tsx", "--input-type=module", "-e", code];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(child.stdout, "data");
  const pid = Number(String(said));
  assert.equal(isAlive(pid), true);
  child.kill("SIGKILL");
  await eventually("the server is gone as well", () => !isAlive(pid));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // ESRCH: nobody has this id.
    return false;
  }
}
