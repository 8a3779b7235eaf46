import type { z } from "zod";
import { MeshCode, MeshError } from "../errors/index.ts";
import { jsonSchema, schema } from "./schema.ts";

/** The errors a skill declares: a name and the shape of its data. */
export type ErrorSchemas = Readonly<Record<string, z.ZodType>>;

/** Protobuf messages that carry a skill's input and output, by their full names in the contract's `protobuf`. */
export interface MessageNames {
  readonly input: string;
  readonly output: string;
}

/** What both forms of a skill have in common. */
interface CommonOptions<Input extends z.ZodType, Errors extends ErrorSchemas> {
  /** One sentence, for people and for models that choose a skill. */
  readonly description?: string;
  readonly input: Input;
  /** Whether doing it twice does no harm: only then is it attempted again after it may have run. Default: false. */
  readonly idempotent?: boolean;
  /** How long a caller waits for the answer, or for the first frame, in milliseconds. Default: 30000. */
  readonly deadlineMs?: number;
  /** The errors a handler raises on purpose with `ctx.fail`. Default: none. */
  readonly errors?: Errors;
  /** Protobuf instead of JSON on the wire. Default: JSON. */
  readonly messages?: MessageNames;
  /** Whether input and answer are sealed for their reader, so that the broker sees ciphertext only. Default: false. */
  readonly sealed?: boolean;
  /** Whether it is refused to callers who do not say on which end user's behalf they ask. Default: false. */
  readonly demandsUser?: boolean;
}

/** A skill that answers once. */
export interface AnswerOptions<
  Input extends z.ZodType,
  Output extends z.ZodType,
  Errors extends ErrorSchemas,
> extends CommonOptions<Input, Errors> {
  readonly output: Output;
}

/** A skill that answers with a stream. */
export interface StreamOptions<
  Input extends z.ZodType,
  Frame extends z.ZodType,
  Errors extends ErrorSchemas,
> extends CommonOptions<Input, Errors> {
  /** The shape of each frame. */
  readonly frames: Frame;
  /** Longest silence between two frames while the reader waits, in milliseconds. Default: 30000. */
  readonly idleMs?: number;
}

/** A skill with every default filled in and every value checked. */
export interface Skill<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
  Streams extends boolean = boolean,
  Errors extends ErrorSchemas = ErrorSchemas,
> {
  readonly description: string;
  readonly input: Input;
  /** Of the answer, or of each frame. */
  readonly output: Output;
  readonly streams: Streams;
  readonly idempotent: boolean;
  readonly deadlineMs: number;
  readonly idleMs: number;
  readonly errors: Errors;
  readonly messages: MessageNames | undefined;
  readonly sealed: boolean;
  readonly demandsUser: boolean;
}

const defaultDeadlineMs = 30_000;
const defaultIdleMs = 30_000;

/** Longest deadline: 2^31 - 1 ms, some 24 days, the most that timers and the header hold. */
export const maxDeadlineMs = 2_147_483_647;

/** Declares a skill; throws `invalid_argument` on an option out of range. */
export function skill<
  Input extends z.ZodType,
  Output extends z.ZodType,
  const Errors extends ErrorSchemas = Record<never, never>,
>(options: AnswerOptions<Input, Output, Errors>): Skill<Input, Output, false, Errors>;
export function skill<
  Input extends z.ZodType,
  Frame extends z.ZodType,
  const Errors extends ErrorSchemas = Record<never, never>,
>(options: StreamOptions<Input, Frame, Errors>): Skill<Input, Frame, true, Errors>;
export function skill(
  options:
    | AnswerOptions<z.ZodType, z.ZodType, ErrorSchemas>
    | StreamOptions<z.ZodType, z.ZodType, ErrorSchemas>,
): Skill {
  const streams = "frames" in options;
  const wire = options.messages === undefined ? jsonSchema : schema;
  return Object.freeze({
    description: options.description ?? "",
    input: wire("skill.input", options.input),
    output: streams ? wire("skill.frames", options.frames) : wire("skill.output", options.output),
    streams,
    idempotent: options.idempotent ?? false,
    deadlineMs: milliseconds("skill.deadlineMs", options.deadlineMs ?? defaultDeadlineMs),
    idleMs: milliseconds("skill.idleMs", (streams ? options.idleMs : undefined) ?? defaultIdleMs),
    errors: errorSchemas(options.errors ?? {}),
    messages: options.messages,
    sealed: options.sealed ?? false,
    demandsUser: options.demandsUser ?? false,
  });
}

function errorSchemas(errors: ErrorSchemas): ErrorSchemas {
  for (const [name, data] of Object.entries(errors)) jsonSchema(`skill.errors.${name}`, data);
  return errors;
}

/** Checks a span of time that a deadline may have. */
export function milliseconds(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= maxDeadlineMs) return value;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `${option} must be above 0 and at most ${maxDeadlineMs} milliseconds, got ${typeof value === "string" ? JSON.stringify(value) : String(value)}`,
  );
}
