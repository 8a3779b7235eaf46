import { isMeshError, MeshCode, MeshError } from "@myelin/mesh";
import { type Observer, observe } from "@myelin/mesh/operate";
import { findMesh, type Login, type Place } from "./place.ts";
import { type Palette, palette } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface CommonOptions {
  readonly server?: string;
  readonly as?: string;
  readonly json?: boolean;
}

/** What a command works with: the terminal, and the common options resolved. */
export interface Context {
  readonly terminal: Terminal;
  readonly palette: Palette;
  readonly json: boolean;
  /** The name we call ourselves: the caller's name in every subject. */
  readonly name: string;
  readonly place: Place;
}

export function resolveContext(terminal: Terminal, options: CommonOptions): Context {
  const { env } = terminal;
  return Object.freeze({
    terminal,
    palette: palette(terminal.hasColours),
    json: options.json === true,
    name: options.as ?? (env.MYELIN_AS || "ops"),
    place: findMesh(options.server, env, terminal.cwd),
  });
}

/** Looks at the mesh; a failure to connect says where it was looked for. */
export async function look(context: Context): Promise<Observer> {
  const { name, place } = context;
  try {
    return await observe({ name, ...connection(place) });
  } catch (error) {
    if (!isMeshError(error) || error.code === MeshCode.InvalidName) throw error;
    // What to do next is told once, and for this command line, not for a program.
    const [what = ""] = error.detail.split(";");
    throw new MeshError(error.code, `${what} (from ${place.from})`, { cause: error });
  }
}

/** A place as the library takes it. */
export function connection({ servers, login }: Place): {
  readonly servers: readonly string[];
  readonly nats: Login;
} {
  return { servers, nats: login };
}

/** One JSON document on a line of its own. */
export function printJson(context: Context, value: unknown): void {
  context.terminal.out.write(`${JSON.stringify(value)}\n`);
}

/** A line for people beside the result, so that a pipe gets the result alone. */
export function note(context: Context, text: string): void {
  context.terminal.err.write(`${text}\n`);
}
