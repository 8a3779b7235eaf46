import { MeshError } from "../errors/index.ts";
import type { LinkOptions, Notice } from "./options.ts";

/** Where a link reports what belongs to no call. */
export interface Reports {
  readonly trouble: (thrown: unknown) => void;
  readonly notice: (notice: Notice) => void;
}

/** The hooks that a user gave, fit to be called from anywhere. */
export function reportsTo({ onTrouble, onNotice }: LinkOptions): Reports {
  const quietly = (report: () => void): void => {
    try {
      report();
    } catch {
      // The hook is the last place to report to; what it throws itself has nowhere to go.
    }
  };
  return {
    trouble: (thrown) => quietly(() => onTrouble?.(MeshError.from(thrown))),
    notice: (notice) => quietly(() => onNotice?.(notice)),
  };
}
