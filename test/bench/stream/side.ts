export type Kind = "raw" | "mesh";

export interface Place {
  readonly kind: Kind;
  readonly url: string;
}

/** How a stream is to be read. */
export interface Reading {
  readonly frames: number;
  /** The reader rests a millisecond after each so many frames; 0: it never rests. */
  readonly restEvery: number;
}

/** Reads one stream to its end and answers with the number of its frames. */
export type Read = (reading: Reading) => Promise<number>;

/** A producer of streams, and a reader of them. */
export interface StreamSide {
  readonly producer: (url: string) => Promise<void>;
  readonly reader: (url: string) => Promise<Read>;
}

export async function load(kind: Kind): Promise<StreamSide> {
  return kind === "raw" ? (await import("./raw.ts")).raw : (await import("./mesh.ts")).mesh;
}
