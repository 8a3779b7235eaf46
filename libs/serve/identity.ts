import type { Contract } from "../contract/index.ts";
import { MeshCode, MeshError } from "../errors/index.ts";
import {
  type OnBehalf,
  proceed,
  type Request,
  RequestRecord,
  type ServeLayer,
} from "../pipeline/index.ts";

/** Verifies a token that says on whose behalf a caller asks; throws `permission_denied`. */
export type VerifyToken = (token: string, caller: string) => Promise<OnBehalf>;

/**
 * Verifies on whose behalf a request is made, where it says so.
 *
 * Sits inside admission, since a signature costs more than a refusal, and outside validation, since whoever lies about
 * its user gets no parsing done. Refuses a token that does not hold, and none at all where the skill demands a user.
 */
export function identity(contract: Contract, verify: VerifyToken): ServeLayer {
  const demanding = new Set(
    Object.entries(contract.skills)
      .filter(([, skill]) => skill.demandsUser)
      .map(([name]) => name),
  );
  return (next) =>
    function identity(request): Promise<unknown> {
      const { behalfToken, caller } = request;
      if (behalfToken === undefined) {
        if (demanding.size === 0 || !demanding.has(request.operation.skill)) return next(request);
        return Promise.reject(nobody(request));
      }
      return verify(behalfToken, caller).then((onBehalf) => {
        // The first token of an account waits for its JWT: nobody may wait for the answer any more.
        request.signal.throwIfEnded();
        return proceed(next, verified(request, onBehalf));
      });
    };
}

function verified(request: Request, onBehalf: OnBehalf): Request {
  const copy = RequestRecord.from(request);
  copy.onBehalf = onBehalf;
  return copy;
}

function nobody({ operation, caller }: Request): MeshError {
  return new MeshError(
    MeshCode.PermissionDenied,
    `${operation.key} is done for an end user only, and ${caller} names none; call it with onBehalfOf`,
  );
}
