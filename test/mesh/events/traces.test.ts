import assert from "node:assert/strict";
import { test } from "node:test";
import { on } from "@myelin/mesh";
import { startTelemetry } from "@myelin/mesh/program";
import { eventually } from "@myelin/mesh/testing";
import { SpanKind } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { accounts, accountsMesh } from "../../support/accounts-mesh.ts";
import { storedMesh } from "../../support/stores.ts";

test("who tells an event and who handles it are in one trace, and each counts it", async () => {
  const exporter = new InMemorySpanExporter();
  const sinks = [new SimpleSpanProcessor(exporter)];
  const telemetry = await startTelemetry({ service: "test", env: {}, ratio: 1, sinks });
  try {
    await using home = await storedMesh(accountsMesh, []);
    const crm = await home.connect("crm");
    await crm.follow(
      "users",
      [
        on(accounts, "user.signed-up", (_data, ctx) => {
          if (ctx.attempt === 1) throw new TypeError("not yet");
        }),
      ],
      { firstDelayMs: 10 },
    );
    await crm.hear(accounts, "user.signed-up", () => {});
    const publisher = await home.connect("accounts");
    await publisher.publish(accounts, "user.signed-up", { user: "ada" }, { id: "e1" });
    const spans = await eventually("all have ended", () => {
      const finished = exporter.getFinishedSpans();
      return finished.length === 4 && finished;
    });
    const [told] = spans.filter(({ kind }) => kind === SpanKind.PRODUCER);
    const handled = spans.filter(({ kind }) => kind === SpanKind.CONSUMER);
    assert.equal(told?.name, "publish accounts.user.signed-up");
    assert.deepEqual(
      handled.map(({ name, links, parentSpanContext }) => [
        name,
        links[0]?.context.spanId === told?.spanContext().spanId,
        parentSpanContext?.spanId === told?.spanContext().spanId,
      ]),
      handled.map(() => ["process accounts.user.signed-up", true, true]),
    );
    const groups = handled.map(
      ({ attributes, status }) =>
        `${String(attributes["messaging.consumer.group.name"])} ${status.code}`,
    );
    assert.deepEqual(groups.toSorted(), ["crm=live 0", "crm=users 0", "crm=users 2"]);
    const served = crm.metrics
      .snapshot()
      .served.map(({ skill, calls, codes }) => [skill, calls, codes])
      .toSorted();
    assert.deepEqual(served, [
      ["live:accounts.user.signed-up", 1, {}],
      ["users:accounts.user.signed-up", 2, { handler_failed: 1 }],
    ]);
  } finally {
    await telemetry.stop();
  }
});
