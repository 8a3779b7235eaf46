import { MeshCode, MeshError } from "@myelin/mesh";
import { z } from "zod";
import type { ChatServer } from "./model/chat.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What every agent's process is told by the desk that starts it. */
const settings = z.object({
  sources: z.array(z.object({ path: z.string(), take: z.enum(["one", "texts", "packages"]) })),
  /** The folder that paths are told relative to. */
  base: z.string(),
  /** The folder of the digest. */
  out: z.string(),
  /** The desk's own name, see `newDesk`: tasks of another one that was closed are not done. */
  desk: z.string(),
  /** Documents that the editor has in work at once. */
  documentsAtOnce: z.number().int().min(1),
});

export type Settings = z.infer<typeof settings>;

const variable = "MYELIN_DESK";

/** The settings as an environment variable. */
export function writeSettings(value: Settings): Environment {
  return { [variable]: JSON.stringify(value) };
}

/** Reads what `writeSettings` wrote; throws `invalid_argument` when the program was started without. */
export function readSettings(env: Environment): Settings {
  try {
    return settings.parse(JSON.parse(env[variable] ?? ""));
  } catch (cause) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `${variable} does not hold the settings of a desk; agents are started by main.ts`,
      { cause },
    );
  }
}

const defaultModel = "gpt-4o-mini";

/** The model's server that the environment names; undefined when it names none. */
export function readChatServer(env: Environment): ChatServer | undefined {
  const url = env.OPENAI_BASE_URL ?? "";
  if (url === "") return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new MeshError(
      MeshCode.InvalidArgument,
      `OPENAI_BASE_URL must be an http or https URL, got ${url}`,
    );
  }
  return {
    baseUrl: url.replace(/\/+$/, ""),
    apiKey: env.OPENAI_API_KEY || undefined,
    model: env.OPENAI_MODEL || defaultModel,
  };
}
