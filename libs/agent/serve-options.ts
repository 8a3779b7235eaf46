import type { TasksOptions } from "../durable/index.ts";
import type { AdmissionOptions } from "../serve/admission-options.ts";

/** How an agent serves: how much at once, and how much waits. */
export interface ServeOptions extends AdmissionOptions {
  /** How it works on tasks that were submitted to it. Default: it does not. */
  readonly tasks?: TasksOptions;
}
