import {
  artifactsOf,
  blobsBy,
  blobsFor,
  blobsOfEvent,
  blobsOfEventsBelow,
  conversationSubject,
} from "./kept.ts";
import { Store, storeApi } from "./stores.ts";
import { every, parseEventTarget } from "./targets.ts";

/** Large payloads: to write one's own, and to read those that are for oneself. */
export function exchanging(name: string): string[] {
  return [blobsBy(name), storeApi.last(Store.blobs, blobsFor(name))];
}

/** Large payloads of the events that somebody hears or follows. */
export function readingEventBlobs(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const target = parseEventTarget(line);
    if (!target.ok) return [];
    const { publisher, name, below } = target.value;
    const blobs = below ? blobsOfEventsBelow(publisher, name) : blobsOfEvent(publisher, name);
    return [storeApi.last(Store.blobs, blobs)];
  });
}

/** What an agent keeps of its own: artifacts and conversations. */
export function keeping(name: string): string[] {
  const conversations = conversationSubject({ agent: name, conversation: every });
  return [
    artifactsOf(name),
    readingArtifacts(name),
    conversations,
    storeApi.last(Store.conversations, conversations),
  ];
}

/** What an agent has made, for those who may ask it for something. */
export function readingArtifacts(agent: string): string {
  return storeApi.last(Store.artifacts, artifactsOf(agent));
}
