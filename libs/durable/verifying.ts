import { ContentType, Header, Store } from "@myelin/subjects";
import { MeshCode, MeshError } from "../errors/index.ts";
import { EnvelopeCheck, type Trust } from "../identity/index.ts";
import { field, needle } from "../wire/index.ts";
import { readTaskHead } from "./delivery.ts";
import type { VerifyTask } from "./work-parts.ts";

const contentType = needle(Header.contentType);

/** Checks who signed a task, judged at the time at which it was stored: it may have waited for days. */
export function verifyTasks(trust: Trust, account: () => string | undefined): VerifyTask {
  const check = new EnvelopeCheck(trust);
  return async ({ message, sequence, storedAt }, { submitter, agent }) => {
    const own = account();
    const { id = "", envelope, signer } = readTaskHead(message.head);
    if (envelope === undefined || signer === undefined) {
      const detail = `the task ${id} of ${submitter} is not signed; submit it with the library`;
      throw new MeshError(MeshCode.PermissionDenied, detail);
    }
    if (own === undefined || (await trust.accountJwt(own)) === undefined) {
      // Not the task's fault: the store may say it later.
      throw new MeshError(MeshCode.Unavailable, `who signed task ${id} cannot be verified now`);
    }
    await check.verify(
      {
        ...{ envelope, signer, id, storedAt },
        subject: message.subject,
        contentType: field(message.head, contentType) ?? ContentType.json,
        body: message.payload,
        place: `${Store.tasks}:${sequence}`,
      },
      { kind: "task", target: agent, speaker: submitter, account: own },
    );
  };
}
