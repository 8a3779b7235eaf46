/** ADR-32, the NATS services protocol: subjects and message types. */

export const serviceVerbs = ["PING", "INFO", "STATS"] as const;

export type ServiceVerb = (typeof serviceVerbs)[number];

/** The three subjects of one verb that an instance answers; `*` is every verb. */
export function serviceSubjects(
  verb: ServiceVerb | "*",
  agent: string,
  instance: string,
): string[] {
  return [`$SRV.${verb}`, `$SRV.${verb}.${agent}`, `$SRV.${verb}.${agent}.${instance}`];
}

/** Asks every instance of an agent, or every agent when none is named. */
export function askSubject(verb: ServiceVerb, agent?: string): string {
  return agent === undefined ? `$SRV.${verb}` : `$SRV.${verb}.${agent}`;
}

export const serviceTypes = Object.freeze({
  PING: "io.nats.micro.v1.ping_response",
  INFO: "io.nats.micro.v1.info_response",
  STATS: "io.nats.micro.v1.stats_response",
} as const);

/** Keys of the metadata that INFO carries, per agent and per skill. Values are strings, JSON where it says so. */
export const Metadata = Object.freeze({
  wire: "mesh.wire",
  streams: "mesh.streams",
  idempotent: "mesh.idempotent",
  deadlineMs: "mesh.deadline_ms",
  contentType: "mesh.content_type",
  /** JSON Schemas, JSON-encoded. */
  input: "mesh.input",
  output: "mesh.output",
  errors: "mesh.errors",
  /** The events that an agent tells, JSON-encoded: `{ <name>: { description, signed, data } }`. */
  events: "mesh.events",
  /** Whether a skill's payloads are sealed, and the key of this instance for which they are. */
  sealed: "mesh.sealed",
  sealingKey: "mesh.sealing_key",
  /** What signs the card: the statement, and the user JWT of who signs. */
  card: "mesh.card",
  signer: "mesh.signer",
} as const);
