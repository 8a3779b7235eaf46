import { Store } from "@myelin/subjects";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { HomeMesh } from "./home-mesh.ts";
import { inStore } from "./stores.ts";

/** A dead letter as an independent reader finds it. */
export interface FoundDead {
  readonly subject: string;
  readonly code: string;
  readonly why: string;
  readonly facts: string;
  readonly body: string;
  readonly header: (name: string) => string;
}

/** How many messages are left in a stream. */
export function left(home: HomeMesh, stream: string): Promise<number> {
  return inStore(home, async (jsm) => (await jsm.streams.info(stream)).state.messages);
}

/** Removes everything from a stream, as an operator may. */
export async function purge(home: HomeMesh, stream: string): Promise<void> {
  await inStore(home, async (jsm) => void (await jsm.streams.purge(stream)));
}

/** Removes what lies on one subject of a stream, as the store does that needs room. */
export async function purgeSubject(home: HomeMesh, stream: string, subject: string): Promise<void> {
  await inStore(home, async (jsm) => void (await jsm.streams.purge(stream, { filter: subject })));
}

/** Every final result that is stored: its subject, in order, as often as it was written. */
export function finals(home: HomeMesh): Promise<readonly string[]> {
  return messages(home, Store.results, ({ subject }) => subject).then((all) =>
    all.filter((subject) => subject.includes(".final.")),
  );
}

/** Every dead letter. */
export function deadLetters(home: HomeMesh): Promise<readonly FoundDead[]> {
  return messages(home, Store.dead, ({ subject, header, data }) => ({
    subject,
    code: header.get("Mesh-Error"),
    why: header.get("Nats-Service-Error"),
    facts: header.get("Mesh-Dead"),
    body: new TextDecoder().decode(data),
    header: (name) => header.get(name),
  }));
}

type Found = NonNullable<Awaited<ReturnType<JetStreamManager["streams"]["getMessage"]>>>;

function messages<T>(home: HomeMesh, stream: string, read: (found: Found) => T): Promise<T[]> {
  return inStore(home, async (jsm) => {
    const { first_seq, last_seq } = (await jsm.streams.info(stream)).state;
    const found: T[] = [];
    for (let seq = Math.max(1, first_seq); seq <= last_seq; seq++) {
      const message = await jsm.streams.getMessage(stream, { seq });
      if (message !== null) found.push(read(message));
    }
    return found;
  });
}
