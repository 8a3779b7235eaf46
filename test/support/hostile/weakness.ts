import type { Permissions } from "@myelin/subjects";

/** Which one defence is missing, so that a test sees its attack succeed. */
export interface Weakness {
  /** What mallory is granted beyond its policy. */
  readonly granted?: Partial<Permissions>;
  /** The same for the gateway's role. */
  readonly gateway?: Partial<Permissions>;
  /** The streams lie in the workspace's own account, where their API has its own name. */
  readonly oneAccount?: boolean;
  /** Everybody may publish wherever a message it got asks for an answer. */
  readonly borrowing?: boolean;
  /** Agents may connect as servers do. */
  readonly leaves?: boolean;
  /** What streams are configured otherwise, by their names. */
  readonly streams?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** A defence that is a program's: the test's attack looks at it. */
  readonly naive?: boolean;
}
