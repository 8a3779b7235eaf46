import {
  type Context,
  createContextKey,
  isSpanContextValid,
  type Span,
  SpanKind,
  type SpanOptions,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { NodeTracerProvider, SpanProcessor } from "@opentelemetry/sdk-trace-node";
import { hexId } from "../pipeline/index.ts";
import type { SampledTracer } from "./root-decision.ts";
import { SlimSpan, type SpanHome } from "./slim-span.ts";

export interface SlimTracerParts {
  readonly provider: NodeTracerProvider;
  readonly resource: SpanHome["resource"];
  readonly processors: readonly SpanProcessor[];
}

/** The SDK's own key for "make no spans of this". */
const suppressed = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/**
 * Makes the mesh's own spans where it is decided that they are sampled, and hands them to the SDK's processors.
 *
 * Leaves what is suppressed to the SDK's tracer. The sampler is not asked again.
 */
export class SlimTracer implements SampledTracer {
  readonly #sdk: Tracer;
  readonly #processors: readonly SpanProcessor[];
  readonly #home: SpanHome;

  constructor({ provider, resource, processors }: SlimTracerParts) {
    const instrumentationScope = { name: "@myelin/mesh" };
    this.#sdk = provider.getTracer(instrumentationScope.name);
    this.#processors = processors;
    const onEnd = (span: SlimSpan): void => {
      for (const processor of processors) processor.onEnd(span);
    };
    this.#home = { resource, instrumentationScope, onEnd };
  }

  startSpan(name: string, options: SpanOptions, above: Context): Span {
    if (above.getValue(suppressed) === true) return this.#sdk.startSpan(name, options, above);
    const ids = trace.getSpanContext(above);
    const parent = ids !== undefined && isSpanContextValid(ids) ? ids : undefined;
    const { kind = SpanKind.INTERNAL, links } = options;
    const traceId = parent?.traceId ?? hexId(16);
    const beginning = { name, kind, traceId, spanId: hexId(8), parent, links };
    const span = new SlimSpan(beginning, this.#home);
    for (const processor of this.#processors) processor.onStart(span, above);
    return span;
  }
}
