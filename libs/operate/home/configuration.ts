import {
  configSubject,
  type MeshPolicy,
  ownStoreApi,
  Store,
  type StreamShape,
  storeAccountName,
  stores,
} from "@myelin/subjects";
import { z } from "zod";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { accountFacts } from "./accounts.ts";
import { adminRole, type Home } from "./home.ts";
import { Entrance, type Reach } from "./reach.ts";

const reply = z.object({
  error: z
    .object({ code: z.number(), err_code: z.number().optional(), description: z.string() })
    .optional(),
});

const streamInfo = z.object({ config: z.record(z.string(), z.unknown()).optional() });

const configShape = shapeOf(Store.config);

/**
 * Publishes the accounts' JWTs as configuration of each workspace, where everybody can read them: they prove
 * themselves. The stream for it is made where it is missing. Answers how many were new.
 */
export async function publishAccounts(
  home: Home,
  policy: MeshPolicy,
  reach: Reach,
): Promise<number> {
  let published = 0;
  for (const workspace of Object.keys(policy.workspaces)) {
    const account = storeAccountName(workspace);
    await using store = await Entrance.open(
      home,
      { account, name: "apply", role: adminRole },
      reach,
    );
    await makeStream(store, configShape);
    for (const known of knownTo(policy, workspace)) {
      if (await publish(store, accountFacts(home, known))) published++;
    }
  }
  return published;
}

/** A workspace knows itself and those that it shares skills with, in either direction. */
function knownTo(policy: MeshPolicy, workspace: string): readonly string[] {
  const sharesOf = (name: string): readonly string[] =>
    policy.workspaces[name]?.shares.flatMap((share) => share.with) ?? [];
  return Object.keys(policy.workspaces).filter(
    (other) =>
      other === workspace ||
      sharesOf(workspace).includes(other) ||
      sharesOf(other).includes(workspace),
  );
}

async function publish(
  store: Entrance,
  { publicKey, jwt }: { readonly publicKey: string; readonly jwt: string },
): Promise<boolean> {
  const subject = configSubject(`account.${publicKey}`);
  const [last] = await store.askAll(ownStoreApi.last(Store.config, subject), { most: 1 });
  if (last === jwt) return false;
  check(`publishing ${subject}`, await store.ask(subject, jwt));
  return true;
}

/** Three copies where there is a cluster; a stream that is there keeps how many it has. */
async function makeStream(store: Entrance, shape: StreamShape): Promise<void> {
  const { name } = shape;
  const found = streamInfo.safeParse(parsed(await store.ask(ownStoreApi.streamInfo(name))));
  if (found.success && found.data.config !== undefined) {
    const { config } = found.data;
    if (Object.entries(shape).every(([field, value]) => isSame(config[field], value))) return;
    const wanted = JSON.stringify({ ...config, ...shape });
    return check(`changing ${name}`, await store.ask(ownStoreApi.updateStream(name), wanted));
  }
  const make = (copies: number): Promise<string> =>
    store.ask(
      ownStoreApi.createStream(name),
      JSON.stringify({ ...shape, storage: "file", num_replicas: copies }),
    );
  if (errorIn(await make(3)) === undefined) return;
  check(`making ${name}`, await make(1));
}

function isSame(one: unknown, other: unknown): boolean {
  // The server leaves out what is false, zero or empty.
  if (!one && !other) return true;
  return JSON.stringify(one) === JSON.stringify(other);
}

function check(what: string, said: string): void {
  const error = errorIn(said);
  if (error === undefined) return;
  const detail = `${what} failed: ${error.description}; has the server jetstream in its configuration?`;
  throw new MeshError(MeshCode.Unavailable, detail, { origin: "peer" });
}

function errorIn(said: string): z.output<typeof reply>["error"] {
  const read = reply.safeParse(parsed(said));
  return read.success ? read.data.error : { code: 500, description: said.slice(0, 200) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: no schema takes it.
    return undefined;
  }
}

function shapeOf(name: StreamShape["name"]): StreamShape {
  const shape = stores.find((one) => one.name === name);
  if (shape !== undefined) return shape;
  throw new MeshError(MeshCode.Internal, `there is no stream ${name} among the stores`);
}
