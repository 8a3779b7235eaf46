import { type DeadAddress, deadSubject, Store } from "@myelin/subjects";
import type { StoredMessage } from "../stored/answers.ts";
import type { StoreAccess } from "../stored/store.ts";
import { readDead } from "./dead.ts";

/** The letter of this name, where there is one; only of the message at that place of its stream, where one is said. */
export async function letterAbout(
  store: StoreAccess,
  address: DeadAddress,
  place: number | undefined,
): Promise<StoredMessage | undefined> {
  const letter = await store.last(Store.dead, deadSubject(address));
  if (letter === undefined || place === undefined) return letter;
  return readDead(letter.head)?.sequence === place ? letter : undefined;
}
