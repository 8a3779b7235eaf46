import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { MeshPolicy } from "@myelin/subjects";
import { z } from "zod";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { readIfThere, writeWhole } from "./files.ts";
import type { Home } from "./home.ts";

const facts = z.object({
  version: z.number().int().positive(),
  at: z.coerce.date(),
  /** What was applied again, if it is not mesh.yaml as it was then. */
  again: z.number().int().positive().optional(),
  /** SHA-256 of what mesh.yaml says, whatever its comments. */
  policy: z.string(),
  /** SHA-256 of each account's JWT. */
  accounts: z.record(z.string(), z.string()),
});

/** One version of mesh.yaml that was applied. */
export type AppliedVersion = Readonly<z.output<typeof facts>>;

/** Every version that was applied, oldest first. */
export function appliedVersions(home: Home): readonly AppliedVersion[] {
  return numbers(home).map((number) => readFacts(home, number));
}

/** The number of the newest version, 0 before the first. */
export function newestVersion(home: Home): number {
  return numbers(home).at(-1) ?? 0;
}

/** The text of an applied version, as mesh.yaml was. */
export function appliedText(home: Home, version: number): string {
  const text = readIfThere(textPath(home, version));
  if (text !== undefined) return text;
  const newest = newestVersion(home);
  const range = newest === 0 ? "nothing was applied yet" : `there are 1 to ${newest}`;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `version ${version} was never applied; ${range}, see \`myelin versions\``,
  );
}

/** Whether the policy says something else than the one that was applied last. */
export function isNewPolicy(home: Home, policy: MeshPolicy): boolean {
  const newest = newestVersion(home);
  return newest === 0 || readFacts(home, newest).policy !== digest(JSON.stringify(policy));
}

/** Keeps what was applied under the next number. */
export function keepVersion(
  home: Home,
  text: string,
  applied: {
    readonly policy: MeshPolicy;
    readonly accounts: ReadonlyMap<string, string>;
    readonly again?: number | undefined;
  },
): number {
  const version = newestVersion(home) + 1;
  const digests = [...applied.accounts].map(([name, jwt]) => [name, digest(jwt)]);
  const { again } = applied;
  const kept = {
    version,
    at: home.now(),
    again,
    policy: digest(JSON.stringify(applied.policy)),
    accounts: Object.fromEntries(digests),
  };
  writeWhole(factsPath(home, version), `${JSON.stringify(kept, undefined, 2)}\n`, "owner");
  // The text makes it a version: it comes last.
  writeWhole(textPath(home, version), text, "owner");
  return version;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function readFacts(home: Home, version: number): AppliedVersion {
  const path = factsPath(home, version);
  try {
    return facts.parse(JSON.parse(readIfThere(path) ?? ""));
  } catch (cause) {
    const detail = `${path} cannot be read as facts of an applied version; restore it from a copy`;
    throw new MeshError(MeshCode.InvalidArgument, detail, { cause });
  }
}

function numbers(home: Home): number[] {
  try {
    return readdirSync(home.layout.applied)
      .flatMap((name) => /^(\d{4,})\.yaml$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    // Nothing was applied yet.
    return [];
  }
}

function textPath(home: Home, version: number): string {
  return join(home.layout.applied, `${padded(version)}.yaml`);
}

function factsPath(home: Home, version: number): string {
  return join(home.layout.applied, `${padded(version)}.json`);
}

function padded(version: number): string {
  return `${version}`.padStart(4, "0");
}
