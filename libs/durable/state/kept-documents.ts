import { StoreHeader } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { type Clock, unlessAborted } from "../../pipeline/index.ts";
import { json } from "../../wire/index.ts";
import { onceId } from "../stored/signing.ts";
import type { Headers, StoreAccess } from "../stored/store.ts";
import { write } from "../stored/writing.ts";
import { startingOver, type Written } from "./starting-over.ts";

export interface KeptDocumentsParts {
  readonly stream: string;
  readonly store: StoreAccess;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Documents in JSON, one a subject, each written only by who has read the one before. */
export class KeptDocuments {
  readonly #parts: KeptDocumentsParts;

  constructor(parts: KeptDocumentsParts) {
    this.#parts = parts;
  }

  /** What is there; undefined where nothing is. */
  async read(subject: string, signal?: AbortSignal): Promise<unknown> {
    return (await this.#look(subject, signal)).found;
  }

  /**
   * Replaces what is there by what `change` makes of it; undefined leaves it as it is. Begins anew when somebody else
   * has written meanwhile, so `change` may be run several times.
   */
  change(
    subject: string,
    change: (found: unknown) => unknown,
    signal?: AbortSignal,
  ): Promise<void> {
    const { store, clock } = this.#parts;
    const written = { is: "written", value: undefined } as const;
    const once = async (tries: number): Promise<Written<void>> => {
      const { found, revision } = await this.#look(subject, signal);
      const next = change(found);
      if (next === undefined) return written;
      const headers: Headers = [
        [StoreHeader.id, onceId()],
        [StoreHeader.expected, revision],
      ];
      const writing = write(store, clock, { subject, payload: JSON.stringify(next), headers });
      const put = await unlessAborted(writing, signal, subject);
      return put.is === "stored" ? written : { is: "outdated", error: busy(subject, tries) };
    };
    return startingOver(once, this.#parts, { signal, what: subject });
  }

  async #look(
    subject: string,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly found: unknown; readonly revision: number }> {
    const { stream, store } = this.#parts;
    const stored = await unlessAborted(store.last(stream, subject), signal, subject);
    if (stored === undefined) return { found: undefined, revision: 0 };
    return { found: json.decode(stored.payload), revision: stored.sequence };
  }
}

function busy(subject: string, tries: number): MeshError {
  const detail = `${subject}: somebody else was quicker ${tries} times; try again later`;
  return new MeshError(MeshCode.Conflict, detail);
}
