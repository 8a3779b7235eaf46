import type { Signer } from "../../identity/index.ts";
import type { Link } from "../../nats/index.ts";
import type { Clock, LargePayloads, Operation, Serve, Wheel } from "../../pipeline/index.ts";
import type { MeshMetrics } from "../../telemetry/index.ts";
import type { Alone } from "../attempts/alone.ts";
import type { Signing } from "../stored/signing.ts";
import type { StoreAccess } from "../stored/store.ts";
import type { TaskKeys } from "./keys.ts";
import type { TaskDelivery } from "./task-delivery.ts";
import type { TasksConfig } from "./tasks-options.ts";

/** Whose a task is, by its subject. */
export interface Between {
  readonly submitter: string;
  /** Who cancels it, where that is not its submitter. */
  readonly canceller?: string | undefined;
  readonly agent: string;
}

/** Throws `permission_denied` unless its submitter has signed the task. */
export type VerifyTask = (delivery: TaskDelivery, between: Between) => Promise<void>;

/** What every attempt of one worker shares. */
export interface WorkParts {
  readonly agent: string;
  readonly instance: string;
  readonly version: string;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly config: TasksConfig;
  /** The serving stack with the handlers in it. */
  readonly serve: Serve;
  readonly link: Link;
  readonly store: StoreAccess;
  readonly claims: LargePayloads;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly random: () => number;
  readonly signer: () => Signer | undefined;
  /** Signs what ends at once together. */
  readonly signing: Signing;
  /** Absent where there is no operator to trust. */
  readonly verify: VerifyTask | undefined;
  readonly metrics: MeshMetrics;
  /** Where those wait for each other that their workers may die of. */
  readonly alone: Alone;
  /** Who has which key. */
  readonly keys: TaskKeys;
  readonly warn: (detail: string) => void;
  /** How often the server delivers a task. */
  readonly mostDeliveries: () => number;
  /** Hears that a task was cancelled, by the subject of its final result. */
  readonly onCancelled: (finalSubject: string) => void;
}

/** What a turn at a task needs of them. */
export type TurnParts = Pick<WorkParts, "store" | "clock" | "instance" | "metrics">;

/** Whether a turn has begun; `over` when there is a final result, `again` when that could not be told now. */
export type Begun = "begun" | "over" | "again";

/** What must be the last of a state for something to be stored: its sequence, 0 for none. */
export type After = { readonly state: string; readonly last: number };
