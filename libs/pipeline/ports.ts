import type { MeshError } from "../errors/index.ts";
import type { Call } from "./call.ts";
import type { CallSignal } from "./signal.ts";

/** One instance that a call can be sent to. */
export interface Target {
  readonly instance: string;
  /** Its route token, ready for the subject. */
  readonly route: string;
}

/** Which instance takes a call. */
export interface Picker {
  /** An instance that is alive, has room and was not tried; undefined: let the queue group decide. */
  pick(call: Call): Target | undefined;
}

/** What the balancer learns from each attempt. */
export interface Load {
  sent(call: Call): void;
  /** An answer came, after this long; the instance and its load are known when it named them. */
  answered(
    call: Call,
    tookMs: number,
    instance: string | undefined,
    load: number | undefined,
  ): void;
  /** It failed or was given up. A quick refusal must not make an instance look fast. */
  failed(call: Call, tookMs: number, error: MeshError): void;
}

/** Who is alive, as the transport finds out. */
export interface Membership {
  /** The instance is gone or stopped: nothing more is sent to it until it is heard of again. */
  lost(agent: string, instance: string): void;
  /** It has not answered one probe yet: others are better. */
  suspected(agent: string, instance: string): void;
  /** It has answered. */
  heard(agent: string, instance: string): void;
}

/** The connection to the broker, for whoever must wait for it. */
export interface LinkState {
  readonly isUp: boolean;
  /** When it came back last, as `performance.now()` has it; minus infinity while it never was away. */
  readonly backAt: number;
  /** Resolves when it is up; throws the signal's reason. */
  whenUp(signal: CallSignal): Promise<void>;
}
