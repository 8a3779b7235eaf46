import assert from "node:assert/strict";
import { test } from "node:test";
import { Counter, Registry } from "prom-client";
import { MeshMetrics } from "../../../libs/telemetry/index.ts";
import { operation } from "../../../libs/testing/index.ts";
import { scraped } from "./scraped.ts";

const summarize = operation({ agent: "summarizer", skill: "summarize" });
const labels = { agent: "summarizer", skill: "summarize" };

function used(): MeshMetrics {
  const metrics = new MeshMetrics();
  const client = metrics.client(summarize);
  for (const ms of [1, 2, 4]) {
    client.begin();
    client.attempt("ok");
    client.end("ok", ms);
  }
  client.begin();
  client.attempt("overloaded");
  client.retry();
  client.attempt("deadline_exceeded");
  client.end("deadline_exceeded", 500);
  client.begin();
  return metrics;
}

test("calls are counted, with errors by code, retries, attempts and those under way", async () => {
  const page = await scraped(used().registry);
  assert.equal(page.value("mesh_client_requests_total", labels), 4);
  assert.equal(page.value("mesh_client_errors_total", { ...labels, code: "deadline_exceeded" }), 1);
  assert.equal(page.value("mesh_client_retries_total", labels), 1);
  assert.equal(page.value("mesh_client_attempts_total", labels), 5);
  assert.equal(
    page.value("mesh_client_attempt_errors_total", { ...labels, code: "overloaded" }),
    1,
  );
  assert.equal(page.value("mesh_client_in_flight", labels), 1);
  assert.equal(page.type("mesh_client_requests_total"), "counter");
  assert.equal(page.type("mesh_client_in_flight"), "gauge");
});

test("latencies are a histogram in seconds whose buckets add up", async () => {
  const page = await scraped(used().registry);
  const name = "mesh_client_request_duration_seconds";
  assert.equal(page.type(name), "histogram");
  assert.equal(page.value(`${name}_count`, labels), 4);
  assert.equal(page.value(`${name}_sum`, labels), 0.507);
  assert.equal(page.value(`${name}_bucket`, { ...labels, le: "0.00005" }), 0);
  assert.equal(page.value(`${name}_bucket`, { ...labels, le: "0.0032" }), 2);
  assert.equal(page.value(`${name}_bucket`, { ...labels, le: "+Inf" }), 4);
  const counts = page.values(`${name}_bucket`);
  assert.ok(counts.length > 20);
  assert.deepEqual(
    counts,
    [...counts].sort((a, b) => a - b),
  );
});

test("requests that are served are counted, with what was shed and why", async () => {
  const metrics = new MeshMetrics();
  const server = metrics.server(summarize);
  server.begin();
  server.shed("overloaded");
  server.end("overloaded", 0.1);
  server.begin();
  const page = await scraped(metrics.registry);
  assert.equal(page.value("mesh_server_requests_total", labels), 1);
  assert.equal(page.value("mesh_server_errors_total", { ...labels, code: "overloaded" }), 1);
  assert.equal(page.value("mesh_server_shed_total", { ...labels, reason: "overloaded" }), 1);
  assert.equal(page.value("mesh_server_in_flight", labels), 1);
  assert.equal(page.value("mesh_server_request_duration_seconds_count", labels), 1);
});

test("breakers, late replies, refused messages and reconnects are counted", async () => {
  const metrics = new MeshMetrics();
  metrics.breakerTurned("summarizer.summarize", "open");
  metrics.breakerTurned("summarizer.summarize", "half-open");
  metrics.breakerTurned("summarizer.summarize", "open");
  metrics.lateReply();
  metrics.refusedMessage("reply_subject");
  metrics.reconnected();
  const page = await scraped(metrics.registry);
  assert.equal(page.value("mesh_client_breaker_state", labels), 2);
  assert.equal(page.value("mesh_client_breaker_turns_total", { ...labels, state: "open" }), 2);
  assert.equal(page.value("mesh_client_late_replies_total", {}), 1);
  assert.equal(page.value("mesh_refused_messages_total", { reason: "reply_subject" }), 1);
  assert.equal(page.value("mesh_reconnects_total", {}), 1);
});

test("label sets are bounded, whatever names come in", async () => {
  const metrics = new MeshMetrics();
  for (let at = 0; at < 2_000; at++) {
    metrics.client(operation({ agent: `agent-${at}` })).end("ok", 1);
    metrics.breakerTurned(`agent-${at}.work`, "open");
    metrics.refusedMessage(`reason-${at}`);
  }
  const page = await scraped(metrics.registry);
  assert.equal(page.values("mesh_client_requests_total").length, 501);
  assert.equal(page.value("mesh_client_requests_total", { agent: "other", skill: "other" }), 1_500);
  assert.equal(page.values("mesh_client_breaker_state").length, 501);
  assert.equal(page.values("mesh_refused_messages_total").length, 65);
  assert.equal(page.value("mesh_refused_messages_total", { reason: "other" }), 1_936);
});

test("metrics of a program's own stand beside them in the same registry", async () => {
  const metrics = used();
  new Counter({ name: "desk_documents_total", help: "Read.", registers: [metrics.registry] }).inc(
    3,
  );
  const page = await scraped(metrics.registry);
  assert.equal(page.value("desk_documents_total", {}), 3);
  assert.equal(page.value("mesh_client_requests_total", labels), 4);
});

test("the registry can be merged with others, reset without harm, and written as OpenMetrics", async () => {
  const metrics = used();
  const { registry } = metrics;
  const merged = Registry.merge([registry, new Registry()]);
  registry.resetMetrics();
  assert.equal((await scraped(merged)).value("mesh_client_requests_total", labels), 4);
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
  const text = await registry.metrics();
  assert.match(text, /^mesh_client_requests_total\{agent="summarizer",skill="summarize"\} 4$/m);
  assert.match(text, /# EOF\n$/);
});

test("a snapshot has the figures of each skill and of each agent", () => {
  const metrics = used();
  const words = metrics.client(operation({ agent: "summarizer", skill: "words" }));
  words.begin();
  words.end("domain_error", 8);
  metrics.lateReply();
  const { called, calledAgents, served, lateReplies } = metrics.snapshot();
  assert.deepEqual(
    called.map(({ agent, skill, calls, errors, retries, inFlight, codes }) => ({
      agent,
      skill,
      calls,
      errors,
      retries,
      inFlight,
      codes,
    })),
    [
      { ...labels, calls: 4, errors: 1, retries: 1, inFlight: 1, codes: { deadline_exceeded: 1 } },
      {
        ...labels,
        skill: "words",
        calls: 1,
        errors: 1,
        retries: 0,
        inFlight: 0,
        codes: { domain_error: 1 },
      },
    ],
  );
  assert.equal(calledAgents.length, 1);
  assert.equal(calledAgents[0]?.skill, undefined);
  assert.equal(calledAgents[0]?.calls, 5);
  assert.deepEqual(calledAgents[0]?.codes, { deadline_exceeded: 1, domain_error: 1 });
  const { p50 = 0, p95 = 0, p99 = 0 } = called[0] ?? {};
  assert.ok(p50 > 1 && p50 < 3, `${p50}`);
  assert.ok(p95 > 400 && p95 <= p99 && p99 <= 500, `${p95} ${p99}`);
  assert.deepEqual(served, []);
  assert.equal(lateReplies, 1);
});
