import { z } from "zod";
import { MeshCode, MeshError } from "../../errors/index.ts";
import { appendLine, readIfThere } from "./files.ts";

const issued = z.object({
  is: z.literal("issued"),
  at: z.coerce.date(),
  account: z.string(),
  name: z.string(),
  /** Under which scoped key: `agent:summarizer`, `role:observer`, `admin`. */
  role: z.string(),
  user: z.string(),
  expires: z.coerce.date(),
});

const revoked = z.object({
  is: z.literal("revoked"),
  at: z.coerce.date(),
  account: z.string(),
  name: z.string(),
  users: z.array(z.string()),
  why: z.string(),
});

const line = z.discriminatedUnion("is", [issued, revoked]);

/** Credentials that were issued: whose, under which key, until when. */
export type Issued = Readonly<z.output<typeof issued>>;
/** Keys that may no longer log in. */
export type Revoked = Readonly<z.output<typeof revoked>>;

const leftBefore = "left ";

/** Why the credentials of a role are revoked whose holder was taken out of it. */
export function leaving(role: string): string {
  return `${leftBefore}${role}`;
}

/** Whether somebody left a role, and may come back to it: whoever was revoked may not. */
export function hasLeft({ why }: Revoked): boolean {
  return why.startsWith(leftBefore);
}

/** One line of the ledger. */
export type Entry = Issued | Revoked;

/**
 * Everything that was ever issued and revoked, oldest first. An entry is written before what it tells of, so that
 * no credentials exist which nobody can revoke.
 */
export class Ledger {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  add(entry: Entry): void {
    appendLine(this.#path, JSON.stringify(entry));
  }

  entries(): readonly Entry[] {
    const lines = (readIfThere(this.#path) ?? "").split("\n");
    return lines.flatMap((text, at) => (text === "" ? [] : [this.#parse(text, at + 1)]));
  }

  /** What was issued in an account, and to a name where one is given. */
  issued(account: string, name?: string): readonly Issued[] {
    return this.entries().filter(
      (entry): entry is Issued =>
        entry.is === "issued" &&
        entry.account === account &&
        (name === undefined || entry.name === name),
    );
  }

  #parse(text: string, number: number): Entry {
    try {
      return line.parse(JSON.parse(text));
    } catch (cause) {
      throw new MeshError(
        MeshCode.InvalidArgument,
        `${this.#path}, line ${number} is no entry of the ledger; what was issued there could not be revoked. ` +
          "Restore the file from a copy, or remove the line if it is the broken last one",
        { cause },
      );
    }
  }
}
