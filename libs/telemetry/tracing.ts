import { callSubjectTo } from "@myelin/subjects";
import {
  type Context,
  context as contexts,
  createTraceState,
  INVALID_TRACEID,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from "@opentelemetry/api";
import type { MeshError } from "../errors/index.ts";
import {
  type Call,
  hexId,
  type Operation,
  type Request,
  type TraceContext,
} from "../pipeline/index.ts";
import { Attribute, type Self, type SpanNames, spanNames } from "./attributes.ts";
import { RecordedSpan, type Side } from "./recorded-span.ts";
import { decided, decisionOf, type RootDecision, type SampledTracer } from "./root-decision.ts";

export interface TracerOptions extends Self {
  /** Where spans are made. Default: the provider registered with the OpenTelemetry API, now or later. */
  readonly provider?: TracerProvider;
  /**
   * Runs handlers with their span active, so that other instrumentation finds it where the program keeps active
   * spans. Default: false, because AsyncLocalStorage doubles the cost of every `await` in the process.
   */
  readonly activates?: boolean;
}

/**
 * Spans of calls, attempts and requests.
 *
 * A span stands as the TraceContext of what happens inside it; what is not sampled has no span, only its ids. So
 * `end` is told of every context that a `start…` gave, and has nothing to do for most.
 */
export class MeshTracer {
  readonly activates: boolean;
  readonly #self: Self;
  readonly #provider: TracerProvider | undefined;
  readonly #tracer: Tracer;
  readonly #names = new WeakMap<Operation, SpanNames>();
  #actual: TracerProvider | undefined;
  #maker: SampledTracer;
  #decision: RootDecision | undefined;

  constructor(options: TracerOptions) {
    this.#self = options;
    this.#provider = options.provider;
    this.#tracer = (options.provider ?? trace).getTracer("@myelin/mesh");
    this.#maker = this.#tracer;
    this.activates = options.activates ?? false;
  }

  /** One span for what the caller asked, below the call it is made for and below the span that is active. */
  startCall(operation: Operation, id: string, parent: TraceContext | undefined): TraceContext {
    return this.#startOut(operation, { id, isTask: false }, parent);
  }

  /** One span for the handing over of a task; who works on it hangs below, whenever that is. */
  startSubmit(operation: Operation, id: string, parent: TraceContext | undefined): TraceContext {
    return this.#startOut(operation, { id, isTask: true }, parent);
  }

  #startOut(operation: Operation, out: Out, parent: TraceContext | undefined): TraceContext {
    if (parent !== undefined && !parent.sampled) return parent;
    if (!this.#hasSdk()) return parent ?? unsampled();
    const active = contexts.active();
    const above = trace.getSpanContext(active);
    // The caller's own active span is nearer than the request's, unless it belongs to something else.
    const isNearer =
      above !== undefined &&
      (parent === undefined ? above.traceId !== INVALID_TRACEID : above.traceId === parent.traceId);
    if (isNearer) {
      return isSampled(above) ? this.#startAbove(operation, out, active) : plain(above);
    }
    if (parent !== undefined) return this.#startAbove(operation, out, otelOf(parent));
    const root = this.#root(active);
    return root === undefined ? unsampled() : this.#startAbove(operation, out, root);
  }

  /** A child of the call's span for one attempt. */
  startAttempt(call: Call): TraceContext | undefined {
    const { operation, attempt, target } = call;
    if (call.trace?.sampled !== true || !this.#hasSdk()) return call.trace;
    const names = this.#namesOf(operation);
    const span = this.#start(names.attempt, client, otelOf(call.trace), "client");
    if (span instanceof RecordedSpan) {
      const { agent, skill } = operation;
      span.setAll(names.attemptAttributes);
      span.set(Attribute.attempt, attempt);
      span.set(
        Attribute.messagingDestination,
        callSubjectTo(agent, skill, target?.route ?? "any", this.#self.name),
      );
    }
    return span;
  }

  /** The span of a request that is served here. */
  startServe(request: Request): TraceContext {
    const { trace: parent, operation } = request;
    if (parent !== undefined && !parent.sampled) return parent;
    if (!this.#hasSdk()) return parent ?? unsampled();
    // Not the active context: what is active when a message arrives is whatever was when the connection was made.
    const above = parent === undefined ? this.#root(ROOT_CONTEXT) : otelOf(parent);
    if (above === undefined) return unsampled();
    const names = this.#namesOf(operation);
    const isTask = request.task !== undefined || request.event !== undefined;
    const span = isTask
      ? this.#start(names.process, consumer(parent && above), above, "server")
      : this.#start(names.call, server, above, "server");
    if (span instanceof RecordedSpan) {
      span.setAll(isTask ? names.processAttributes : names.serveAttributes);
      span.set(Attribute.messagingConversation, request.id);
      span.set(Attribute.caller, request.caller);
      span.set(Attribute.attempt, request.attempt);
    }
    return span;
  }

  /** Ends the span of this context, where it has one; `instance` is who answered. */
  end(context: TraceContext | undefined, error?: MeshError, instance?: string): void {
    if (!(context instanceof RecordedSpan)) return;
    if (instance !== undefined) context.set(Attribute.instance, instance);
    context.end(error);
  }

  /** Does something while the context's span is OpenTelemetry's active one. */
  within<T>(context: TraceContext | undefined, work: () => T): T {
    return context instanceof RecordedSpan ? contexts.with(context.otel, work) : work();
  }

  #startAbove(operation: Operation, { id, isTask }: Out, above: Context): TraceContext {
    const names = this.#namesOf(operation);
    const [name, options] = isTask ? [names.submit, producer] : [names.call, client];
    const span = this.#start(name, options, above, "client");
    if (span instanceof RecordedSpan) {
      span.setAll(isTask ? names.submitAttributes : names.callAttributes);
      span.set(Attribute.messagingConversation, id);
      span.set(Attribute.caller, this.#self.name);
    }
    return span;
  }

  /** Attributes come after the start: as options the SDK copies them twice, and for spans it drops as well. */
  #start(name: string, options: SpanOptions, above: Context, side: Side): TraceContext {
    const span = this.#maker.startSpan(name, options, above);
    const ids = span.spanContext();
    if (isSampled(ids) && span.isRecording()) return new RecordedSpan(span, side, above);
    return ids.traceId === INVALID_TRACEID ? unsampled() : plain(ids);
  }

  /** Whether anybody makes spans. A program may start the SDK after it has connected. */
  #hasSdk(): boolean {
    const provider = this.#provider ?? trace.getTracerProvider();
    const actual = provider instanceof ProxyTracerProvider ? provider.getDelegate() : provider;
    if (actual !== this.#actual) {
      this.#actual = actual;
      this.#decision = decisionOf(actual);
      // Handlers that are given the active span may add to it what a slim one does not keep.
      const slim = this.activates ? undefined : this.#decision?.sampledTracer;
      this.#maker = slim ?? this.#tracer;
    }
    return actual !== noProvider;
  }

  /** The context for a new root; undefined when it is decided that this one is not sampled. */
  #root(above: Context): Context | undefined {
    if (this.#decision === undefined) return above;
    return this.#decision.samplesRoot() ? decided(above) : undefined;
  }

  #namesOf(operation: Operation): SpanNames {
    let names = this.#names.get(operation);
    if (names === undefined) {
      names = spanNames(operation, this.#self);
      this.#names.set(operation, names);
    }
    return names;
  }
}

/** What the API hands out while no SDK is registered. */
const noProvider = new ProxyTracerProvider().getDelegate();

const client: SpanOptions = Object.freeze({ kind: SpanKind.CLIENT });
const server: SpanOptions = Object.freeze({ kind: SpanKind.SERVER });
const producer: SpanOptions = Object.freeze({ kind: SpanKind.PRODUCER });

/** What of a span that goes out differs from call to task. */
interface Out {
  readonly id: string;
  readonly isTask: boolean;
}

/** Who works on a task is linked to who submitted it, beside being below: tools that join messages go by links. */
function consumer(submitted: Context | undefined): SpanOptions {
  const context = submitted && trace.getSpanContext(submitted);
  const links = context === undefined ? [] : [{ context }];
  return { kind: SpanKind.CONSUMER, links };
}

function isSampled(ids: SpanContext): boolean {
  return (ids.traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** Ids for what no SDK knows of: logs are joined by them. There is no span, so its id needs no bits of its own. */
function unsampled(): TraceContext {
  const traceId = hexId(16);
  return { traceId, spanId: traceId.slice(16), sampled: false, state: undefined };
}

function plain(ids: SpanContext): TraceContext {
  const { traceId, spanId, traceState } = ids;
  return { traceId, spanId, sampled: isSampled(ids), state: traceState?.serialize() };
}

function otelOf(context: TraceContext): Context {
  if (context instanceof RecordedSpan) return context.otel;
  const { traceId, spanId, state } = context;
  const traceFlags = TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}
