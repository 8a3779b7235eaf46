import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { MeshCode } from "../../../libs/errors/index.ts";
import { programServer } from "../../../libs/program.ts";
import { MeshMetrics } from "../../../libs/telemetry/index.ts";
import { eventually, operation } from "../../../libs/testing/index.ts";
import { movedMs } from "../../support/moved.ts";
import { parsePage } from "../telemetry/scraped.ts";

async function get(url: string, init?: RequestInit): Promise<{ status: number; body: string }> {
  const response = await fetch(url, { ...init, headers: { connection: "close" } });
  return { status: response.status, body: await response.text() };
}

test("/metrics shows a mesh's counters to a Prometheus server", async () => {
  const metrics = new MeshMetrics();
  metrics.client(operation()).end("ok", 1);
  await using server = await programServer({ port: 0, mesh: { isUp: true, metrics } });
  const response = await fetch(`${server.url}/metrics?name=ignored`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const page = parsePage(await response.text());
  assert.equal(page.value("mesh_client_requests_total", { agent: "far", skill: "work" }), 1);
});

test("/livez says yes while the program answers, /readyz while the mesh is up", async () => {
  const mesh = { isUp: true, metrics: new MeshMetrics() };
  await using server = await programServer({ port: 0, mesh });
  assert.deepEqual(await get(`${server.url}/livez`), { status: 200, body: "live\n" });
  assert.deepEqual(await get(`${server.url}/readyz`), { status: 200, body: "ready\n" });
  mesh.isUp = false;
  assert.deepEqual(await get(`${server.url}/livez`), { status: 200, body: "live\n" });
  assert.deepEqual(await get(`${server.url}/readyz`), { status: 503, body: "not ready\n" });
});

test("a check that throws says no, and a scrape that throws says so without its reason", async () => {
  const live = (): boolean => {
    throw new RangeError("secret");
  };
  const ready = async (): Promise<boolean> => Promise.reject(new RangeError("secret"));
  const registry = {
    contentType: "text/plain",
    metrics: ready as unknown as () => Promise<string>,
  };
  await using server = await programServer({ port: 0, registry, live, ready });
  assert.deepEqual(await get(`${server.url}/livez`), { status: 503, body: "not live\n" });
  assert.deepEqual(await get(`${server.url}/readyz`), { status: 503, body: "not ready\n" });
  assert.deepEqual(await get(`${server.url}/metrics`), {
    status: 500,
    body: "the metrics cannot be read\n",
  });
});

test("other paths and methods are refused, and HEAD is GET without its body", async () => {
  await using server = await programServer({ port: 0 });
  for (const path of ["/", "/metrics", "/livez/more", "/toString", "/livez%00"]) {
    assert.equal((await get(`${server.url}${path}`)).status, 404, path);
  }
  assert.equal((await get(`${server.url}/livez`, { method: "POST", body: "x" })).status, 405);
  assert.deepEqual(await get(`${server.url}/livez`, { method: "HEAD" }), { status: 200, body: "" });
});

test("what is no HTTP ends that connection and nothing else", async () => {
  await using server = await programServer({ port: 0 });
  const socket = connect(server.port, "127.0.0.1");
  let isClosed = false;
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("error", () => undefined);
  socket.resume();
  socket.write(`GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
  await eventually("the connection is closed", () => isClosed);
  assert.equal((await get(`${server.url}/livez`)).status, 200);
});

test("closing lets an answer under way end, and takes nothing new", async () => {
  let isAsked = false;
  let answer: (isReady: boolean) => void = () => undefined;
  const ready = (): Promise<boolean> => {
    isAsked = true;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const server = await programServer({ port: 0, ready });
  const asking = get(`${server.url}/readyz`);
  await eventually("it is asked", () => isAsked);
  const closing = server.close();
  await assert.rejects(get(`${server.url}/livez`));
  answer(true);
  assert.equal((await asking).status, 200);
  await closing;
  await server.close();
});

test("closing does not wait for a client that holds its connection", async () => {
  const server = await programServer({ port: 0 });
  const held = httpRequest({ port: server.port, path: "/livez", method: "POST" });
  held.on("error", () => undefined);
  held.write("a body that never ends");
  const idle = connect(server.port, "127.0.0.1");
  idle.on("error", () => undefined);
  await new Promise((resolve) => idle.once("connect", resolve));
  const begun = movedMs();
  await server.close();
  assert.ok(movedMs() - begun < 3_000);
});

test("a port out of range or taken is refused with what to change", async () => {
  for (const port of [-1, 70_000, 1.5, Number.NaN]) {
    await assert.rejects(programServer({ port }), {
      code: MeshCode.InvalidArgument,
      message: /programServer\.port must be a whole number from 0 to 65535/,
    });
  }
  await using server = await programServer({ port: 0 });
  await assert.rejects(programServer({ port: server.port }), {
    code: MeshCode.InvalidArgument,
    message: /cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
  });
});
