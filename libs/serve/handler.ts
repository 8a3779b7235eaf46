import { MeshCode, MeshError } from "../errors/index.ts";
import { Frames, type Request, type Serve } from "../pipeline/index.ts";

/**
 * The innermost step: runs the author's code and says what the caller gets to know of its failures.
 *
 * The request's own end and the skill's domain errors pass. Anything else is `handler_failed`: what the handler threw
 * is the cause, which stays here, since nothing secret may cross the wire; `onFailed` is told of it.
 */
export function handler(
  run: (request: Request) => unknown,
  onFailed: (thrown: unknown, request: Request) => void = () => {},
): Serve {
  const failure = (error: unknown, request: Request): MeshError => {
    const known = allowed(error, request);
    if (known !== undefined) return known;
    onFailed(error, request);
    return new MeshError(
      MeshCode.HandlerFailed,
      `the handler of ${request.operation.key} failed; its agent's log has the reason, under call ${request.id}`,
      { cause: error },
    );
  };
  return function handler(request) {
    let answer: unknown;
    try {
      answer = run(request);
    } catch (error) {
      return Promise.reject(failure(error, request));
    }
    if (request.operation.streams) return frames(answer, request, failure);
    if (!isThenable(answer)) return Promise.resolve(answer);
    return Promise.resolve(answer).catch((error: unknown) => {
      throw failure(error, request);
    });
  };
}

type Failure = (error: unknown, request: Request) => MeshError;

function frames(answer: unknown, request: Request, failure: Failure): Promise<Frames> {
  if (isIterable(answer)) {
    try {
      return Promise.resolve(Frames.from(answer).onFailure((error) => failure(error, request)));
    } catch (error) {
      return Promise.reject(failure(error, request));
    }
  }
  let what = answer === null ? "null" : typeof answer;
  if (isThenable(answer)) {
    what = "a promise";
    // Nobody waits for it: what it is rejected with must not end the process.
    Promise.resolve(answer).catch(() => {});
  }
  return Promise.reject(
    new MeshError(
      MeshCode.InvalidOutput,
      `${request.operation.key} streams, but its handler gave ${what}, not an async iterable`,
    ),
  );
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === "object" && answer !== null && "then" in answer;
}

function isIterable(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
}

/** What may pass: the request's own end, and the skill's own domain errors. */
function allowed(error: unknown, { signal }: Request): MeshError | undefined {
  if (signal.reason !== undefined) return signal.reason;
  // One that came from an onward call is not this skill's own, whatever its name.
  const isOwn = error instanceof MeshError && error.domain !== undefined && error.origin === "here";
  return isOwn ? error : undefined;
}
