/** W3C trace context (https://www.w3.org/TR/trace-context/), as plain data. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** The vendors' `tracestate`, passed on as it came. */
  readonly state?: string | undefined;
}
