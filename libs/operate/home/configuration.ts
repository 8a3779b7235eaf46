import {
  configSubject,
  type MeshPolicy,
  noRecording,
  ownStoreApi,
  recordingKind,
  recordingText,
  Store,
  type WorkspacePolicy,
} from "@myelin/subjects";
import { z } from "zod";
import { isMeshError, MeshCode, MeshError } from "../../errors/index.ts";
import { readJson } from "../json.ts";
import { provisionStores, StoreApi } from "../stores/index.ts";
import { accountFacts } from "./accounts.ts";
import type { Home } from "./home.ts";
import type { Entrance, Reach } from "./reach.ts";
import { enterStore } from "./stores.ts";

const reply = z.object({
  error: z
    .object({ code: z.number(), err_code: z.number().optional(), description: z.string() })
    .optional(),
});

/**
 * Publishes the accounts' JWTs as configuration of each workspace, where everybody can read them: they prove
 * themselves; and beside them whose calls are recorded. The stream for it is made where it is missing and `apply` makes streams. Answers how many were new.
 */
export async function publishAccounts(
  home: Home,
  policy: MeshPolicy,
  reach: Reach,
): Promise<number> {
  let published = 0;
  for (const [workspace, itsPolicy] of Object.entries(policy.workspaces)) {
    await using store = await enterStore(home, workspace, reach);
    if (!(await hasConfiguration(store, workspace, itsPolicy))) continue;
    for (const known of knownTo(policy, workspace)) {
      const { publicKey, jwt } = accountFacts(home, known);
      if (await publish(store, `account.${publicKey}`, jwt)) published++;
    }
    await publish(store, recordingKind, recordingText(itsPolicy.recording ?? noRecording));
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

/** Whether there is a stream for it; without one nobody reads it, where mesh.yaml wants none. */
async function hasConfiguration(
  store: Entrance,
  workspace: string,
  policy: WorkspacePolicy,
): Promise<boolean> {
  if (policy.provision !== "off") {
    await provisionStores(store, { workspace, policy, only: [Store.config] });
    return true;
  }
  try {
    return (await new StoreApi(store).stream(Store.config)) !== undefined;
  } catch (error) {
    // A server without streams is just what was asked for.
    if (isMeshError(error, MeshCode.Unavailable)) return false;
    throw error;
  }
}

/** Whether it was not what is published already. */
async function publish(store: Entrance, kind: string, text: string): Promise<boolean> {
  const subject = configSubject(kind);
  const [last] = await store.askAll(ownStoreApi.last(Store.config, subject), { most: 1 });
  if (last === text) return false;
  check(`publishing ${subject}`, await store.ask(subject, text));
  return true;
}

function check(what: string, said: string): void {
  const error = errorIn(said);
  if (error === undefined) return;
  const detail = `${what} failed: ${error.description}; has the server jetstream in its configuration?`;
  throw new MeshError(MeshCode.Unavailable, detail, { origin: "peer" });
}

function errorIn(said: string): z.output<typeof reply>["error"] {
  const read = readJson(said, reply);
  return read === undefined ? { code: 500, description: said.slice(0, 200) } : read.error;
}
