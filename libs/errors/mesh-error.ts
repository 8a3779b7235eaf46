import { codeTable, MeshCode } from "./codes.ts";

/** What stands behind a code, for whoever does otherwise then. It stays in this process: on the wire there are codes. */
export type Reason =
  /** A server answers, and has no such stream or consumer, or one that is of no use: `myelin apply` mends it. */
  | "no_stream"
  | "no_consumer"
  | "unfit_consumer"
  /** Servers that keep a stream are down, or too few are up to agree. */
  | "servers_down"
  /** A stream, or its account, holds all that it may. */
  | "store_full"
  /** Nothing answers where a server should be. */
  | "no_server"
  /** The server says that these credentials were revoked. */
  | "revoked";

/** What a MeshError may carry beside its code and message. */
export interface MeshErrorOptions {
  readonly cause?: unknown;
  /** Default: the cause's. */
  readonly reason?: Reason;
  /** Who refused: this process, or the far side. Default: `here`. */
  readonly origin?: "here" | "peer";
  /** How long the far side asks to wait before another attempt, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Name and data of a domain error. */
  readonly domain?: DomainFailure;
}

/** A failure that a skill declares in its contract. */
export interface DomainFailure {
  readonly name: string;
  readonly data: unknown;
}

/**
 * The one error class of the mesh. Branch on `code`; the message begins with it, then says who, what and how much, and
 * after a semicolon what to do.
 */
export class MeshError extends Error {
  readonly code: MeshCode;
  readonly origin: "here" | "peer";
  readonly retryAfterMs: number | undefined;
  readonly domain: DomainFailure | undefined;
  readonly reason: Reason | undefined;

  constructor(code: MeshCode, detail: string, options: MeshErrorOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MeshError";
    this.code = code;
    this.origin = options.origin ?? "here";
    this.retryAfterMs = options.retryAfterMs;
    this.domain = options.domain;
    this.reason = options.reason ?? reasonOf(options.cause);
  }

  /** Whether the code allows another attempt at all; `idempotent` codes ask for a skill that is. */
  get retryable(): boolean {
    return codeTable[this.code].retry !== "no";
  }

  /** The message without its code, as it crosses the wire. */
  get detail(): string {
    return this.message.slice(this.code.length + 2);
  }

  /** What went wrong, without what to do about it. */
  get what(): string {
    const { detail } = this;
    const end = detail.indexOf(adviceFollows);
    return end < 0 ? detail : detail.slice(0, end);
  }

  /** What to do about it; undefined where the message says nothing of it. */
  get advice(): string | undefined {
    const { detail } = this;
    const end = detail.indexOf(adviceFollows);
    return end < 0 ? undefined : detail.slice(end + adviceFollows.length);
  }

  /** Any thrown value as a MeshError; what is not one becomes `code`, with the value as cause. */
  static from(thrown: unknown, code: MeshCode = MeshCode.Internal): MeshError {
    if (thrown instanceof MeshError) return thrown;
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return new MeshError(code, detail, { cause: thrown });
  }
}

const adviceFollows = "; ";

function reasonOf(cause: unknown): Reason | undefined {
  return cause instanceof MeshError ? cause.reason : undefined;
}

/** Whether a thrown value is a MeshError, and of this code where one is given. */
export function isMeshError(thrown: unknown, code?: MeshCode): thrown is MeshError {
  return thrown instanceof MeshError && (code === undefined || thrown.code === code);
}

/** That an agent has no skill of this name, and which it has. */
export function unknownSkill(agent: string, skill: string, has: Iterable<string>): MeshError {
  const known = [...has].join(", ") || "none";
  return new MeshError(MeshCode.UnknownSkill, `${agent} has no skill ${skill}; it has: ${known}`);
}
