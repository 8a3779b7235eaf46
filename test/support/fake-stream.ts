import type { StoreDoor } from "@myelin/mesh/operate";
import { coversSubject } from "@myelin/subjects";

/** A message of a stream that is none. */
export interface FakeMessage {
  readonly subject: string;
  readonly seq: number;
  readonly head?: string;
  readonly body?: string;
}

/** A door to one stream, as the streams' API answers; `asked` is what was asked of it. */
export function fakeStream(messages: readonly FakeMessage[]) {
  const asked: Asked[] = [];
  const door: StoreDoor = {
    ask: async (_subject, payload = "") => {
      const question = JSON.parse(payload) as Asked;
      asked.push(question);
      const { seq = 1, next_by_subj, last_by_subj } = question;
      const filter = next_by_subj ?? last_by_subj ?? ">";
      const fitting = messages.filter(
        (one) => one.seq >= seq && coversSubject(filter, one.subject),
      );
      const found = last_by_subj === undefined ? fitting[0] : fitting.at(-1);
      if (found === undefined) return JSON.stringify({ error: { err_code: 10_037 } });
      const { head = "", body = "", ...place } = found;
      const time = new Date(found.seq * 1_000).toISOString();
      const [hdrs, data] = [head, body].map((text) => Buffer.from(text).toString("base64"));
      return JSON.stringify({ message: { ...place, time, hdrs, data } });
    },
  };
  return { door, asked };
}

interface Asked {
  readonly seq?: number;
  readonly next_by_subj?: string;
  readonly last_by_subj?: string;
}
