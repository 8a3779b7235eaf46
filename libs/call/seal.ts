import { isMeshError, MeshCode, MeshError } from "../errors/index.ts";
import { Box, CallerForms, type Seals } from "../identity/index.ts";
import {
  type Call,
  CallRecord,
  type CallSignal,
  type Layer,
  randomToken,
  type Target,
} from "../pipeline/index.ts";

/** An instance, and the key that is sealed for it. */
export interface SealedTarget {
  readonly target: Target;
  /** From its verified card. */
  readonly key: string;
}

/** What sealing needs of the world. */
export interface SealParts {
  /** The caller's name. */
  readonly name: string;
  /** Our own key, made when it is first needed. */
  readonly seals: () => Seals;
  /** The key of the instance that was picked, or of one that answers; throws `permission_denied` without a verified card. */
  readonly find: (
    agent: string,
    instance: string | undefined,
    signal: CallSignal,
  ) => Promise<SealedTarget>;
  /** The keys of this agent may be old: an instance is gone, or could not open what it got. */
  readonly doubt: (agent: string) => void;
}

/**
 * Seals the input for the instance that was picked, and opens what it answers.
 *
 * Innermost, since each attempt goes to another instance with another key, and what is measured outside is the call
 * as its caller sees it. Refuses an answer in the clear: whoever gave it has not read the question.
 */
export function seal(parts: SealParts): Layer {
  return (next) =>
    async function seal(call) {
      const { operation, signal } = call;
      if (operation.sealed !== true) return next(call);
      const { target, key } = await parts.find(operation.agent, call.target?.instance, signal);
      signal.throwIfEnded();
      const box = new Box([parts.seals()], key);
      const about = { caller: parts.name, key: operation.key, id: call.id };
      const forms = new CallerForms(box, about, operation, randomToken());
      const reply = await next(sealed(call, forms, target)).catch((error: unknown) => {
        if (isMeshError(error) && doubtful.has(error.code)) parts.doubt(operation.agent);
        throw error;
      });
      if (operation.streams || forms.opened > 0) return reply;
      throw new MeshError(
        MeshCode.PermissionDenied,
        `${operation.key} at ${target.instance} answered in the clear; its answers are sealed, so this is nobody's who read the question`,
        { origin: "peer" },
      );
    };
}

const doubtful: ReadonlySet<MeshCode> = new Set([
  MeshCode.PermissionDenied,
  MeshCode.Unavailable,
  MeshCode.Draining,
]);

function sealed(call: Call, { request, response }: CallerForms, target: Target): Call {
  const copy = CallRecord.from(call, { ...call.operation, request, response });
  copy.target = target;
  return copy;
}
