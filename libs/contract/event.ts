import { isEventName, maxNameTokens, tokenRule } from "@myelin/subjects";
import type { z } from "zod";
import { MeshCode, MeshError } from "../errors/index.ts";
import { jsonSchema } from "./schema.ts";

/** What an agent tells the others, as its author declares it. */
export interface EventOptions<Data extends z.ZodType> {
  /** One sentence, for people and for models that choose what to follow. */
  readonly description?: string;
  readonly data: Data;
  /** Whether it is signed, so that who follows it need not believe the store. Default: false. */
  readonly signed?: boolean;
}

/** A kind of event with every default filled in and every value checked. */
export interface EventKind<Data extends z.ZodType = z.ZodType> {
  readonly description: string;
  readonly data: Data;
  readonly signed: boolean;
}

/** The events of a contract, by their names. */
export type EventKinds = Readonly<Record<string, EventKind>>;

/** Declares an event of an agent; throws `invalid_argument` on an option out of range. */
export function event<Data extends z.ZodType>(options: EventOptions<Data>): EventKind<Data> {
  return Object.freeze({
    description: options.description ?? "",
    data: jsonSchema("event.data", options.data),
    signed: options.signed ?? false,
  });
}

/** Throws `invalid_name` unless it can name an event of this agent. */
export function checkEventName(agent: string, name: string): void {
  if (isEventName(name)) return;
  throw new MeshError(
    MeshCode.InvalidName,
    `event name of ${agent} must be at most ${maxNameTokens} tokens joined by dots, each ${tokenRule}, got ${JSON.stringify(name)}`,
  );
}
