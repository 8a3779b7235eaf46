import { z } from "zod";

const metadata = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

const endpointInfo = z.object({ name: z.string(), subject: z.string(), metadata });

const endpointStats = z.object({
  name: z.string(),
  num_requests: z.number(),
  num_errors: z.number(),
  average_processing_time: z.number(),
  data: z.unknown().optional(),
});

/** When an answer arrived here. */
export interface Received {
  readonly receivedAt: Date;
}

/** One endpoint of a service, as its INFO says. */
export type EndpointInfo = z.output<typeof endpointInfo>;

/** One endpoint of a service, as its STATS says. Times are nanoseconds (ADR-32). */
export type EndpointStats = z.output<typeof endpointStats>;

/** What an instance says of itself when it is asked `INFO` (ADR-32): for an agent, its card. */
export const serviceInfo = z.object({
  name: z.string(),
  id: z.string(),
  version: z.string(),
  description: z.string().default(""),
  metadata,
  endpoints: z.array(endpointInfo).default([]),
});

export type ServiceInfo = z.output<typeof serviceInfo> & Received & Verification;

/** Whether the issuer and the agent itself stand behind what a service says of itself. */
export interface Verification {
  readonly verified: boolean;
  /** Why it is not; undefined when it is. */
  readonly unverified: string | undefined;
}

/** What an instance says of itself when it is asked `STATS` (ADR-32). */
export const serviceStats = z.object({
  name: z.string(),
  id: z.string(),
  version: z.string(),
  metadata,
  started: z.string(),
  endpoints: z.array(endpointStats).default([]),
});

export type ServiceStats = z.output<typeof serviceStats> & Received;
