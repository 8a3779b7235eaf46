import { finalState, Store, scopeOf } from "@myelin/subjects";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { EnvelopeCheck, type Trust } from "../../identity/index.ts";
import { readSigned } from "../../wire/index.ts";
import type { StoredMessage } from "../stored/answers.ts";
import { ownAccount, signedType } from "../stored/verifying.ts";
import { statesOf } from "./documents.ts";

/** Whose result it is, of which task, by which agent. */
export interface ResultOf {
  readonly submitter: string;
  readonly agent: string;
  readonly id: string;
}

/** Throws `permission_denied` unless the agent has signed the final result, or keeper in its place. */
export type VerifyResult = (final: StoredMessage, of: ResultOf) => Promise<void>;

/** Who ends a task whose agent cannot. */
const keeperScope = scopeOf("keeper");

/** Checks who signed a final result, judged at the time at which it was stored. */
export function verifyResults(
  trust: () => Trust | undefined,
  account: () => string | undefined,
): VerifyResult {
  let checked: { readonly trust: Trust; readonly check: EnvelopeCheck } | undefined;
  return async (final, { submitter, agent, id }) => {
    const own = account();
    const trusted = trust();
    // Where there is no operator to trust nothing is signed.
    if (own === undefined || trusted === undefined) return;
    await ownAccount(trusted, own, `the result of task ${id}`);
    if (checked?.trust !== trusted) checked = { trust: trusted, check: new EnvelopeCheck(trusted) };
    const signed = readSigned(final.head);
    if (signed === undefined) {
      const detail = `the result of task ${id} is not signed by ${agent}, so it is not believed`;
      throw new MeshError(MeshCode.PermissionDenied, detail);
    }
    const author = await checked.check.verify(
      {
        ...{ ...signed, id, storedAt: final.storedAt, body: final.payload },
        subject: statesOf({ submitter, task: id, agent })(finalState),
        contentType: signedType(final.head),
        place: `${Store.results}:${final.sequence}`,
      },
      { kind: "result", target: submitter, speaker: undefined, account: own },
    );
    if (author.name === agent || author.role === keeperScope) return;
    const detail = `the result of task ${id} is signed by ${author.name} (${author.role}), neither ${agent} nor a keeper`;
    throw new MeshError(MeshCode.PermissionDenied, detail);
  };
}
