import { MeshCode, MeshError } from "../errors/index.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Which traces are sampled: the root decides and the others follow, or each span for itself. */
export interface Sampling {
  readonly is: "below its parent" | "each for itself";
  readonly ratio: number;
}

/** Where spans are sent, as OpenTelemetry's variables say; undefined when they say nothing. */
export function tracesUrl(env: Env): string | undefined {
  if (env.OTEL_TRACES_EXPORTER?.toLowerCase() === "none") return undefined;
  const own = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (own !== undefined && own !== "") return checkedUrl("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own);
  const all = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (all === undefined || all === "") return undefined;
  return `${checkedUrl("OTEL_EXPORTER_OTLP_ENDPOINT", all).replace(/\/+$/, "")}/v1/traces`;
}

/** How long one export may take, retries included, in milliseconds; undefined leaves it to the exporter. */
export function exportTimeoutMs(env: Env): number | undefined {
  const text = env.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT || env.OTEL_EXPORTER_OTLP_TIMEOUT || "";
  if (text === "") return undefined;
  const timeoutMs = Number(text);
  if (timeoutMs > 0 && timeoutMs <= 2_147_483_647) return timeoutMs;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `OTEL_EXPORTER_OTLP_TIMEOUT must be above 0 and at most 2147483647 milliseconds, got ${JSON.stringify(text)}`,
  );
}

/** Whether it bounds what a span may hold. */
export function hasLimits(env: Env): boolean {
  return Object.keys(env).some((name) =>
    /^OTEL_(SPAN_)?(ATTRIBUTE|EVENT|LINK)_.*LIMIT$/.test(name),
  );
}

/** The sampling that the option asks for, else the one of `OTEL_TRACES_SAMPLER`, else every trace. */
export function samplingOf(ratio: number | undefined, env: Env): Sampling {
  if (ratio !== undefined) return { is: "below its parent", ratio: checkedRatio("ratio", ratio) };
  const name = env.OTEL_TRACES_SAMPLER || "parentbased_always_on";
  const sampling = Object.hasOwn(samplers, name) ? samplers[name] : undefined;
  if (sampling === undefined) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `OTEL_TRACES_SAMPLER must be one of ${Object.keys(samplers).join(", ")}, got ${JSON.stringify(name)}`,
    );
  }
  if (sampling.ratio !== undefined) return { is: sampling.is, ratio: sampling.ratio };
  const text = env.OTEL_TRACES_SAMPLER_ARG ?? "";
  return {
    is: sampling.is,
    ratio: text === "" ? 1 : checkedRatio("OTEL_TRACES_SAMPLER_ARG", Number(text)),
  };
}

const samplers: Readonly<
  Record<string, { readonly is: Sampling["is"]; readonly ratio: number | undefined }>
> = Object.freeze({
  parentbased_always_on: { is: "below its parent", ratio: 1 },
  parentbased_always_off: { is: "below its parent", ratio: 0 },
  parentbased_traceidratio: { is: "below its parent", ratio: undefined },
  always_on: { is: "each for itself", ratio: 1 },
  always_off: { is: "each for itself", ratio: 0 },
  traceidratio: { is: "each for itself", ratio: undefined },
});

function checkedRatio(option: string, ratio: number): number {
  if (ratio >= 0 && ratio <= 1) return ratio;
  throw new MeshError(MeshCode.InvalidArgument, `${option} must be from 0 to 1, got ${ratio}`);
}

function checkedUrl(option: string, text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} must be an http or https URL, got ${JSON.stringify(text)}`,
  );
}
