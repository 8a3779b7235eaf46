import fc from "fast-check";
import { head } from "./raw.ts";

/** A token of a subject: one of these, or any other. */
export function tokensLike(...close: string[]): fc.Arbitrary<string> {
  const any = fc
    .stringMatching(/^[!-)+-=?-~]{1,12}$/)
    .map((text) => text.replaceAll(".", ""))
    .filter((text) => text !== "");
  return fc.oneof(fc.constantFrom(...close), any);
}

/** A header block of these names, each with some values that are close to what is right; or none. */
export function blocksOf(
  names: Readonly<Record<string, readonly string[]>>,
): fc.Arbitrary<string | undefined> {
  const line = ([name, close]: [string, readonly string[]]): fc.Arbitrary<string> =>
    fc
      .oneof(fc.string(), fc.constantFrom("", "0", "-1", "1e9", "NaN", ...close))
      .map((text) => `${name}: ${text.replaceAll(/[\r\n]/g, "")}`);
  const lines = fc.array(fc.oneof(...Object.entries(names).map(line)), { maxLength: 5 });
  return fc.option(
    lines.map((list) => head(...list)),
    { nil: undefined },
  );
}

/** Bytes, JSON of any kind, or one of these texts. */
export function bodiesLike(...close: string[]): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.constantFrom(...close).map((text) => Buffer.from(text)),
  );
}

/** So many runs, or as many as there is time for: whoever fails tells the seed that repeats it. */
export function bounded(numRuns: number) {
  return { numRuns, interruptAfterTimeLimit: 10_000, endOnFailure: true } as const;
}
