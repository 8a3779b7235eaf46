import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { MeshTracer, type TracerOptions } from "../../../libs/telemetry/index.ts";

/** A tracer on a real SDK of its own that keeps what ended. */
export interface Recording {
  readonly tracer: MeshTracer;
  readonly provider: NodeTracerProvider;
  /** What ended so far, in the order of ends. */
  readonly spans: readonly ReadableSpan[];
  span(name: string): ReadableSpan;
}

export function recording(
  options: Partial<TracerOptions> & { readonly sampler?: Sampler } = {},
): Recording {
  const exporter = new InMemorySpanExporter();
  const { sampler, ...rest } = options;
  const provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler === undefined ? {} : { sampler }),
  });
  return {
    tracer: new MeshTracer({ name: "ops", instance: "i1", provider, ...rest }),
    provider,
    get spans() {
      return exporter.getFinishedSpans();
    },
    span(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length === 1 && found[0] !== undefined) return found[0];
      const names = exporter.getFinishedSpans().map((span) => span.name);
      throw new RangeError(`${found.length} spans ${name} among: ${names.join(", ")}`);
    },
  };
}

export const sampledParent = Object.freeze({
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  sampled: true,
});

export const unsampledParent = Object.freeze({ ...sampledParent, sampled: false });
