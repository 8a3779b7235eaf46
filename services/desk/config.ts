import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { namedSource, packagesSource, type Source } from "./documents/sources.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The nats-server to run: the one that is named, the one that the setup keeps, the one on PATH. */
export function natsServerOf(env: Environment): string {
  const named = env.MYELIN_NATS_SERVER ?? "";
  if (named !== "") return named;
  const kept = join(root, ".cache", "bin", "nats-server");
  return existsSync(kept) ? kept : "nats-server";
}

/** What is read: what a person named, else the documentation of the installed packages. */
export async function sourcesOf(named: readonly string[], base: string): Promise<Source[]> {
  if (named.length === 0) return [await packagesSource(join(root, "node_modules"))];
  return Promise.all(named.map((path) => namedSource(path, base)));
}

/** The folder in which the person is: npm runs its scripts in the repository's. */
export function baseOf(env: Environment, cwd: string): string {
  const isScript = join(cwd, "/") === root && (env.npm_command ?? "") !== "";
  return isScript ? (env.INIT_CWD ?? cwd) : cwd;
}
