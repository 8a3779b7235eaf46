import type { StoreDoor } from "@myelin/mesh/operate";
import { coversSubject } from "@myelin/subjects";

/** A message of a stream that is none. */
export interface FakeMessage {
  readonly subject: string;
  readonly seq: number;
  readonly head?: string;
  readonly body?: string;
}

/** A door to one stream, as the streams' API answers; `asked` is which messages were asked for. */
export function fakeStream(messages: readonly FakeMessage[]) {
  const asked: Asked[] = [];
  const door: StoreDoor = {
    ask: async (_subject, payload) => {
      if (payload === undefined) {
        const [first, last] = [messages[0]?.seq ?? 1, messages.at(-1)?.seq ?? 0];
        return JSON.stringify({
          config: {},
          state: { bytes: 0, first_seq: first, last_seq: last },
        });
      }
      const question = JSON.parse(payload) as Asked;
      asked.push(question);
      const { seq, next_by_subj: filter } = question;
      const found = messages.find((one) => one.seq >= seq && coversSubject(filter, one.subject));
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
  readonly seq: number;
  readonly next_by_subj: string;
}
