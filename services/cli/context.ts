import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { isMeshError, MeshCode, MeshError } from "@myelin/mesh";
import { type Observer, observe } from "@myelin/mesh/operate";
import { type Whereabouts, whereaboutsOf } from "./hints.ts";
import { findMesh, homeFolder, type Place, type PlaceOptions } from "./place.ts";
import { type Palette, palette } from "./table.ts";
import { plain, type Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface CommonOptions extends PlaceOptions {
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
  /** For hints: what they have to name. */
  readonly where: Whereabouts;
}

export function resolveContext(terminal: Terminal, options: CommonOptions): Context {
  const { env, cwd } = terminal;
  const name = options.as ?? (env.MYELIN_AS || nameOf(options.creds) || "ops");
  return Object.freeze({
    terminal,
    palette: palette(terminal.hasColours),
    json: options.json === true,
    name,
    where: whereaboutsOf(options, terminal),
    place: withCertificate(findMesh(options, env, cwd), homeFolder(options.home, env, cwd), name),
  });
}

/** Whose credentials a file holds, by its name. */
function nameOf(creds: string | undefined): string | undefined {
  return creds?.endsWith(".creds") === true ? basename(creds, ".creds") : undefined;
}

/** Our certificate, where the home has one for us: its servers ask for it then. */
function withCertificate(place: Place, home: string, name: string): Place {
  const pair = join(home, "tls", "clients", name);
  if (place.tls?.certFile !== undefined || !existsSync(`${pair}.pem`)) return place;
  return { ...place, tls: { ...place.tls, certFile: `${pair}.pem`, keyFile: `${pair}.key` } };
}

/** Looks at the mesh. */
export function look(context: Context): Promise<Observer> {
  return entering(context, observe);
}

/** Opens what is on the mesh, under our name; a failure to connect says where it was looked for. */
export async function entering<T>(
  { name, place }: Context,
  open: (options: Place & { readonly name: string }) => Promise<T>,
): Promise<T> {
  try {
    return await open({ name, ...place });
  } catch (error) {
    if (!isMeshError(error) || error.code === MeshCode.InvalidName) throw error;
    // What to do next is told once, and for this command line, not for a program.
    throw new MeshError(error.code, `${error.what} (from ${place.from})`, { cause: error });
  }
}

/** One JSON document on a line of its own; JSON has no word for nothing. False when the reader is slower. */
export function printJson({ terminal }: Pick<Context, "terminal">, value: unknown): boolean {
  return terminal.out.write(`${JSON.stringify(value) ?? "null"}\n`);
}

/** Tells that the server is lost, or back: what goes on until Ctrl-C outlives that. */
export function tellLink(context: Context, isUp: boolean): void {
  const text = isUp ? "the server is back" : "the server is gone; reconnecting";
  note(context, context.palette.yellow(text));
}

/** A line beside the result, so that a pipe gets the result alone; JSON like everything else where that is wanted. */
export function note(context: Context, text: string): void {
  const { terminal, json } = context;
  terminal.err.write(`${json ? JSON.stringify({ note: plain(text) }) : text}\n`);
}
