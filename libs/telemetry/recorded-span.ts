import {
  type Attributes,
  type Context,
  type Span,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { codeTable, MeshCode, type MeshError } from "../errors/index.ts";
import type { TraceContext } from "../pipeline/index.ts";
import { Attribute } from "./attributes.ts";

/** Which side of a call a span tells of: an error may be the one's failure and not the other's. */
export type Side = "client" | "server";

/** A span that is sampled. It is the TraceContext of whatever happens inside it. */
export class RecordedSpan implements TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled = true;
  readonly state: string | undefined;
  readonly #span: Span;
  readonly #side: Side;
  readonly #parent: Context;
  #otel: Context | undefined;

  constructor(span: Span, side: Side, parent: Context) {
    const { traceId, spanId, traceState } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.state = traceState?.serialize();
    this.#span = span;
    this.#side = side;
    this.#parent = parent;
  }

  /** The OpenTelemetry context in which this span is the active one; made for its first child. */
  get otel(): Context {
    this.#otel ??= trace.setSpan(this.#parent, this.#span);
    return this.#otel;
  }

  set(name: string, value: string | number): void {
    this.#span.setAttribute(name, value);
  }

  setAll(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  end(error: MeshError | undefined): void {
    if (error !== undefined) this.#fail(error);
    this.#span.end();
  }

  #fail(error: MeshError): void {
    this.#span.setAttribute(Attribute.errorType, error.domain?.name ?? error.code);
    this.#span.setAttribute(Attribute.rpcStatus, error.code);
    // A refusal that is the caller's own doing is no failure of the side that refused.
    const isFailure =
      this.#side === "client"
        ? error.code !== MeshCode.Cancelled
        : codeTable[error.code].status >= 500;
    if (isFailure) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  }
}
