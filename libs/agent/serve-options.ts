import type { AdmissionOptions } from "../serve/admission-options.ts";

/** How an agent serves: how much at once, and how much waits. */
export type ServeOptions = AdmissionOptions;
