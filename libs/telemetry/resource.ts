import type { Attributes } from "@opentelemetry/api";

/** What a program says of itself in its spans. */
export interface ProgramNames {
  readonly service: string;
  readonly version?: string;
  readonly instance?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What the SDK and its exporter read of a resource. */
export interface ProgramResource {
  readonly attributes: Attributes;
  merge(other: ProgramResource | null): ProgramResource;
  getRawAttributes(): [string, Attributes[string]][];
}

/** The program as OpenTelemetry's resource: what it says itself, and over that what the environment says. */
export function programResource(names: ProgramNames): ProgramResource {
  const { service, version, instance, env } = names;
  return resource({
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.name": "opentelemetry",
    ...(version === undefined ? {} : { "service.version": version }),
    ...(instance === undefined ? {} : { "service.instance.id": instance }),
    "service.name": service,
    ...pairs(env.OTEL_RESOURCE_ATTRIBUTES ?? ""),
    ...(env.OTEL_SERVICE_NAME ? { "service.name": env.OTEL_SERVICE_NAME } : {}),
  });
}

function resource(attributes: Attributes): ProgramResource {
  return Object.freeze({
    attributes: Object.freeze(attributes),
    merge: (other: ProgramResource | null) => resource({ ...attributes, ...other?.attributes }),
    getRawAttributes: () => Object.entries(attributes),
  });
}

/** `key=value,key=value`, values percent-encoded; what is not like that is left out. */
function pairs(text: string): Attributes {
  const attributes: Attributes = {};
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, at).trim();
    if (at > 0 && key !== "") attributes[key] = decoded(pair.slice(at + 1).trim());
  }
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Written by hand, with a percent sign that means itself.
    return value;
  }
}
