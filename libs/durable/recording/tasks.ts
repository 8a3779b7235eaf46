import { ContentType } from "@myelin/subjects";
import { MeshError } from "../../errors/index.ts";
import { proceed, type Request, type ServeLayer } from "../../pipeline/index.ts";
import { formatTraceparent } from "../../telemetry/index.ts";
import { json, payloadOf, type ReplyHeads, writeRequestHead } from "../../wire/index.ts";
import type { CallRecorder, Copy } from "./recorder.ts";

/**
 * Copies each attempt of a task, as a call is copied: a task is gone from its stream once it is done.
 *
 * Sits outermost, since what is refused inside is worth a look as well. Refuses nothing itself.
 */
export function recordTasks(recorder: CallRecorder, heads: ReplyHeads): ServeLayer {
  return (next) =>
    function record(request): Promise<unknown> {
      const copy = recorder.isOn ? begin(recorder, request) : undefined;
      const answering = proceed(next, request);
      if (copy === undefined) return answering;
      return answering.then(
        (answer) => {
          attempt(() => answered(copy, request, { answer, heads }));
          return answer;
        },
        (thrown: unknown) => {
          attempt(() => failed(copy, MeshError.from(thrown), heads));
          throw thrown;
        },
      );
    };
}

function begin(recorder: CallRecorder, request: Request): Copy | undefined {
  const { operation, id, path, attempt, timeoutMs, trace, payload, codec, replay, task, claim } =
    request;
  const head = writeRequestHead({
    ...{ id, path, attempt, timeoutMs, replay, credit: undefined, tracestate: trace?.state },
    traceparent: trace === undefined ? undefined : formatTraceparent(trace),
    contentType:
      claim !== undefined ? ContentType.claim : codec === json ? undefined : codec.contentType,
  });
  const subject = task?.subject ?? "";
  const { skill } = operation;
  return recorder.begin({ is: "task", skill, subject, head, payload, streams: false });
}

interface Answered {
  readonly answer: unknown;
  readonly heads: ReplyHeads;
}

function answered(copy: Copy, { codec, operation }: Request, { answer, heads }: Answered): void {
  const own = codec === operation.request ? operation.response : json;
  const head = heads.answer(0, own === json ? undefined : own.contentType);
  copy.sent(head, payloadOf(own, answer));
}

function failed(copy: Copy, error: MeshError, heads: ReplyHeads): void {
  const body = error.domain === undefined ? "" : payloadOf(json, error.domain);
  copy.sent(heads.error(0, error), body);
}

/** What cannot be written cannot be an answer either: whoever writes the answer says so. */
function attempt(copy: () => void): void {
  try {
    copy();
  } catch {
    // The copy is worth nothing then.
  }
}
