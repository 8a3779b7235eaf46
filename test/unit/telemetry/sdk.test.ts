import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { trace } from "@opentelemetry/api";
import { MeshCode } from "../../../libs/errors/index.ts";
import {
  MeshTracer,
  type SdkOptions,
  startSdk,
  type Telemetry,
} from "../../../libs/telemetry/index.ts";
import { operation, request } from "../../../libs/testing/index.ts";
import { movedMs } from "../../support/moved.ts";
import { startCollector } from "./collector.ts";
import { sampledParent } from "./spans.ts";

let telemetry: Telemetry | undefined;
afterEach(() => telemetry?.stop());

async function start(options: Partial<SdkOptions>): Promise<Telemetry> {
  telemetry = await startSdk({ service: "desk", env: {}, ...options });
  return telemetry;
}

test("spans reach the endpoint that the environment names, with the program's name", async () => {
  await using collector = await startCollector();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_RESOURCE_ATTRIBUTES: "a=b%20c,x",
  };
  const { isOn, stop } = bound(await start({ env, version: "1.2.0", instance: "i1" }));
  assert.equal(isOn(), true);
  const tracer = new MeshTracer({ name: "ops", instance: "i1" });
  const served = tracer.startServe(request({ trace: sampledParent }));
  tracer.end(tracer.startCall(operation(), "call-1", served));
  tracer.end(served);
  await stop();
  assert.deepEqual(
    collector.spans.map(({ path, name, traceId, kind }) => [path, name, traceId, kind]),
    [
      ["/v1/traces", "far/work", sampledParent.traceId, 3],
      ["/v1/traces", "far/work", sampledParent.traceId, 2],
    ],
  );
  const { resource } = collector.spans[0] ?? {};
  assert.equal(resource?.["service.name"], "desk");
  assert.equal(resource?.["service.version"], "1.2.0");
  assert.equal(resource?.["service.instance.id"], "i1");
  assert.equal(resource?.a, "b c");
});

test("an endpoint for traces alone is taken as it is, and the environment may rename the service", async () => {
  await using collector = await startCollector();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path`,
    OTEL_SERVICE_NAME: "renamed",
  };
  await start({ env });
  trace.getTracer("app").startSpan("page").end();
  await telemetry?.stop();
  assert.deepEqual(
    collector.spans.map(({ path, name, resource }) => [path, name, resource["service.name"]]),
    [["/own/path", "page", "renamed"]],
  );
});

test("without an endpoint nothing is started", async () => {
  for (const env of [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "true" },
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_TRACES_EXPORTER: "none" },
  ]) {
    assert.equal((await start({ env })).isOn, false);
    assert.equal(trace.getTracer("app").startSpan("page").isRecording(), false);
  }
});

test("an endpoint that takes nothing does not keep a program from ending", async () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TIMEOUT: "100",
  };
  const started = await start({ env, stopTimeoutMs: 50 });
  trace.getTracer("app").startSpan("page").end();
  const begun = movedMs();
  await started.stop();
  await started.stop();
  assert.ok(movedMs() - begun < 2_000);
  assert.equal(started.isOn, false);
});

test("the share of sampled traces comes from the option, else from the environment", async () => {
  const sinks = [quiet];
  const cases: [Partial<SdkOptions>, boolean][] = [
    [{}, true],
    [{ ratio: 0 }, false],
    [{ ratio: 1, env: { OTEL_TRACES_SAMPLER: "always_off" } }, true],
    [{ env: { OTEL_TRACES_SAMPLER: "parentbased_always_off" } }, false],
    [{ env: { OTEL_TRACES_SAMPLER: "always_off" } }, false],
    [{ env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" } }, false],
    [
      { env: { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "1" } },
      true,
    ],
    [{ env: { OTEL_TRACES_SAMPLER: "parentbased_traceidratio" } }, true],
  ];
  for (const [options, expected] of cases) {
    const started = await start({ sinks, ...options });
    const tracer = new MeshTracer({ name: "ops", instance: "i1" });
    const what = JSON.stringify(options);
    assert.equal(tracer.startCall(operation(), "call-1", undefined).sampled, expected, what);
    const other = trace.getTracer("app").startSpan("page");
    assert.equal(other.isRecording(), expected, what);
    await started.stop();
  }
});

test("a setting out of range is refused with its name and what is allowed", async () => {
  const bad: [Partial<SdkOptions>, RegExp][] = [
    [{ ratio: 1.5 }, /ratio must be from 0 to 1, got 1.5/],
    [{ ratio: Number.NaN }, /ratio must be from 0 to 1, got NaN/],
    [{ env: { OTEL_TRACES_SAMPLER: "often" } }, /OTEL_TRACES_SAMPLER must be one of .*got "often"/],
    [{ env: { OTEL_TRACES_SAMPLER: "toString" } }, /OTEL_TRACES_SAMPLER must be one of/],
    [
      { env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "half" } },
      /OTEL_TRACES_SAMPLER_ARG must be from 0 to 1/,
    ],
    [{ env: { OTEL_EXPORTER_OTLP_TIMEOUT: "soon" } }, /OTEL_EXPORTER_OTLP_TIMEOUT must be above 0/],
    [
      { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" } },
      /OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL/,
    ],
  ];
  for (const [options, message] of bad) {
    await assert.rejects(start(options), { code: MeshCode.InvalidArgument, message });
  }
});

test("a second SDK in a process is refused", async () => {
  await start({ sinks: [quiet] });
  await assert.rejects(startSdk({ service: "again", env: {}, sinks: [quiet] }), {
    code: MeshCode.InvalidArgument,
    message: /registered in this process already/,
  });
});

const quiet = {
  onStart: () => {},
  onEnd: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
};

function bound(started: Telemetry) {
  return { isOn: () => started.isOn, stop: () => started.stop() };
}
