import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MeshCode, MeshError, type Reason } from "../errors/index.ts";
import { type Credentials, clockSkewMs, parseCredentials } from "../identity/index.ts";
import { makeGuest } from "./guest.ts";
import { checkSecret, readText } from "./secret-file.ts";

/** A `.creds` file, its text, or a folder of `<name>.creds`. Files are watched. */
export type CredentialsOption = string | { readonly text: string } | { readonly folder: string };

/** Where credentials come from, to be read again whenever they may have changed. */
export interface CredentialsSource {
  /** Files whose change may mean others; none where it is a text. */
  readonly files: readonly string[];
  /** Reads and judges them; throws what is wrong and what to do. */
  read(at: Date): Promise<Credentials>;
  /** The operator's JWT that lies beside the file; undefined where there is none. */
  operatorJwt(): Promise<string | undefined>;
}

/** The source that the option names, for a connection of this name. */
export function credentialsSource(option: CredentialsOption, name: string): CredentialsSource {
  const { files, text } = placeOf(option, name);
  return {
    files,
    async read(at) {
      const credentials = await (typeof text === "string"
        ? parse(text, "credentials.text")
        : text());
      return judged(credentials, name, at);
    },
    async operatorJwt() {
      const [path] = files;
      if (path === undefined) return undefined;
      // Many have none: then nothing here is proven to others, and the login works all the same.
      return readFile(join(dirname(path), "operator.jwt"), "utf8").catch(() => undefined);
    },
  };
}

interface Place {
  readonly files: readonly string[];
  readonly text: string | (() => Promise<Credentials>);
}

function placeOf(option: unknown, name: string): Place {
  if (typeof option === "string" && option !== "") {
    if (option.includes("-----BEGIN"))
      throw wrong("credentials must be a file's path; a text goes as { text: … }");
    return { files: [option], text: () => fromFile(option, name) };
  }
  const { text, folder } = (option ?? {}) as { readonly text?: unknown; readonly folder?: unknown };
  if (typeof text === "string" && text !== "") return { files: [], text };
  if (typeof folder === "string" && folder !== "") {
    const path = join(folder, `${name}.creds`);
    return { files: [path], text: () => fromFolder(folder, path, name) };
  }
  // Whatever it is may hold a seed: only its form is told.
  const got =
    typeof option === "object" ? `{ ${Object.keys(option ?? {}).join(", ")} }` : typeof option;
  throw wrong(`credentials must be the path of a .creds file, { text } or { folder }, got ${got}`);
}

async function fromFile(path: string, name: string): Promise<Credentials> {
  const advice = `\`myelin identity add ${name}\` makes it`;
  const use = { option: "credentials", path, advice };
  // What holds no credentials is no secret: nobody is told to close it.
  const credentials = parse(await readText(use), path);
  await checkSecret(use);
  return credentials;
}

async function fromFolder(folder: string, path: string, name: string): Promise<Credentials> {
  await makeGuest(folder, path, name);
  return fromFile(path, name);
}

function parse(text: string, where: string): Credentials {
  try {
    return parseCredentials(text);
  } catch (error) {
    const { code, detail } = MeshError.from(error, MeshCode.InvalidArgument);
    throw new MeshError(code, `${where}: ${detail}`, { cause: error });
  }
}

/** What makes new credentials; a key that was revoked does not come back. */
export function renewalOf(name: string, why?: Reason): string {
  return `\`myelin identity ${why === "revoked" ? "add" : "renew"} ${name}\``;
}

/** What the server would refuse without saying why. */
function judged(credentials: Credentials, name: string, at: Date): Credentials {
  const { expiresAt, notBefore } = credentials;
  const renew = `${renewalOf(credentials.name)} makes new ones`;
  if (credentials.name !== name) {
    throw wrong(
      `credentials are ${credentials.name}'s and the connection's name is ${name}: nobody speaks under another's name; connect as ${credentials.name}, or name ${name}'s credentials`,
    );
  }
  if (expiresAt !== undefined && at.getTime() >= expiresAt.getTime() + clockSkewMs)
    throw denied(`the credentials of ${name} expired at ${expiresAt.toISOString()}; ${renew}`);
  if (notBefore !== undefined && at.getTime() < notBefore.getTime() - clockSkewMs) {
    throw denied(
      `the credentials of ${name} are not valid before ${notBefore.toISOString()}, it is ${at.toISOString()} here; check the clock, or wait`,
    );
  }
  return credentials;
}

function wrong(detail: string): MeshError {
  return new MeshError(MeshCode.InvalidArgument, detail);
}

function denied(detail: string): MeshError {
  return new MeshError(MeshCode.PermissionDenied, detail);
}
