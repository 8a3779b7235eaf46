import type { MeshError } from "../../errors/index.ts";
import type { Try } from "../attempts/running.ts";
import type { Progress } from "./documents.ts";
import type { Receipt } from "./sender.ts";

/** Where a task is now. */
export type TaskStatus =
  /** No worker has begun it: it waits in the queue, or, of a task found by its id, was never submitted. */
  | { readonly state: "waiting" }
  /** Its time has not come, as the handle knows that submitted it; found by its id it waits. */
  | { readonly state: "scheduled"; readonly at: Date }
  /** An attempt has begun, and has not ended for good; it may be waiting for the next one. */
  | {
      readonly state: "running";
      readonly attempt: number;
      /** When the last attempt began. */
      readonly since: Date;
      /** The last attempts with their times, oldest first. */
      readonly tries: readonly Try[];
    }
  | { readonly state: "done"; readonly at: Date }
  | { readonly state: "failed" | "cancelled"; readonly at: Date; readonly error: MeshError };

/** How long to wait. */
export interface WaitOptions {
  /**
   * In milliseconds. Default: until the task ends, or, with the handle of who submitted it for now, until some twenty
   * seconds after its deadline. Of other tasks the deadline is not known here: until they end.
   */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A stored task as its submitter holds it; another process of the same submitter gets it by `mesh.task`. */
export interface TaskHandle<Output = unknown> {
  readonly id: string;
  /** What the store said; undefined for a task that was found by its id. */
  readonly receipt: Receipt | undefined;
  status(options?: Pick<WaitOptions, "signal">): Promise<TaskStatus>;
  /** What the handler told last, if anything, and what it tells from now on, until the task ends. */
  progress(options?: WaitOptions): AsyncIterable<Progress>;
  /** The handler's answer; throws why there is none. */
  result(options?: WaitOptions): Promise<Output>;
  /** Asks the agent to stop it; resolves when that is stored. The result tells whether it came in time. */
  cancel(options?: Pick<WaitOptions, "signal">): Promise<void>;
}
