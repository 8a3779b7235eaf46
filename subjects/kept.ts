import { isEventName } from "./durable.ts";

/*
 * What is kept beside messages: blobs in the place of payloads that are too large for one, artifacts, conversations.
 * Each subject bears its owner's name, so the server lets nobody else write there.
 */

/** Whoever hears an event: no agent can have this name. */
const events = "_events";

/** The reader of what is for all who hear an event of this name; who hears another one must not have it. */
export function eventReaders(name: string): string {
  return `${events}.${name}`;
}

export interface BlobAddress {
  readonly owner: string;
  /** The one who may read it: an agent, a caller, or `eventReaders` of an event. */
  readonly reader: string;
  /** Unguessable. */
  readonly id: string;
}

/** Where one part of a blob lies, counted from 0. */
export function blobSubject({ owner, reader, id }: BlobAddress, part: number | "*"): string {
  return `mesh.blob.${owner}.${reader}.${id}.${part}`;
}

/** Every blob that a name writes. */
export function blobsBy(owner: string): string {
  return `mesh.blob.${owner}.*.*.*`;
}

/** Every blob that a publisher writes for whoever hears an event; without a name, whichever it is. */
export function blobsOfEvent(publisher: string, name?: string): string {
  const which = name === undefined ? ">" : `${name}.*.*`;
  return `mesh.blob.${publisher}.${events}.${which}`;
}

/** The same of every event whose name goes on after this beginning. */
export function blobsOfEventsBelow(publisher: string, beginning: string): string {
  if (beginning === "") return blobsOfEvent(publisher);
  // One more token at least, and behind the name the id and the part.
  return `mesh.blob.${publisher}.${events}.${beginning}.*.*.>`;
}

/** Every blob that a reader may read. */
export function blobsFor(reader: string, owner = "*"): string {
  return `mesh.blob.${owner}.${reader}.>`;
}

/** Beginnings of tokens that are in no artifact's name. */
const mark = "=";

/** Whether it may name an artifact: tokens joined by dots, at most eight. */
export const isArtifactName: (name: string) => boolean = isEventName;

/** What artifacts an owner has. */
export function artifactListSubject(owner: string): string {
  return `mesh.artifact.${owner}.${mark}list`;
}

/** What versions an artifact has. */
export function artifactRecordSubject(owner: string, name: string): string {
  return `mesh.artifact.${owner}.${name}.${mark}versions`;
}

/** Where one part of a version's content lies, counted from 0. */
export function artifactPartSubject(
  { owner, name, id }: { readonly owner: string; readonly name: string; readonly id: string },
  part: number,
): string {
  return `mesh.artifact.${owner}.${name}.${mark}${id}.${part}`;
}

/** Everything that an owner keeps as artifacts. */
export function artifactsOf(owner: string): string {
  return `mesh.artifact.${owner}.>`;
}

/** The bucket of conversations, as `nats kv` calls it. */
export const conversationBucket = "mesh-conversations";

export interface ConversationAddress {
  readonly agent: string;
  /** The conversation's own name; one that a caller holds is `<caller>=<its name>`. */
  readonly conversation: string;
}

/** Where a conversation lies; the bucket's key is what follows the bucket's name. */
export function conversationSubject({ agent, conversation }: ConversationAddress): string {
  return `$KV.${conversationBucket}.${agent}.${conversation}`;
}

/** The speaker and the name of a conversation between the two. */
export const conversationJoint = "=";

/** What may name a conversation on the wire: one token, of the characters that a bucket's keys have. */
export function isConversation(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_=/-]{0,127}$/.test(name);
}

/** What `isConversation` takes, for error messages. */
export const conversationRule =
  "1 to 128 of A-Z, a-z, 0-9, _, =, / and -, the first a letter or digit";
