import {
  context,
  ProxyTracerProvider,
  propagation,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { NodeTracerProvider, Sampler, SpanProcessor } from "@opentelemetry/sdk-trace-node";
import { MeshCode, MeshError } from "../errors/index.ts";
import { programResource } from "./resource.ts";
import { RootSampler } from "./root-decision.ts";
import { exportTimeoutMs, hasLimits, type Sampling, samplingOf, tracesUrl } from "./sdk-env.ts";
import { SlimTracer } from "./slim-tracer.ts";

type Sdk = typeof import("@opentelemetry/sdk-trace-node");

/** Takes spans as the SDK ends them; each of the SDK's span processors is one. */
export interface SpanSink {
  onStart(span: unknown, context: unknown): void;
  onEnd(span: unknown): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

export interface SdkOptions {
  /** `service.name` of the spans, unless the environment has `OTEL_SERVICE_NAME`. */
  readonly service: string;
  /** `service.version` of the spans. Default: none. */
  readonly version?: string;
  /** `service.instance.id` of the spans. Default: none. */
  readonly instance?: string;
  /** The environment, with the names that OpenTelemetry gives its variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Share of traces that begin here and are sampled, 0 to 1. Default: as `OTEL_TRACES_SAMPLER` says, else 1. */
  readonly ratio?: number;
  /** More takers of spans; with one of them the SDK starts without an endpoint as well. Default: none. */
  readonly sinks?: readonly SpanSink[];
  /**
   * Whether the active span is kept through every await of the process, for other instrumentation and so that a call
   * joins the span that is active around it. It doubles the price of each await, from the first export on; among
   * themselves spans of the mesh find their parents without it. Default: false.
   */
  readonly keepsActiveSpan?: boolean;
  /** Longest that `stop` waits for the last spans to be taken, in milliseconds. Default: 5000. */
  readonly stopTimeoutMs?: number;
}

/** Tracing that was started; stop it last, when everything else has ended. */
export interface Telemetry extends AsyncDisposable {
  /** Whether spans go anywhere. */
  readonly isOn: boolean;
  /** Hands over the last spans and takes the SDK out of OpenTelemetry's API. */
  stop(): Promise<void>;
}

/**
 * Starts OpenTelemetry's SDK when there is an endpoint or a sink for spans, and does nothing otherwise.
 *
 * Throws `invalid_argument` on a setting out of range, when its packages are missing, and when an SDK is there already.
 */
export async function startSdk(options: SdkOptions): Promise<Telemetry> {
  const { env, sinks = [] } = options;
  const sampling = samplingOf(options.ratio, env);
  const url = tracesUrl(env);
  const timeoutMillis = exportTimeoutMs(env);
  const isOff = env.OTEL_SDK_DISABLED?.toLowerCase() === "true";
  if (isOff || (url === undefined && sinks.length === 0)) return new Running(undefined, 0);
  const sdk = await load(
    "@opentelemetry/sdk-trace-node",
    () => import("@opentelemetry/sdk-trace-node"),
  );
  const processors = [...(sinks as readonly SpanProcessor[])];
  if (url !== undefined) processors.push(await exporting(sdk, url, timeoutMillis));
  const resource = programResource(options);
  const provider = new sdk.NodeTracerProvider({
    resource,
    sampler: samplerOf(sdk, sampling),
    spanProcessors: processors,
  });
  if (sampling.is === "below its parent") {
    const root = new RootSampler(sampling.ratio);
    // The SDK's own spans know the limits that the environment may set; ours have none.
    const sampledTracer = hasLimits(env)
      ? undefined
      : new SlimTracer({ provider, resource, processors });
    Object.assign(provider, { samplesRoot: () => root.samplesRoot(), sampledTracer });
  }
  register(provider, options.keepsActiveSpan ?? false);
  return new Running(provider, options.stopTimeoutMs ?? 5_000);
}

async function exporting(
  sdk: Sdk,
  url: string,
  timeoutMillis: number | undefined,
): Promise<SpanProcessor> {
  const { OTLPTraceExporter } = await load(
    "@opentelemetry/exporter-trace-otlp-http",
    () => import("@opentelemetry/exporter-trace-otlp-http"),
  );
  return new sdk.BatchSpanProcessor(
    new OTLPTraceExporter(timeoutMillis === undefined ? { url } : { url, timeoutMillis }),
  );
}

function samplerOf(sdk: Sdk, sampling: Sampling): Sampler {
  if (sampling.is === "below its parent") {
    return new sdk.ParentBasedSampler({ root: new RootSampler(sampling.ratio) });
  }
  return new sdk.TraceIdRatioBasedSampler(sampling.ratio);
}

function register(provider: NodeTracerProvider, keepsActiveSpan: boolean): void {
  provider.register(keepsActiveSpan ? {} : { contextManager: null });
  if (registered() !== provider) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      "startTelemetry: an OpenTelemetry SDK is registered in this process already; use that one, or stop it first",
    );
  }
}

function registered(): TracerProvider {
  const provider = trace.getTracerProvider();
  return provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
}

async function load<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `startTelemetry: tracing needs the package ${name}; install it beside @myelin/mesh`,
      { cause: error },
    );
  }
}

class Running implements Telemetry {
  #provider: NodeTracerProvider | undefined;
  readonly #timeoutMs: number;

  constructor(provider: NodeTracerProvider | undefined, timeoutMs: number) {
    this.#provider = provider;
    this.#timeoutMs = timeoutMs;
  }

  get isOn(): boolean {
    return this.#provider !== undefined;
  }

  async stop(): Promise<void> {
    const provider = this.#provider;
    if (provider === undefined) return;
    this.#provider = undefined;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#timeoutMs);
    });
    try {
      await Promise.race([provider.shutdown(), late]);
    } catch {
      // An endpoint that takes no spans must not keep a program from ending.
    } finally {
      clearTimeout(timer);
      trace.disable();
      context.disable();
      propagation.disable();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
